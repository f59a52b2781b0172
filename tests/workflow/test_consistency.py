"""What settings must be to each other and to what lies on the disk: windows, layers, paths, the model to be tuned."""

import hypothesis
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from overlays import CONFIG, OWN_DATA, TIMBRE, checked, mistakes, overlaid

from workflow.model_consistency import tuned_model
from workflow.settings import SettingsError, check, check_files


@hypothesis.settings(deadline=None)
@example(1.0, 1000, 113)  # 1.017 seconds are needed, and 1.017 * 1000 < 1017
@given(st.floats(1, 30), st.integers(1000, 48000), st.integers(64, 2048))
def test_the_longest_window_that_is_allowed(seconds, rate, hop):
    """As many frames as librosa's centred frames of that many samples."""
    frames = len(range(0, int(round(seconds * rate, 6)) + 1, hop))
    audio = {
        "min_seconds": seconds,
        "sample_rate": rate,
        "hop": hop,
        "window": 2 * hop,
        "mel_bands": 13,
        "duration": None,
    }
    overlay = {
        "audio": audio,
        "models": {"net": {"kind": "cnn", "kernel": 1, "pool": 1, "window": frames}},
    }
    overlay["models"] |= dict.fromkeys(["cnn_mse", "cnn_wpe", "cnn_time"])
    overlay["world"] = {"seconds": 60}
    checked(overlay)
    overlay["models"]["net"]["window"] = frames + 1
    told = mistakes(overlay)["models.net.window"]
    overlay["audio"]["min_seconds"] = float(told.rsplit(" ", 1)[1])
    checked(overlay)


def test_layers_as_the_network_counts_them():
    network = pytest.importorskip("coldwave.models.cnn.network")
    cases = [(129, 2, 4, 4), (23, 2, 4, 4), (22, 2, 4, 4), (10, 3, 2, 2), (11, 3, 2, 2), (17, 2, 3, [5, 1])]
    for window, layers, kernel, pool in [*cases, (16, 2, 3, [5, 1])]:
        model = {"window": window, "channels": [8] * layers, "kernel": kernel, "pool": pool}
        if network.frames_after(window, layers, kernel, pool) >= 1:
            checked({"models": {"cnn_mse": model}})
        else:
            assert set(mistakes({"models": {"cnn_mse": model}})) == {"models.cnn_mse.window"}


def test_the_model_to_be_tuned_is_the_first_that_predicts_factors_from_audio():
    assert tuned_model(checked()) == "linear"
    assert tuned_model(checked({"tuning": {"model": "cnn_wpe"}})) == "cnn_wpe"
    none = {name: None for name in ("linear", "mlp", "cnn_mse", "cnn_wpe", "cnn_time")}
    assert tuned_model(checked({"models": none})) is None


def test_paths_of_the_demo_world_without_it():
    assert set(mistakes("world: null")) == {"plays.path", "plays.songs.path"}


# Files


def keys_of(error):
    """The keys of the mistakes that were told, in order."""
    return [mistake.partition(":")[0] for mistake in error.value.mistakes]


def test_missing_files_are_told_all_at_once(tmp_path):
    (tmp_path / "plays.tsv").touch()
    config = overlaid({"world": None})
    config["plays"] |= {"path": str(tmp_path / "plays.tsv")}
    config["plays"]["songs"] |= {"path": str(tmp_path / "songs.csv"), "audio_root": str(tmp_path / "audio")}
    with pytest.raises(SettingsError) as error:
        check_files(check(config))
    assert keys_of(error) == ["plays.songs.path", "plays.songs.audio_root"]
    check_files(check(CONFIG))  # what the demo world makes need not be there


def test_tables_of_embeddings_that_are_not_there_are_told(tmp_path):
    gone, there = {"path": str(tmp_path / "gone.csv")}, {"path": str(tmp_path / "e.csv")}
    with pytest.raises(SettingsError, match=r"embeddings\.timbre\.path: there is no"):
        check_files(checked(TIMBRE, {"embeddings": {"timbre": gone}}))
    (tmp_path / "e.csv").touch()
    own = {"world": None, "plays": there | {"songs": {"path": None}}, "embeddings": {"timbre": there}}
    with pytest.raises(SettingsError) as error:
        check_files(checked(TIMBRE, own, {"new_songs": {"embeddings": {"timbre": gone["path"]}}}))
    assert keys_of(error) == ["new_songs.embeddings.timbre"]


def test_a_split_and_a_list_that_are_not_there_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"plays\.songs\.exclude: there is no 'list\.txt'(.|\n)*split\.path"):
        check_files(checked("{split: {path: mine.csv}, plays: {songs: {exclude: list.txt}}}"))


def test_paths_may_name_environment_variables(monkeypatch):
    monkeypatch.setenv("SOME_DATA", "/somewhere")
    config = overlaid({"world": None})
    config["plays"] |= {"path": "$SOME_DATA/plays.tsv"}
    config["plays"]["songs"] |= {"path": "${SOME_DATA}/songs.csv"}
    found = check(config)
    assert found["plays"]["path"] == "/somewhere/plays.tsv"
    assert found["plays"]["songs"]["path"] == "/somewhere/songs.csv"
    monkeypatch.delenv("SOME_DATA")
    with pytest.raises(SettingsError) as error:
        check(config)
    assert len(error.value.mistakes) == 2
    assert all("environment variable that is not set" in mistake for mistake in error.value.mistakes)


# Mel-spectrograms in place of audio


def test_mel_spectrograms_need_songs_that_name_them(tmp_path):
    mel = {"audio": {"source": "mel"}}
    assert set(mistakes(mel)) == {"audio.source"}  # the demo world has audio
    checked(OWN_DATA, mel)
    folder = {"plays": {"songs": {"path": str(tmp_path)}}}
    assert "takes a songs table" in mistakes(OWN_DATA, mel, folder)["plays.songs.path"]
    encoder = {"models": {"linear": {"features": "musicnn"}}}
    checked(OWN_DATA, encoder)
    assert "has none" in mistakes(OWN_DATA, mel, encoder)["models.linear.features"]


def test_of_given_mel_spectrograms_the_window_does_not_count():
    few = {"audio": {"window": 64, "hop": 256, "mel_bands": 48, "min_seconds": 6.0}}
    assert set(mistakes(OWN_DATA, few)) == {"audio.window", "audio.mel_bands"}
    checked(OWN_DATA, few, {"audio": {"source": "mel"}})
    lone = {"audio": {"source": "mel", "mel_bands": 12}}
    assert set(mistakes(OWN_DATA, lone)) == {"bow.coefficients"}  # what needs bands is still told


@pytest.mark.parametrize("pattern", ["{id//1000}/{id}.npy", "{id}", "a/{id}.b", None])
def test_patterns_of_audio(pattern):
    checked(OWN_DATA, {"plays": {"songs": {"audio_pattern": pattern}}, "new_songs": {"audio_pattern": pattern}})


@pytest.mark.parametrize("pattern", ["a.npy", "{id//0}", "{id/10}", "{id.__class__}", "{song}", "{id}{", "{{id}}", ""])
def test_patterns_that_are_none(pattern):
    found = mistakes(OWN_DATA, {"plays": {"songs": {"audio_pattern": pattern}}})
    assert set(found) == {"plays.songs.audio_pattern"}


def test_a_pattern_takes_the_place_of_a_column():
    both = {"audio_pattern": "{id}.npy", "columns": {"audio": "file"}}
    assert set(mistakes(OWN_DATA, {"plays": {"songs": both}})) == {"plays.songs.audio_pattern"}
    assert set(mistakes(OWN_DATA, {"new_songs": both})) == {"new_songs.audio_pattern"}
