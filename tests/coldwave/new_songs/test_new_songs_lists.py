"""Users and neighbours of new songs, against sums over all users and songs."""

import numpy as np
import polars as pl
import pytest

from coldwave.new_songs.batches import SONGS, NewSongs
from coldwave.new_songs.exhibits import write_neighbours, write_songs, write_users
from coldwave.new_songs.lists import NEIGHBOURS, USERS, list_neighbours, list_users
from coldwave.use.files import RunFiles
from tests.coldwave.use.small_runs import write_run

SEED = 3


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return RunFiles(write_run(tmp_path_factory.mktemp("lists") / "small"))


def new_songs(files, ids: str, batch: str, seed: int) -> NewSongs:
    """Songs with drawn vectors; the last has none."""
    rng, vectors = np.random.default_rng(seed), {}
    for key in (("features", "bow", None), *(("predictions", name, SEED) for name in ("knn", "metric", "linear"))):
        width = files.array("bow/features.npy" if key[2] is None else f"predictions/{key[1]}/{SEED}.npy").shape[1]
        vectors[key] = rng.normal(size=(len(ids), width)).astype(np.float32)
        vectors[key][-1] = np.nan
    rows = [{"song_id": name, "title": f"Title | {name}", "tags": [], "status": "ok", "batch": batch} for name in ids]
    return NewSongs(pl.DataFrame([dict.fromkeys(SONGS) | row for row in rows], schema=SONGS), vectors)


def cosines(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    return others @ one / (np.linalg.norm(others, axis=1) * np.linalg.norm(one))


def test_neighbours_are_those_of_all_songs(files):
    new, earlier = new_songs(files, "pqr", "today", 1), new_songs(files, "xyz", "before", 2)
    near = list_neighbours(files, new, earlier, 40)
    assert dict(near.schema) == NEIGHBOURS
    assert near["song_id"].unique(maintain_order=True).to_list() == ["p", "q"]
    ids = [*files.songs["song_id"], *earlier.songs["song_id"], *new.songs["song_id"]]
    batches = [None] * files.songs.height + ["before"] * 3 + ["today"] * 3
    for (of, name, seed), vectors in new.vectors.items():
        known = files.array("bow/features.npy" if of == "features" else f"predictions/{name}/{SEED}.npy")
        every = np.vstack((known, earlier.vectors[of, name, seed], vectors)).astype(np.float64)
        if of == "predictions":
            own = f"predictions/{name}/{SEED}.users.npy"
            every = every @ files.array(own if files.has(own) else "wmf/user_factors.npy").astype(np.float64).T
        for song in (0, 1):
            expected = cosines(every[len(ids) - 3 + song], every)
            expected[len(ids) - 3 + song] = np.nan
            rows = near.filter(song_id="pq"[song], by="sound" if of == "features" else "usage", name=name)
            best = np.sort(expected[np.isfinite(expected)])[::-1][:40]
            assert rows["cosine"].to_numpy() == pytest.approx(best, abs=2e-6)
            for other, batch, cosine in rows.select("neighbour_id", "neighbour_batch", "cosine").iter_rows():
                assert batch == batches[ids.index(other)]
                assert expected[ids.index(other)] == pytest.approx(cosine, abs=2e-6)


def test_users_are_those_with_the_highest_lift(files):
    new = new_songs(files, "pqr", "today", 1)
    listed = list_users(files, new, 5)
    assert dict(listed.schema) == USERS
    assert listed.group_by("song_id", "model").len()["len"].to_list() == [5] * 6
    users = files.array("wmf/user_factors.npy").astype(np.float64)
    scores = users @ files.array(f"predictions/linear/{SEED}.npy").astype(np.float64).T
    scores = scores[:, np.isfinite(scores).all(axis=0)]
    own = users @ new.vectors["predictions", "linear", SEED][1].astype(np.float64)
    lift = (own - scores.mean(axis=1)) / scores.std(axis=1)
    rows = listed.filter(song_id="q", model="linear")
    assert rows["user_id"].to_list() == [f"u{user:04}" for user in np.argsort(-lift)[:5]]
    for column, expected in (("lift", lift), ("score", own), ("mean", scores.mean(axis=1))):
        assert rows[column].to_numpy() == pytest.approx(expected[np.argsort(-lift)[:5]], rel=1e-4, abs=1e-5)


def test_without_any_vector_the_tables_are_empty_and_are_written(files, tmp_path):
    none = NewSongs(pl.DataFrame(schema=SONGS), {})
    users, near = list_users(files, none, 5), list_neighbours(files, none, none, 5)
    assert users.is_empty() and near.is_empty()
    write_songs(tmp_path, none.songs)
    write_users(tmp_path, users)
    write_neighbours(tmp_path, near)
    assert len(list(tmp_path.iterdir())) == 9


def test_the_page_has_a_list_in_a_row_and_names_other_new_songs_as_such(files, tmp_path):
    new, earlier = new_songs(files, "pqr", "today", 1), new_songs(files, "xyz", "before", 2)
    write_neighbours(tmp_path, list_neighbours(files, new, earlier, 70))
    rows = (tmp_path / "neighbours.md").read_text().splitlines()
    assert [line for line in rows if "sound bow" in line][0].count(";") == 2
    write_songs(tmp_path, new.songs)
    assert r"Title \| p" in (tmp_path / "songs.md").read_text()
    table = pl.read_parquet(tmp_path / "neighbours.parquet")
    ahead = table.filter(pl.col("neighbour_batch").is_not_null() & (pl.col("rank") <= 3))
    text = "\n".join(rows)
    assert text.count("(new: ") == ahead.height > 0
