"""Files of plays that are not what they should be: a message that says what to do, or each line counted."""

import bz2
import gzip
import lzma
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.plays import rejections
from coldwave.plays.catalogue import read_catalogue
from coldwave.plays.encoded import Encoded
from coldwave.plays.ingestion import ingest
from coldwave.plays.pairs import Gatherer
from coldwave.plays.reading import read_plays
from coldwave.split.draw import split_songs

TRIPLETS = {"format": "taste_profile"}
TABLE = {"user": "user", "song": "song", "count": "count", "header": True, "delimiter": "\t", "encoding": "utf-8"}
SCRIPTS = Path(__file__).parents[3] / "scripts"


def read(path, content, options=TRIPLETS):
    """Sums by pair, and (line, reason) of what was set aside."""
    path.write_bytes(content)
    pairs, rejected = read_plays(path, options)
    users, songs = pairs.user_ids.to_list(), pairs.song_ids.to_list()
    sums = {
        (users[user], songs[song]): count
        for user, song, count in zip(pairs.user.tolist(), pairs.song.tolist(), pairs.count.tolist(), strict=True)
    }
    return sums, rejected.select("line", "reason").rows()


def test_line_ends_may_be_mixed_but_for_a_lone_carriage_return(tmp_path):
    content = b"a\ts\t1\r\nb\ts\t2\nc\ts\t3\rd\ts\t4\ne\ts\r\t5\nf\ts\t6\r\r\n\r\n"
    sums, rejected = read(tmp_path / "plays.txt", content)
    assert sums == {("a", "s"): 1, ("b", "s"): 2, ("f", "s"): 6}
    assert rejected == [(3, "carriage return within the line"), (4, "carriage return within the line")]


def test_two_lines_are_never_read_as_one_event(tmp_path):
    table = {"format": "table", "table": TABLE | {"user": 1, "song": 2, "count": None, "header": False}}
    sums, rejected = read(tmp_path / "events.txt", b"a\ts\rb\tt\nc\ts\n", table)
    assert (sums, rejected) == ({("c", "s"): 1}, [(1, "carriage return within the line")])


@pytest.mark.parametrize("options", [TRIPLETS, {"format": "table", "table": TABLE}])
def test_lines_that_end_in_carriage_returns_alone_are_explained(tmp_path, options):
    content = b"user\tsong\tcount\r" * (options is not TRIPLETS) + b"a\ts\t1\rb\ts\t2\r"
    with pytest.raises(InputError, match=r"carriage return.*Lines have to end in \\n or \\r\\n: convert those"):
        read(tmp_path / "plays.txt", content, options)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_wide_text_is_recognised(tmp_path, encoding, pack):
    path = tmp_path / ("plays.txt.gz" if pack is gzip.compress else "plays.txt")
    text = "user\tsong\tcount\nü\ts\t3\n"
    with pytest.raises(InputError, match=f"set plays.format: table and plays.table.encoding: {encoding}"):
        read(path, pack(text.encode(encoding)))
    with pytest.raises(InputError, match=f"set plays.table.encoding: {encoding}"):
        read(path, pack(text.encode(encoding)), {"format": "table", "table": TABLE})
    right = {"format": "table", "table": TABLE | {"encoding": encoding}}
    assert read(path, pack(text.encode(encoding)), right) == ({("ü", "s"): 3}, [])


def test_latin_1_with_a_byte_order_mark_of_its_own_and_nuls(tmp_path):
    content = b"\xef\xbb\xbfa\ts\t1\n" + "é\ts\t2\n".encode("latin-1") + b"b\0\ts\t1\nc\ts\t\0\n\0\0\0\0\n"
    sums, rejected = read(tmp_path / "plays.txt", content)
    assert sums == {("a", "s"): 1}
    assert rejected == [(2, "not valid utf-8"), (3, "NUL byte"), (4, "NUL byte"), (5, "NUL byte")]


def test_counts_that_are_none(tmp_path):
    counts = ["1000000000000", "-1", "0", "0.5", "3.0", "NaN", "inf", "", "1,5", "1 000", "０", "1e3", "0x10"]
    content = "".join(f"u\ts{place}\t{count}\n" for place, count in enumerate(counts)).encode()
    sums, rejected = read(tmp_path / "plays.txt", content)
    assert sums == {("u", "s4"): 3, ("u", "s11"): 1000}
    assert [reason for _, reason in rejected] == [
        "count is too large", "count is not positive", "count is not positive", "count is not a whole number",
        "count is not finite", "count is not finite", *["count is not a number"] * 5,
    ]  # fmt: skip


def test_repeated_pairs_are_added_up(tmp_path):
    assert read(tmp_path / "plays.txt", b"u\ts\t1\nv\ts\t5\nu\ts\t2\nu\ts\t3\n") == ({("u", "s"): 6, ("v", "s"): 5}, [])


def test_a_header_where_none_belongs_is_one_line_set_aside(tmp_path):
    assert read(tmp_path / "plays.txt", b"user\tsong\tcount\nu\ts\t1\n") == (
        {("u", "s"): 1}, [(1, "count is not a number")],
    )  # fmt: skip
    with pytest.raises(InputError, match="no play among the first 1 lines: count is not a number"):
        read(tmp_path / "plays.txt", b"user\tsong\tcount\n")


def test_one_user_and_one_song(tmp_path):
    path = tmp_path / "plays.txt"
    path.write_text("u\ts\t3\n")
    options = {"format": "taste_profile", "min_users": 1, "min_songs": 1, "seed": 1}
    tables = ingest(path, None, options)
    assert tables.plays.rows() == [(0, 0, 3)]
    with pytest.raises(InputError, match="split"):
        split_songs(tables.songs, 0.1, 0.2)
    with pytest.raises(InputError, match=r"no song has at least 50 users, the most are 1: lower plays\.min_users"):
        ingest(path, None, options | {"min_users": 50})


# Against a reader of a few lines

REJECTED = object()


def plain(fields):
    """What a line is: (user, song, count), nothing where it is blank, or rejected."""
    line = "\t".join(fields)
    if line == "":
        return None
    if len(fields) != 3 or "\0" in line or "\r" in line:
        return REJECTED
    user, song, count = (field.strip(" \t") for field in fields)
    if not user or not song or not re.fullmatch(r"[+]?[0-9]+(\.0*)?", count):
        return REJECTED
    number = int(count.split(".")[0])
    return (user, song, number) if 0 < number < 2**32 else REJECTED


ids = st.text(st.characters(blacklist_characters="\n\t\r", blacklist_categories=["Cs"]), max_size=4)
counts = st.one_of(
    st.integers(-3, 2**33).map(str),
    st.integers(1, 9).map(str),
    st.integers(1, 99).map("{}.0".format),
    st.sampled_from(["", "nan", "-inf", "10" * 9, "1.5", "0", "x", "-0", "1_0", "+7", "\r3", "٣"]),
)
fields = st.one_of(
    st.tuples(ids, ids, counts).map(list),
    st.tuples(st.sampled_from(["u", "v"]), st.sampled_from(["s", "t"]), counts).map(list),
    st.lists(ids, max_size=5),
)


@settings(max_examples=80, deadline=None)
@given(
    lines=st.lists(fields, max_size=25),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    block_bytes=st.integers(1, 200),
)
def test_triplets_equal_a_plain_reader(tmp_path_factory, lines, end, mark, block_bytes):
    # a first character that is a byte order mark, or a beginning of another kind of file, is another test's
    text = "u0\ts0\t1" + end + "".join("\t".join(line) + end for line in lines)
    path = tmp_path_factory.mktemp("plays") / "plays.txt"
    path.write_bytes(b"\xef\xbb\xbf" * mark + text.encode())
    sums, wrong = Counter({("u0", "s0"): 1}), []
    for number, line in enumerate(lines, start=2):
        # what stands before the end of a line and is itself a part of such an end belongs to it
        found = plain("\t".join(line).rstrip("\r").split("\t")) if line else None
        if found is REJECTED:
            wrong.append(number)
        elif found:
            sums[found[:2]] += found[2]
    pairs, rejected = read_plays(path, TRIPLETS, block_bytes)
    users, songs = pairs.user_ids.to_list(), pairs.song_ids.to_list()
    found = {
        (users[user], songs[song]): count
        for user, song, count in zip(pairs.user.tolist(), pairs.song.tolist(), pairs.count.tolist(), strict=True)
    }
    assert found == {pair: count for pair, count in sums.items() if count < 2**32}
    assert rejected.drop_nulls("line")["line"].to_list() == wrong
    assert rejected["line"].null_count() == sum(count >= 2**32 for count in sums.values())


# Compressed files that unpack to far more than they are


@pytest.mark.parametrize("largest", [0, 1 << 64])  # the second: as if pairs and counts did not fit into one number
@pytest.mark.parametrize(("fold_rows", "sum_rows"), [(1, 1), (2, 3), (7, 2), (100, 1), (100, 5), (100, 1 << 17)])
@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(
        st.lists(st.tuples(st.sampled_from("cab"), st.sampled_from("zxy"), st.integers(1, 2**32 - 1)), max_size=8),
        max_size=8,
    )
)
def test_pairs_summed_as_they_come_are_those_summed_at_the_end(batches, fold_rows, sum_rows, largest):
    gatherer, sums = Gatherer(fold_rows), Counter()
    for batch in batches:
        columns = zip(*batch, strict=True) if batch else ([], [], [])
        types = (pl.String, pl.String, pl.UInt32)
        user, song, count = (pl.Series(column, dtype=kind) for column, kind in zip(columns, types, strict=True))
        gatherer._largest = max(gatherer._largest, largest)
        with patch("coldwave.plays.pairs.SUM_ROWS", sum_rows):
            gatherer.add(Encoded(user), Encoded(song), count)
        for user, song, count in batch:
            sums[user, song] += count
    if not sums:
        return
    with patch("coldwave.plays.pairs.SUM_ROWS", sum_rows):
        pairs, too_many = gatherer.pairs()
    found = zip(pairs.user_ids.gather(pairs.user), pairs.song_ids.gather(pairs.song), pairs.count.tolist(), strict=True)
    assert list(found) == sorted((*pair, count) for pair, count in sums.items() if count < 2**32)
    assert sorted(too_many.rows()) == sorted((*pair, count) for pair, count in sums.items() if count >= 2**32)


def test_memory_follows_the_number_of_pairs():
    gatherer, size = Gatherer(1000), 0
    users, songs = Encoded(pl.Series(["a", "b"] * 100)), Encoded.same("s", 200)
    for _ in range(200):
        gatherer.add(users, songs, pl.Series(np.full(200, 3, np.uint32)))
        size = max(size, sum(len(part[0]) for part in gatherer._parts))
    assert size < 1200
    assert gatherer.rows == 40_000
    assert gatherer.pairs()[0].count.tolist() == [60_000, 60_000]


BOMBS = """
import re, sys
from pathlib import Path
from coldwave.errors import InputError
from coldwave.plays import pairs, rejections, streams
from coldwave.plays.catalogue import read_catalogue
from coldwave.plays.reading import read_plays

def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

pairs.Gatherer.__init__.__defaults__ = (1 << 18,)
streams.LONGEST_LINE = 1 << 24
rejections.MOST_BYTES, rejections.MOST_ROWS = 1 << 22, 10_000
folder = Path(sys.argv[1])
read_plays(folder / "small.txt", {"format": "taste_profile"})
before = peak()
for path in sorted(folder.glob("*.txt.*")):
    try:
        print(path.name, read_plays(path, {"format": "taste_profile"}, 1 << 20)[0].count.tolist())
    except InputError as error:
        print(path.name, str(error).replace(str(folder), ""))
for path in sorted(folder.glob("*.csv.gz")):
    try:
        read_catalogue(path, {})
    except InputError as error:
        print(path.name, str(error).replace(str(folder), ""))
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process its peak memory")
def test_small_files_that_unpack_to_much_do_not_fill_the_memory(tmp_path):
    (tmp_path / "small.txt").write_text("u\ts\t1\n")
    megabytes = 64
    (tmp_path / "line.txt.gz").write_bytes(gzip.compress(b"x" * (megabytes << 20), 1))
    (tmp_path / "nul.txt.xz").write_bytes(lzma.compress(bytes(megabytes << 20), preset=0))
    (tmp_path / "one_line.txt.bz2").write_bytes(bz2.compress(b"u\ts\t" + b"1" * (megabytes << 20), 1))
    (tmp_path / "same.txt.zst").write_bytes(pa.Codec("zstd").compress(b"user\tsong\t1\n" * 2_000_000, asbytes=True))
    (tmp_path / "wrong.txt.gz").write_bytes(gzip.compress(b"u\ts\t1\n" + b"u\ts\n" * 3_000_000, 1))
    (tmp_path / "songs.csv.gz").write_bytes(gzip.compress(b"song_id,title\n" + b"a,b\n" * 3_000_000, 1))
    (tmp_path / "title.csv.gz").write_bytes(gzip.compress(b"song_id,title\na," + b"b" * (megabytes << 20), 1))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2 << 20
    done = subprocess.run(
        [sys.executable, "-c", BOMBS, tmp_path], cwd=SCRIPTS, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    *said, peak = done.stdout.splitlines()
    assert [re.sub(r"\d[\d,]*", "N", line) for line in said] == [
        "line.txt.gz /line.txt.gz: no end of line within N bytes: not a text file with one play a line",
        "nul.txt.xz /nul.txt.xz: no end of line within N bytes: not a text file with one play a line",
        "one_line.txt.bzN /one_line.txt.bzN: no end of line within N bytes: not a text file with one play a line",
        "same.txt.zst [N]",
        "wrong.txt.gz /wrong.txt.gz: N lines are malformed so far: is this the right file?",
        "songs.csv.gz /songs.csv.gz: N lines are malformed so far: is this the right file?",
        "title.csv.gz /title.csv.gz: no end of line within N bytes: not a text file with one play a line",
    ]
    assert "[2000000]" in done.stdout
    assert int(peak) < 150


def test_a_flood_of_malformed_lines_stops(tmp_path, monkeypatch):
    monkeypatch.setattr(rejections, "MOST_ROWS", 10)
    path = tmp_path / "songs.csv"
    path.write_text("song_id,title\na,x\n" + "b\n" * 30)
    with pytest.raises(InputError, match=r"songs\.csv: 11 lines are malformed so far"):
        read_catalogue(path, {})


def test_a_quote_that_goes_on_and_on(tmp_path, monkeypatch):
    monkeypatch.setattr("coldwave.plays.manifest.LONGEST_RECORD", 10)
    path = tmp_path / "songs.csv"
    path.write_text('song_id,title\na,x\nb,"open\n' + "c,y\n" * 30)
    with pytest.raises(InputError, match=r"songs\.csv, line 3: a quote opened here is not closed in 11 lines"):
        read_catalogue(path, {})
