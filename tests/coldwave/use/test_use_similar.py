"""Nearest songs by sound and by predicted usage are those of plain arithmetic."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import MODELS, NO_AUDIO, SEED, write_run

import coldwave
from coldwave.analysis.neighbours import nearest
from coldwave.analysis.usage_patterns import usable
from coldwave.errors import InputError
from coldwave.use.neighbours import nearest_songs


def test_both_sorts_of_neighbours(run):
    features = np.load(run.files.path("bow/features.npy")).astype(np.float64)
    users = np.load(run.files.path("wmf/user_factors.npy")).astype(np.float64)
    patterns = np.load(run.files.path(f"predictions/linear/{SEED}.npy")).astype(np.float64) @ users.T
    found = run.similar("S007", n=6, model="linear")
    assert found["by"].to_list() == ["sound"] * 6 + ["usage"] * 6
    for by, vectors in (("sound", features), ("usage", patterns)):
        units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = units @ units[7]
        cosines[[7, NO_AUDIO]] = -np.inf
        rows = found.filter(by=by)
        assert rows["rank"].to_list() == list(range(1, 7))
        assert rows["cosine"].to_numpy() == pytest.approx(np.sort(cosines)[::-1][:6], abs=2e-6)
        assert cosines[rows["song"].to_numpy()] == pytest.approx(rows["cosine"].to_numpy(), abs=2e-6)
        assert rows["song_id"].to_list() == [f"S{song:03}" for song in rows["song"]]
        assert rows["tags"].to_list() == [["Folk"] if song % 3 == 1 else [] for song in rows["song"]]


def test_a_song_without_audio_has_no_neighbours(run):
    assert run.similar(f"S{NO_AUDIO:03}").height == 0


def test_models_without_factors_give_neighbours_by_sound_alone(tmp_path):
    run = coldwave.load(write_run(tmp_path / "knn", models={"knn": MODELS["knn"]}))
    assert set(run.similar("S007")["by"]) == {"sound"}


def test_what_is_neither_song_nor_file_is_told(run, tmp_path):
    with pytest.raises(InputError, match="neither the song_id of a song of the run nor an audio file"):
        run.similar("x")
    with pytest.raises(InputError, match="there is no such file"):
        run.embed(tmp_path / "none.flac")


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_the_neighbours_of_one_song_are_those_of_the_analysis(seed, number):
    rng = np.random.default_rng(seed)
    units = rng.choice([-1.0, 0.0, 1.0], (12, 3)).astype(np.float32)  # many tie
    units /= np.maximum(1, np.linalg.norm(units, axis=1, keepdims=True))
    units[rng.random(12) < 0.2] = np.nan
    units[0] = (1, 0, 0)
    names = pl.DataFrame({"song": range(12), **dict.fromkeys(("song_id", "title", "artist"), ["x"] * 12)})
    songs = names.with_columns(tags=pl.lit([], pl.List(pl.String)))
    found = nearest_songs(songs, "sound", units, units[0], 0, number, [])
    places, cosines = nearest(units, np.array([0]), np.flatnonzero(usable(units)), number)
    assert found["song"].to_list() == places[0][places[0] >= 0].tolist()
    assert found["cosine"].to_list() == cosines[0][places[0] >= 0].tolist()
