"""Parquet: the same plays as from text, whatever the types of the columns."""

import decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coldwave.errors import InputError
from coldwave.plays.parquet import read_parquet_plays
from coldwave.plays.reading import read_plays

TABLE = {"user": "user", "song": "song", "count": "count", "header": True, "delimiter": "\t"}
OPTIONS = {"format": "table", "table": TABLE}


def same(first, second):
    for name in ("user", "song", "count"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.user_ids.to_list() == second.user_ids.to_list()
    assert first.song_ids.to_list() == second.song_ids.to_list()


def plays(rows=500):
    rng = np.random.default_rng(5)
    return pl.DataFrame(
        {"other": rng.random(rows), "user": rng.integers(0, 40, rows), "song": rng.integers(0, 60, rows)}
    ).with_columns(count=pl.Series(rng.integers(1, 9, rows)))


@pytest.mark.parametrize("count", [pl.Int64, pl.UInt8, pl.Float32, pl.String, pl.Decimal(10, 0)])
@pytest.mark.parametrize("ids", [pl.Int32, pl.String, pl.Categorical])
def test_parquet_equals_text(tmp_path, ids, count):
    table = plays()
    table.write_csv(tmp_path / "plays.tsv", separator="\t")
    text = pl.col("user", "song").cast(pl.String)
    typed = table.with_columns(text.cast(ids) if ids == pl.Categorical else pl.col("user", "song").cast(ids))
    typed.with_columns(pl.col("count").cast(count)).write_parquet(tmp_path / "plays.parquet", row_group_size=100)
    from_text, rejected = read_plays(tmp_path / "plays.tsv", OPTIONS)
    assert rejected.is_empty()
    from_parquet, rejected = read_plays(tmp_path / "plays.parquet", OPTIONS)
    assert rejected.is_empty()
    same(from_text, from_parquet)


def test_folder_of_files(tmp_path):
    table, folder = plays(), tmp_path / "dump"
    (folder / "deeper").mkdir(parents=True)
    table[:200].write_parquet(folder / "part-1.parquet")
    table[200:].write_parquet(folder / "deeper" / "part-0.parquet")
    (folder / "_SUCCESS").write_text("")
    (folder / ".part-2.parquet").write_text("no Parquet")
    table.write_parquet(tmp_path / "plays.parquet")
    same(read_plays(folder, OPTIONS)[0], read_plays(tmp_path / "plays.parquet", OPTIONS)[0])


def test_rejected_rows(tmp_path):
    path = tmp_path / "plays.parquet"
    counts = [1.0, 2.5, float("nan"), float("inf"), 0.0, None, 1.0, 1.0, 5e9]
    users = ["u"] * 6 + [None, " ", "u"]
    pl.DataFrame({"user": users, "song": ["s"] * 9, "count": counts}).write_parquet(path)
    for rows in (2, 100):
        batches = list(read_parquet_plays(path, TABLE, rows))
        assert pl.concat(batch.plays for batch in batches).rows() == [("u", "s", 1)]
        rejected = pl.concat(batch.rejected for batch in batches)
        assert rejected.select("line", "reason").rows() == [
            (2, "count is not a whole number"),
            (3, "count is not finite"),
            (4, "count is not finite"),
            (5, "count is not positive"),
            (6, "count is not a number"),
            (7, "empty user id"),
            (8, "empty user id"),
            (9, "count is too large"),
        ]
        assert rejected["text"][0] == "u\ts\t2.5"
        assert set(rejected["source"]) == {str(path)}


def test_rows_as_plays(tmp_path):
    path = tmp_path / "events.parquet"
    pl.DataFrame({"user": [1, 1, 2], "song": [7, 7, 7]}).write_parquet(path)
    pairs, _ = read_plays(path, {"format": "table", "table": {"user": "user", "song": 2}})
    assert pairs.count.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"user": ["u"], "song": ["s"], "plays": [1]}, r"plays\.table\.count: .*plays\.parquet has no column 'count'"),
        ({"user": [1.5], "song": ["s"], "count": [1]}, r"plays\.table\.user: column 'user'.*holds double"),
        ({"user": ["u"], "song": ["s"], "count": [True]}, r"plays\.table\.count: .*holds bool"),
        ({"user": ["u"], "song": [["s"]], "count": [1]}, r"plays\.table\.song: .*holds"),
        ({"user": ["u"], "song": ["s"], "count": [decimal.Decimal("1.5")]}, r"no play among the first 1 lines"),
    ],
)
def test_wrong_columns_are_explained(tmp_path, columns, message):
    path = tmp_path / "plays.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(InputError, match=message):
        read_plays(path, OPTIONS)


def test_damaged_missing_and_empty(tmp_path):
    path = tmp_path / "plays.parquet"
    with pytest.raises(InputError, match=r"plays\.parquet: no such file"):
        read_plays(path, OPTIONS)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"plays\.parquet: not a whole Parquet file"):
        read_plays(path, OPTIONS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: no \.parquet file"):
        read_plays(tmp_path / "empty", OPTIONS)
