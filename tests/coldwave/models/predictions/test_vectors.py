"""Vectors that a user brings, of songs and of users, by id."""

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.export.vectors import write_vectors
from coldwave.models.predictions.telling import log_vectors
from coldwave.models.predictions.vectors import check_width, read_vectors, zero_without

OPTIONS = {"user": "user_id", "song": "song_id", "score": "score", "delimiter": None}
USERS = ["u0", "u1", "u2"]


def test_what_export_writes_is_read_bit_by_bit(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    vectors[3] = np.nan
    ids = pl.Series(list("abcde"))
    write_vectors(tmp_path / "songs.parquet", "song_id", ids, vectors)
    found = read_vectors(tmp_path / "songs.parquet", ["c", "d", "a", "zz"], OPTIONS, "models.mine")
    assert np.array_equal(found.vectors, np.stack([vectors[2], vectors[3], vectors[0], vectors[3]]), equal_nan=True)
    assert found.rejected["reason"].to_list() == ["there are no numbers"]
    assert found.others == 2


def test_users_are_told_of_as_users(tmp_path, caplog):
    path = tmp_path / "song_users.csv"
    path.write_text("user_id,x,y\nu1,1,2\n,1,2\nu1,3,4\nu2,1\nx,1,2\n")
    found = read_vectors(path, USERS, OPTIONS, "models.mine", "user")
    assert found.rejected["reason"].to_list() == ["empty user id", "user id occurs before", "wrong number of fields"]
    assert zero_without(found.vectors).tolist() == [[0, 0], [1, 2], [0, 0]]
    caplog.set_level("INFO")
    log_vectors(found, "user", "models.mine")
    assert [record.getMessage() for record in caplog.records] == [
        "models.mine: 1 of 3 users have a vector of 2 numbers",
        "models.mine: 2 users have no vector: all songs that have a prediction tie for them",
        "models.mine: 1 rows are for a user that is not in the run",
    ]
    with pytest.raises(InputError, match="of any of the 1 users, whose ids are like 'me'; its ids are like 'u1'"):
        read_vectors(path, ["me"], OPTIONS, "models.mine", "user")
    with pytest.raises(InputError, match="models.mine.user: .*song_users.csv has no column 'id'"):
        read_vectors(path, USERS, OPTIONS | {"user": "id"}, "models.mine", "user")


def test_vectors_of_other_lengths_are_refused():
    with pytest.raises(InputError, match="models.mine: the songs have vectors of 3 numbers, but the users have 2"):
        check_width(np.zeros((2, 3)), np.zeros((2, 2)), "models.mine", "the users")
    check_width(np.zeros((2, 3)), np.zeros((5, 3)), "models.mine", "the users")
