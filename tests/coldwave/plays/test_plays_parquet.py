"""Parquet: the same plays as from text, whatever the types of the columns."""

import decimal
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coldwave.errors import InputError
from coldwave.plays import rejections
from coldwave.plays.parquet import LONGEST_ID, read_parquet_plays
from coldwave.plays.reading import read_plays

TABLE = {"user": "user", "song": "song", "count": "count", "header": True, "delimiter": "\t"}
SCRIPTS = Path(__file__).parents[3] / "scripts"
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


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_without_a_column_of_users_all_plays_are_mine(tmp_path, suffix):
    path = tmp_path / f"events{suffix}"
    table = pl.DataFrame({"song": ["a", "b", "a"], "count": [1, 2, 3]})
    table.write_parquet(path) if suffix == ".parquet" else table.write_csv(path)
    pairs, rejected = read_plays(path, {"format": "table", "table": {"user": None, "count": "count", "delimiter": ","}})
    assert pairs.user_ids.to_list() == ["me"] and pairs.count.tolist() == [4, 2]
    assert rejected.is_empty()


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


# Ids that are far too long


def plain(row):
    """What a row is: (user, song, count), or why it is no play."""
    user, song, count = ((text or "").strip(" \t") for text in row)
    if not user or not song:
        return "empty user id" if not user else "empty song id"
    for name, text in (("user", user), ("song", song)):
        if len(text.encode()) > LONGEST_ID:
            return f"{name} id is too long"
    if len(count) > 308:  # digits that a float holds
        return "count is not finite"
    return (user, song, int(count)) if count.isdigit() else "count is not a number"


@pytest.mark.parametrize("encoded", [True, False, "categorical"])
@pytest.mark.parametrize("batch_rows", [1, 7, 1000])
def test_rows_equal_a_plain_reader_however_they_are_encoded(tmp_path, encoded, batch_rows):
    dice = random.Random(3)
    ids = ["u", " u\t", "v", "", " ", None, "é" * (LONGEST_ID // 2), "é" * (LONGEST_ID // 2) + "x", "y" * LONGEST_ID]
    rows = [(dice.choice(ids), dice.choice(ids), dice.choice(["1", " 2", "x", None, "9" * 600])) for _ in range(60)]
    rows += [("a", "b", "3")]
    table = pa.table([pa.array(column) for column in zip(*rows, strict=True)], ["user", "song", "count"])
    if encoded == "categorical":
        table = pa.table([column.dictionary_encode() for column in table.columns], table.column_names)
    pq.write_table(table, tmp_path / "p.parquet", use_dictionary=bool(encoded), row_group_size=25)
    batches = list(read_parquet_plays(tmp_path / "p.parquet", TABLE, batch_rows))
    wanted = [plain(row) for row in rows]
    assert pl.concat(batch.plays for batch in batches).rows() == [row for row in wanted if isinstance(row, tuple)]
    rejected = pl.concat(batch.rejected for batch in batches)
    lines = [(line, reason) for line, reason in enumerate(wanted, start=1) if isinstance(reason, str)]
    assert rejected.select("line", "reason").rows() == lines
    texts = ["\t".join(text or "" for text in rows[line - 1])[: rejections.TEXT_LENGTH] for line, _ in lines]
    assert rejected["text"].to_list() == texts
    assert max(batch.lines for batch in batches) <= batch_rows


def test_many_different_ids_that_are_too_long_are_another_file(tmp_path, monkeypatch):
    path = tmp_path / "plays.parquet"
    users = [f"{user:0100000}" for user in range(20)]
    pq.write_table(pa.table({"user": users, "song": ["s"] * 20}), path, use_dictionary=False, write_batch_size=1)
    options = {"format": "table", "table": {"user": "user", "song": "song"}}
    monkeypatch.setattr("coldwave.plays.parquet.BATCH_BYTES", 300_000)
    monkeypatch.setattr(rejections, "MOST_BYTES", 1_000_000)
    with pytest.raises(InputError, match=r"plays\.parquet: 1\d lines are malformed so far: is this the right"):
        read_plays(path, options)


PEAK = """
import re, sys
from pathlib import Path
from coldwave.plays.reading import read_plays

def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

options = {"format": "table", "table": {"user": "user", "song": "song"}}
folder = Path(sys.argv[1])
read_plays(folder / "small.parquet", options)
before = peak()
for name in ("encoded", "categorical"):
    pairs, rejected = read_plays(folder / f"{name}.parquet", options)
    print(pairs.user_ids.to_list(), pairs.count.tolist(), rejected["reason"].value_counts().rows())
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process its peak memory")
def test_a_huge_id_that_repeats_does_not_fill_the_memory(tmp_path):
    values = pa.array(["x" * (4 << 20), "small"])
    users = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 20_000, pa.int32()), values)  # 78 GiB
    table = pa.table({"user": users, "song": ["s"] * 40_000})
    for name, kept in (("encoded", False), ("categorical", True)):
        whole = {"dictionary_pagesize_limit": 1 << 30, "store_schema": kept, "compression": "zstd"}
        pq.write_table(table, tmp_path / f"{name}.parquet", **whole)
    pq.write_table(pa.table({"user": ["u"], "song": ["s"]}), tmp_path / "small.parquet")
    assert all(path.stat().st_size < 1 << 16 for path in tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", PEAK, tmp_path], cwd=SCRIPTS, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    *said, peak = done.stdout.splitlines()
    assert said == ["['small'] [20000] [('user id is too long', 20000)]"] * 2
    assert int(peak) < 200
