"""Plays read a block at a time, against the whole table."""

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.wmf.spark import play_blocks as module
from coldwave.wmf.spark.play_blocks import play_blocks, play_counts, plays_by_songs

USERS, SONGS = 50, 20


@pytest.fixture
def path(tmp_path):
    """Plays in several row groups; songs 3 and 4 have none."""
    rng = np.random.default_rng(1)
    played = rng.random((USERS, SONGS)) < rng.uniform(0.1, 0.9, SONGS)
    played[:, 3:5] = False
    user, song = np.nonzero(played)
    schema = {"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}
    plays = pl.DataFrame({"user": user, "song": song, "count": rng.integers(1, 9, len(user))}, schema=schema)
    plays.write_parquet(tmp_path / "plays [1].parquet", row_group_size=37)
    return tmp_path / "plays [1].parquet"


@pytest.mark.parametrize("rows", [1, 37, 100, 10**6])
def test_the_blocks_are_the_table(path, rows, monkeypatch):
    monkeypatch.setattr(module, "ROWS", rows)
    whole = pl.read_parquet(path, glob=False)
    blocks = list(play_blocks(path))
    assert pl.concat(blocks).equals(whole)
    assert all(0 < block.height <= rows for block in blocks)


def test_a_table_that_ends_with_a_block_is_read_to_its_end(path, monkeypatch):
    height = pl.read_parquet(path, glob=False).height
    monkeypatch.setattr(module, "ROWS", height)
    assert [block.height for block in play_blocks(path)] == [height]


def test_counts(path, monkeypatch):
    monkeypatch.setattr(module, "ROWS", 50)
    fitted = np.arange(SONGS) % 2 > 0
    of_users, of_songs = play_counts(path, fitted, USERS + 1)
    plays = pl.read_parquet(path, glob=False)
    for user in range(USERS + 1):
        assert of_users[user] == plays.filter(pl.col("user") == user, pl.col("song") % 2 == 1).height
    for song in range(SONGS):
        assert of_songs[song] == plays.filter(pl.col("song") == song).height


@pytest.mark.parametrize("collected", [1, 40, 10**6])
def test_blocks_of_songs_have_all_their_plays_and_few_of_them(path, collected, monkeypatch):
    monkeypatch.setattr(module, "COLLECTED", collected)
    monkeypatch.setattr(module, "ROWS", 50)
    _, counts = play_counts(path, np.ones(SONGS, dtype=bool), USERS)
    wanted, plays = np.array([0, 1, 3, 4, 7, 8, 19]), pl.read_parquet(path, glob=False)
    blocks = list(plays_by_songs(path, wanted, counts))
    assert np.concatenate([songs for songs, _ in blocks]).tolist() == wanted.tolist()
    for songs, block in blocks:
        assert block.equals(plays.filter(pl.col("song").is_in(songs)))
        assert block.height <= collected or len(songs) == 1
    assert (len(blocks) == 1) == (collected == 10**6)


def test_no_songs_need_no_block(path):
    assert list(plays_by_songs(path, np.array([], dtype=int), np.zeros(SONGS, dtype=int))) == []


def test_a_truncated_table_is_named(path):
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"plays \[1\]\.parquet: not the whole Parquet table"):
        list(play_blocks(path))
