"""The seconds that carry a score: against sums by hand, songs cut by hand, and songs of which one part alone counts."""

import json
import shutil

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml
from heard_runs import AUDIO, WINDOW, WORDS, predicted, write_heard_run
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import coldwave
from coldwave.bow.mfcc import mfcc
from coldwave.errors import InputError
from coldwave.files import write_array
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import Heard, Names, predict_names
from coldwave.use.hearing import hear
from coldwave.use.left_out import predicted_without
from coldwave.use.log_mels import part_of
from coldwave.use.models import find_model
from coldwave.use.segments import frequencies_without, means_without, segment_ends

FRAME = AUDIO["hop"] / AUDIO["sample_rate"]
SONG, SHORT = 58, 57  # nobody has played the last six
PLANTED = {"linear": (56, 260, 390), "cnn": (55, 250, 400)}  # a song, and its loud frames, a segment of the model's
USER = "u0004"


def loud_from_to(frames: int, begin: int, end: int, rng: np.random.Generator) -> np.ndarray:
    """Log-mels of noise, with a part that is louder in its upper bands."""
    log_mel = rng.normal(-9, 2, size=(frames, 128))
    log_mel[begin:end, 64:] += 8
    return log_mel.astype(np.float16)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    rng = np.random.default_rng(3)
    songs = {SONG: rng.normal(-9, 3, size=(720, 128)).cumsum(axis=0) / 20 - 8, SHORT: rng.normal(-9, 3, (150, 128))}
    songs = {song: log_mel.astype(np.float16) for song, log_mel in songs.items()}
    songs |= {song: loud_from_to(780, begin, end, rng) for song, begin, end in PLANTED.values()}
    return coldwave.load(write_heard_run(tmp_path_factory.mktemp("seconds") / "results/heard", songs))


def log_mel_of(run, song: int) -> np.ndarray:
    index = pl.read_parquet(run.files.path("audio/index.parquet")).row(song, named=True)
    return np.load(run.files.path("audio/log_mel/000.npy"))[index["start"] : index["start"] + index["frames"]]


def words_by_hand(run, log_mel: np.ndarray) -> np.ndarray:
    frames = mfcc(log_mel, 13) / np.load(run.files.path("bow/frame_scale.npy"))
    codebook = np.load(run.files.path("bow/codebook.npy"))
    return np.linalg.norm(frames[:, None] - codebook[None], axis=2).argmin(axis=1)


def in_order(seconds) -> np.ndarray:
    return seconds.table.sort("start")["part"].to_numpy()


def vector_of(run, model: str) -> np.ndarray:
    return np.asarray(find_model(run.files, model).users[4], dtype=np.float64)


def test_parts_of_a_linear_model_are_those_by_hand(run):
    """u W P f is linear in the frequencies f: without n_s of N frames it falls by n_s / (N - n_s) u W P (f_s - f)."""
    seconds = run.why(USER, f"S{SONG:03}", model="linear", by="sound").seconds
    words = words_by_hand(run, log_mel_of(run, SONG))
    weights = find_model(run.files, "linear").weights()[0]["weights"].astype(np.float64)
    line = vector_of(run, "linear") @ weights @ np.load(run.files.path("bow/pca_components.npy")).astype(np.float64)
    ends = np.array([0, 120, 240, 360, 480, 600, 720])  # 16.7 s are six segments of 2.79 s
    every = np.bincount(words, minlength=WORDS) / 720
    expected = [120 / 600 * line @ (np.bincount(words[a:b], minlength=WORDS) / 120 - every)
                for a, b in zip(ends, ends[1:], strict=False)]  # fmt: skip
    np.testing.assert_allclose(in_order(seconds), expected, atol=2e-6)
    assert np.abs(expected).max() > 1e-2
    assert abs(in_order(seconds).sum()) < 1e-5, "equal segments of a mean: what some carry others take away"
    table = seconds.table.sort("start")
    np.testing.assert_allclose(table["start"], AUDIO["offset"] + ends[:-1] * FRAME)
    np.testing.assert_allclose(table["end"], AUDIO["offset"] + ends[1:] * FRAME)
    assert seconds.table["part"].is_sorted(descending=True) and not seconds.notes


@pytest.mark.parametrize("model", ["knn", "metric", "mlp"])
def test_parts_of_other_bags_are_scores_of_the_frames_that_are_left(run, model):
    seconds = run.why(USER, f"S{SONG:03}", model=model).seconds
    words = words_by_hand(run, log_mel_of(run, SONG))
    mean, components = (np.load(run.files.path(f"bow/pca_{name}.npy")) for name in ("mean", "components"))

    def score(kept: np.ndarray) -> float:
        features = (np.bincount(kept, minlength=WORDS) / len(kept) - mean) @ components.T.astype(np.float64)
        weights = find_model(run.files, model).weights()[0] if model != "knn" else {}
        if model == "knn":
            vector = features / np.linalg.norm(features)
        elif model == "metric":
            z = (features - weights["mean"]) @ weights["factor"]
            vector = np.append(z, z @ z)
        else:
            hidden = weights["layer_0.weight"] @ (features - weights["feature_mean"]) + weights["layer_0.bias"]
            vector = (
                weights["layer_1.weight"] @ np.maximum(hidden, 0) + weights["layer_1.bias"] + weights["target_mean"]
            )
        return vector @ vector_of(run, model)

    expected = [score(words) - score(np.delete(words, np.s_[120 * place : 120 * (place + 1)])) for place in range(6)]
    np.testing.assert_allclose(in_order(seconds), expected, rtol=1e-3, atol=1e-4)
    assert seconds.score == pytest.approx(score(words), rel=1e-4)


def test_parts_of_a_network_are_scores_of_the_windows_that_are_left(run):
    """A network is asked about the song with its frames cut out, which leaves the other windows as they are."""
    seconds = run.why(USER, f"S{SONG:03}", model="cnn").seconds
    log_mel, model, vector = log_mel_of(run, SONG), find_model(run.files, "cnn"), vector_of(run, "cnn")
    ends = np.array([0, 3, 6, 8, 11, 14]) * WINDOW  # 14 windows of 1.16 s: five segments, near to 3 s each
    whole = predicted(log_mel, model) @ vector
    for row in seconds.table.iter_rows(named=True):
        place = np.abs(AUDIO["offset"] + ends * FRAME - row["start"]).argmin()
        cut = np.delete(log_mel, np.s_[ends[place] : ends[place + 1]], axis=0)
        assert row["part"] == pytest.approx(whole - predicted(cut, model) @ vector, abs=1e-5)
        assert row["end"] == pytest.approx(AUDIO["offset"] + ends[place + 1] * FRAME)
    assert seconds.table.height == 5 and seconds.table["part"].abs().max() > 1e-3


def test_a_combination_of_names_and_audio_moves_with_what_is_heard(run):
    tensors, _ = find_model(run.files, "names").weights()
    groups, names = find_groups(run.songs), Names.of(tensors)
    y, linear = run.files.array("wmf/song_factors.npy"), find_model(run.files, "linear")
    words, weights = words_by_hand(run, log_mel_of(run, SONG)), linear.weights()[0]
    mean, components = (np.load(run.files.path(f"bow/pca_{name}.npy")) for name in ("mean", "components"))

    def score(kept: np.ndarray) -> float:
        features = (np.bincount(kept, minlength=WORDS) / len(kept) - mean) @ components.T
        heard = np.array(linear.songs)
        heard[SONG] = weights["weights"] @ features + weights["intercept"]
        factors = predict_names(groups, y, run.files.training, names, Heard.of(tensors, heard))
        return factors[SONG] @ vector_of(run, "names")

    seconds = run.why(USER, f"S{SONG:03}", model="names", by="sound").seconds
    expected = [score(words) - score(np.delete(words, np.s_[120 * place : 120 * (place + 1)])) for place in range(6)]
    np.testing.assert_allclose(in_order(seconds), expected, atol=1e-5)


@pytest.mark.parametrize("model", PLANTED)
def test_where_one_part_alone_counts_it_alone_carries_the_score(run, model, tmp_path):
    """The listener is made to like what the loud part is, and nothing else: one of six segments is loud."""
    song, begin, end = PLANTED[model]
    folder = shutil.copytree(run.files.folder, tmp_path / "results/heard")
    copy = coldwave.load(folder)
    log_mel = log_mel_of(run, song)
    loud, rest = log_mel[begin:end], np.delete(log_mel, np.s_[begin:end], axis=0)
    heard = [_vector(copy, model, part) for part in (loud, rest)]
    users = np.array(find_model(copy.files, model).users)
    users[4] = heard[0] - heard[1]
    write_array(folder / "wmf/user_factors.npy", users)
    seconds = coldwave.load(folder).why(USER, f"S{song:03}", model=model, by="sound").seconds
    first, *others = seconds.table.iter_rows(named=True)
    assert first["start"] == pytest.approx(AUDIO["offset"] + begin * FRAME)
    assert first["end"] == pytest.approx(AUDIO["offset"] + end * FRAME)
    assert first["part"] > 0 and len(others) == 5
    assert all(other["part"] < 0 for other in others)


def _vector(run, model: str, log_mel: np.ndarray) -> np.ndarray:
    return predicted(log_mel, find_model(run.files, model))


def test_without_kept_log_mels_the_file_is_heard_again(run, tmp_path):
    folder = shutil.copytree(run.files.folder, tmp_path / "results/heard")
    shutil.rmtree(folder / "audio/log_mel")
    copy = coldwave.load(folder)
    gone = copy.why(USER, f"S{SONG:03}", model="linear", by="sound").seconds
    assert gone.table.height == 0 and "kept no log-mels, and music/3/58.flac is not there" in gone.notes[0]
    sound = np.random.default_rng(0).normal(0, 0.1, 22050 * 13) * np.linspace(0.1, 1, 22050 * 13)
    (tmp_path / "music/3").mkdir(parents=True)
    soundfile.write(tmp_path / "music/3/58.flac", sound, 22050)
    heard = copy.why(USER, f"S{SONG:03}", model="knn").seconds
    kept = shutil.copytree(run.files.folder, tmp_path / "results/kept")
    log_mel = hear(tmp_path / "music/3/58.flac", copy.files)
    index = pl.read_parquet(kept / "audio/index.parquet").with_columns(
        frames=pl.when(song=SONG).then(len(log_mel)).otherwise("frames").cast(pl.Int32),
        start=pl.when(song=SONG).then(0).otherwise("start").cast(pl.Int64),
    )
    index.write_parquet(kept / "audio/index.parquet")
    write_array(kept / "audio/log_mel/000.npy", log_mel)
    assert_frame_equal(
        heard.table, coldwave.load(kept).why(USER, f"S{SONG:03}", model="knn").seconds.table, abs_tol=1e-9
    )
    assert heard.table["start"].min() == 2 and heard.table["end"].max() == pytest.approx(13, abs=0.05)


@pytest.mark.parametrize(
    ("song", "how", "said"),
    [
        (0, {"by": "plays"}, "comes from the song's own plays"),
        (SONG, {"model": "random"}, "random does not listen"),
        (SHORT, {"by": "sound", "model": "linear"}, None),
        (9, {"by": "sound", "model": "linear"}, "no usable audio: unreadable: it is noise"),
    ],
)
def test_what_cannot_be_told_says_why(run, song, how, said):
    seconds = run.why(USER, f"S{song:03}", **how).seconds
    if said is None:  # 3.5 s
        assert seconds.table.height == 0 and "too short" in seconds.notes[0]
    else:
        assert seconds.table.height == 0 and said in seconds.notes[0] and np.isnan(seconds.score)


def test_of_an_encoders_windows_the_mean_alone_is_kept(run, tmp_path):
    record = run.files.path("provenance.json")
    folder = shutil.copytree(run.files.folder, tmp_path / "results/heard")
    told = json.loads(record.read_text())
    config = yaml.safe_load(told["config"])
    config["models"]["linear"]["features"] = "musicnn"
    (folder / record.name).write_text(json.dumps(told | {"config": yaml.safe_dump(config)}))
    model = find_model(coldwave.load(folder).files, "linear")
    with pytest.raises(InputError, match="hears musicnn, of which the run keeps one vector"):
        predicted_without(model, log_mel_of(run, SONG), SONG)


def test_the_middle_of_a_file_is_where_it_lies_in_the_file(run, tmp_path):
    folder = shutil.copytree(run.files.folder, tmp_path / "results/heard")
    record = (folder / "provenance.json").read_text().replace("offset: 2.0", "offset: middle")
    (folder / "provenance.json").write_text(record.replace("duration: 30.0", "duration: 16.0"))
    files = coldwave.load(folder).files
    missing = part_of(files, SONG)
    assert missing.begin == 0 and "where the run began to hear it" in missing.notes[0]
    (tmp_path / "music/3").mkdir(parents=True)
    soundfile.write(tmp_path / "music/3/58.flac", np.zeros(22050 * 40), 22050)
    assert part_of(files, SONG).begin == 12 and not part_of(files, SONG).notes
    assert part_of(files, SHORT).begin == 0, "all of a shorter file is heard"


def test_seconds_are_left_out_where_they_are_not_wanted(run):
    assert run.why(USER, f"S{SONG:03}", seconds=False).seconds is None


@given(st.integers(2, 5000), st.floats(0.5, 300))
def test_segments_are_even_and_as_near_to_the_length_as_can_be(steps, length):
    number = 1 + np.argmin(abs(steps / np.arange(1, 2 * steps + 2) - length))
    if number == 1:
        with pytest.raises(InputError, match="too short"):
            segment_ends(steps, length)
        return
    ends = segment_ends(steps, length)
    assert ends[0] == 0 and ends[-1] == steps
    sizes = np.diff(ends)
    assert len(sizes) == number
    assert sizes.max() - sizes.min() <= 1


def test_segments_of_songs_of_few_seconds():
    """The nearest to 3 s: three of 2.47 s rather than two of 3.7 s, and two of 2.2 s rather than one of 4.4 s."""
    for seconds, number in ((7.4, 3), (7.1, 2), (4.4, 2), (30, 10)):
        assert len(segment_ends(round(100 * seconds), 300.0)) == number + 1
    with pytest.raises(InputError, match="too short"):
        segment_ends(390, 300.0)


@given(st.data())
def test_left_out_is_as_if_it_had_never_been(data):
    sizes = np.array(data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=6)))
    number = int(sizes.sum())
    words = np.array(data.draw(st.lists(st.integers(0, 4), min_size=number, max_size=number)))
    ends = np.append(0, sizes.cumsum())
    found = frequencies_without(words, ends, 5)
    vectors = np.random.default_rng(len(words)).normal(size=(len(words), 3))
    means = np.stack([part.mean(axis=0) for part in np.split(vectors, ends[1:-1])])
    averaged = means_without(means, sizes)
    np.testing.assert_allclose(averaged[0], vectors.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found[0], np.bincount(words, minlength=5) / len(words))
    for place in range(len(sizes)):
        rest = np.s_[ends[place] : ends[place + 1]]
        kept = np.delete(words, rest)
        np.testing.assert_allclose(found[1 + place], np.bincount(kept, minlength=5) / len(kept))
        np.testing.assert_allclose(averaged[1 + place], np.delete(vectors, rest, axis=0).mean(axis=0), atol=1e-12)
