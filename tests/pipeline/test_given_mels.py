"""A run on the layout of the Melon Playlist Dataset: playlists, songs in JSON, mel-spectrograms in place of audio."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml

from coldwave.command.cli import main
from tests.conftest import Workplace

ROOT = Path(__file__).parents[2]
SONGS, PLAYLISTS, BANDS, FRAMES = 44, 60, 48, 260
MISSING, CORRUPT = 3, 11  # songs without a mel, and with a damaged one


def mel_of(song):
    """Decibels [bands, frames]; the genre is a hum on bands of its own."""
    rng = np.random.default_rng(song)
    power = rng.gamma(0.5, 1e-4, (BANDS, FRAMES))
    power[8 * (song % 4) : 8 * (song % 4) + 8] += 0.1 * rng.gamma(1.0, 1.0, (8, FRAMES))
    return (10 * np.log10(power)).astype(np.float32)


def save_melon(folder):
    """Write the data set's files; songs of one genre share playlists, and ids pass 1000."""
    rng = np.random.default_rng(0)
    ids = [song * 40 for song in range(SONGS)]
    playlists = []
    for number in range(PLAYLISTS):
        likely = np.where(np.arange(SONGS) % 4 == number % 4, 8.0, 1.0)
        songs = rng.choice(SONGS, 12, replace=False, p=likely / likely.sum())
        playlists.append({"id": 9000 + number, "tags": ["락"], "songs": [ids[song] for song in songs]})
    meta = [
        {
            "id": song_id,
            "song_name": f"곡 {song}",
            "artist_name_basket": [f"artist {song % 15}", "guest"],
            "album_name": f"album {song % 20}",
            "issue_date": f"2010{1 + song % 12:02d}00",
            "song_gn_gnr_basket": [f"GN0{song % 4}00"],
        }
        for song, song_id in enumerate(ids)
    ]
    for name, content in (("train", playlists), ("song_meta", meta)):
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    for song, song_id in enumerate(ids):
        path = folder / "arena_mel" / str(song_id // 1000) / f"{song_id}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        if song != MISSING:
            np.save(path, mel_of(song))
        if song == CORRUPT:
            path.write_bytes(path.read_bytes()[:200])
    return playlists


@pytest.fixture(scope="module")
def melon(home, tmp_path_factory):
    """The finished run, made with the preset on made-up files, and the playlists."""
    data = tmp_path_factory.mktemp("melon")
    playlists = save_melon(data)
    text = (ROOT / "presets/melon.yaml").read_text(encoding="utf-8").replace("$COLDWAVE_DATA/melon", str(data))
    overlay = yaml.safe_load(text)
    overlay["run"] = "tiny"
    overlay["plays"] |= {"min_users": 1, "min_songs": 1}
    overlay["audio"] |= {"shards": 2, "min_seconds": 3.0, "duration": None}
    others = ["cnn_wpe", "knn", "mlp", "orderless_ear", "perfect_ear", "names", "names_and_linear", "mean"]
    overlay["models"] |= dict.fromkeys([*others, "popularity", "usage_in_sample"]) | {"linear": {"strengths": [1.0]}}
    place = Workplace(tmp_path_factory.mktemp("run"), home)
    place.make(overlay=overlay | {"audit": {"canary": []}, "warm": None})
    return place, playlists


def test_playlists_are_users_and_songs_have_their_names(melon):
    place, playlists = melon
    plays, users = place.table("plays/plays.parquet"), place.table("plays/users.parquet")
    songs = place.table("plays/songs.parquet")
    found = set(zip(users["user_id"][plays["user"]], songs["song_id"][plays["song"]], strict=True))
    assert found == {(str(one["id"]), str(song)) for one in playlists for song in one["songs"]}
    assert set(plays["count"]) == {1}
    row = songs.filter(song_id="120").row(0, named=True)
    assert (row["title"], row["artist"], row["date"], row["tags"]) == ("곡 3", "artist 3, guest", "2010-04", ["GN0300"])


def test_log_mels_are_those_of_the_files(melon):
    place, _ = melon
    index, songs = place.table("audio/index.parquet"), place.table("plays/songs.parquet")
    status = dict(zip(songs["song_id"], index["status"], strict=True))
    assert {song: word for song, word in status.items() if word != "ok"} == {
        str(40 * MISSING): "missing",
        str(40 * CORRUPT): "unreadable",
    }
    for song_id, row in zip(songs["song_id"], index.iter_rows(named=True), strict=True):
        if row["status"] == "ok":
            frames = place.array(f"audio/log_mel/{row['shard']}.npy")[row["start"] : row["start"] + row["frames"]]
            expected = np.maximum(mel_of(int(song_id) // 40) * np.log(10) / 10, np.log(1e-10)).T
            np.testing.assert_allclose(frames, expected, atol=0.01)
            assert row["seconds"] == pytest.approx((FRAMES - 1) * 256 / 16000)


@pytest.mark.parametrize("model", ["linear", "cnn_mse"])
def test_models_learn_from_them(model, melon):
    place, _ = melon
    songs = place.table("plays/songs.parquet")
    deaf = songs["song_id"].is_in([str(40 * MISSING), str(40 * CORRUPT)]).to_numpy()
    predicted = place.array(f"predictions/{model}/3.npy")
    assert np.isfinite(predicted[~deaf]).all() and np.isnan(predicted[deaf]).all()
    table = place.table("tables/recommendation.parquet")
    assert table.filter(model=model)["auc"].is_between(0, 1).all()


def test_a_new_song_is_placed_by_its_mel_and_audio_is_told_why_it_is_not_heard(melon, monkeypatch, capsys, tmp_path):
    place, _ = melon
    monkeypatch.chdir(place.folder)
    np.save(tmp_path / "new.npy", mel_of(40))
    assert main(["place", str(tmp_path / "new.npy"), "--run", "tiny", "--model", "linear"]) == 0
    assert "곡" in capsys.readouterr().out
    soundfile.write(tmp_path / "song.wav", 0.1 * np.random.default_rng(0).normal(size=22050 * 10), 22050)
    assert main(["place", str(tmp_path / "song.wav"), "--run", "tiny", "--model", "linear"]) == 1
    told = capsys.readouterr().err
    assert "song.wav" in told and "audio.source: mel" in told


def test_a_batch_of_new_songs(melon, monkeypatch, tmp_path):
    place, _ = melon
    monkeypatch.chdir(place.folder)
    np.save(tmp_path / "new.npy", mel_of(40))
    soundfile.write(tmp_path / "song.wav", 0.1 * np.random.default_rng(0).normal(size=22050 * 10), 22050)
    pl.DataFrame({"song_id": ["a", "b"], "audio": ["new.npy", "song.wav"]}).write_csv(tmp_path / "new.csv")
    assert main(["place", str(tmp_path / "new.csv"), "--run", "tiny", "--batch", "later"]) == 0
    table = place.table("new_songs/later/songs.parquet")
    assert table["status"].to_list() == ["ok", "unreadable"]
    assert "audio.source: mel" in table["detail"][1]


def test_no_bundle_promises_to_hear_audio(melon, monkeypatch, capsys, tmp_path):
    place, _ = melon
    monkeypatch.chdir(place.folder)
    for model in ("linear", "cnn_mse"):
        asked = ["export", "bundle", "--run", "tiny", "--model", model, "--out", str(tmp_path / model)]
        assert main(asked) == 1
        assert "audio.source: mel" in capsys.readouterr().err
