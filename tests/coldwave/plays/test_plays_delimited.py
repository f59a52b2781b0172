"""Delimited text against a reader that goes line by line in plain Python."""

import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.plays.delimited import read_delimited
from coldwave.plays.reading import read_plays
from coldwave.plays.taste_profile import read_triplets

TABLE = {"user": "user", "song": "song", "count": "count", "header": True, "delimiter": "\t", "quote": None}


def pairs_of(batches):
    """Sums of (user, song), rejected (line, reason, text) and lines of some batches, one row at a time."""
    sums, rejected, lines, blank, plays = Counter(), [], 0, 0, 0
    for batch in batches:
        for user, song, count in batch.plays.iter_rows():
            sums[user, song] += count
        rejected += batch.rejected.select("line", "reason", "text").rows()
        lines, blank, plays = lines + batch.lines, blank + batch.blank, plays + batch.plays.height
    assert lines == plays + len(rejected) + blank
    return dict(sums), rejected


def plain_count(text):
    """Give (count, None) or (None, reason)."""
    try:
        if not text.isascii() or "_" in text:
            raise ValueError
        number = float(text)
    except ValueError:
        return None, "count is not a number"
    if not math.isfinite(number):
        return None, "count is not finite"
    if number <= 0:
        return None, "count is not positive"
    if number > 4_294_967_295:
        return None, "count is too large"
    return (int(number), None) if number.is_integer() else (None, "count is not a whole number")


def plain_triplets(data):
    """Read triplets one line at a time."""
    sums, rejected = Counter(), []
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        fields = [field.strip(" \t") for field in text.split("\t")]
        reason = None
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            reason = "not valid utf-8"
        if reason is None and not text:
            continue
        if reason is None and "\0" in text:
            reason = "NUL byte"
        elif reason is None and "\r" in text:
            reason = "carriage return within the line"
        elif reason is None and len(fields) != 3:
            reason = "wrong number of fields"
        elif reason is None and not fields[0]:
            reason = "empty user id"
        elif reason is None and not fields[1]:
            reason = "empty song id"
        elif reason is None:
            count, reason = plain_count(fields[2])
        if reason:
            rejected.append((number, reason, text[:500]))
        else:
            sums[fields[0], fields[1]] += count
    return dict(sums), rejected


user_ids = st.sampled_from(["u1", "u2", "é", "a b", '"q', " u1 ", "", "  "])
song_ids = st.sampled_from(["s1", "s2", "s3", "日本", "x,y", ""])
whole = st.integers(1, 50).map(str)
odd_counts = st.sampled_from(
    ["0", "-1", "1.5", "2.0", "3.", ".5", "1e2", "1E1", "nan", "NaN", "inf", "-inf", "+Infinity", "4294967295"]
    + ["4294967296", "1e30", "1e400", "-1e400", "-0", "007", "+4", "0x1", "1_0", "١", "x", ""]
)
garbled_counts = st.text("0123456789.eE+-nafi_ x", max_size=8)
good = st.tuples(st.sampled_from(["u1", "u2", "u3"]), st.sampled_from(["s1", "s2", "s3"]), whole)
mixed = st.tuples(user_ids, song_ids, st.one_of(whole, odd_counts, garbled_counts))
free = st.lists(st.text("ab1\t\r\0 é", max_size=5), max_size=5)
as_bytes = st.one_of(good, mixed, free).map(lambda fields: "\t".join(fields).encode())
spoilt = st.binary(max_size=12).map(lambda line: line.replace(b"\n", b""))
ends = st.sampled_from([b"\n", b"\r\n"])
lines = st.lists(st.tuples(st.one_of(as_bytes, as_bytes, as_bytes, spoilt), ends).map(b"".join), max_size=30)
marks = st.sampled_from([b"", b"\xef\xbb\xbf"])
files = st.tuples(marks, lines.map(b"".join)).map(b"".join)
files = files | files.map(lambda content: content.removesuffix(b"\n"))


@settings(max_examples=120, deadline=None)
@given(data=files, block_bytes=st.integers(1, 300))
def test_every_line_is_counted_or_rejected(tmp_path_factory, data, block_bytes):
    assume(not data.startswith((b"\x1f\x8b", b"PK\3\4", b"PAR1")))  # compressed files begin like this
    path = tmp_path_factory.mktemp("plays") / "triplets.txt"
    path.write_bytes(data)
    assert pairs_of(read_triplets(path, {}, block_bytes)) == plain_triplets(data)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(good, min_size=1, max_size=30), data=st.data())
def test_order_of_lines_does_not_matter(tmp_path_factory, rows, data):
    path = tmp_path_factory.mktemp("plays") / "triplets.txt"
    results = []
    for order in (rows, data.draw(st.permutations(rows))):
        path.write_text("".join("\t".join(row) + "\n" for row in order))
        pairs, rejected = read_plays(path, {"format": "taste_profile"}, block_bytes=40)
        assert rejected.is_empty()
        assert pairs.user_ids.to_list() == sorted({row[0] for row in rows})
        assert pairs.song_ids.to_list() == sorted({row[1] for row in rows})
        results.append(pairs)
    for name in ("user", "song", "count"):
        first, second = (getattr(pairs, name) for pairs in results)
        assert first.dtype == np.uint32
        np.testing.assert_array_equal(first, second)
    sums = Counter()
    for user, song, count in rows:
        sums[user, song] += int(count)
    first = results[0]
    found = zip(first.user_ids.gather(first.user), first.song_ids.gather(first.song), first.count.tolist(), strict=True)
    assert list(found) == [(*pair, sums[pair]) for pair in sorted(sums)]


def test_ids_are_sorted_bytewise(tmp_path):
    ids = ["b", "B", "é", "z", "\U0001f3b5", "\uffee", "10", "9"]
    path = tmp_path / "triplets.txt"
    path.write_text("".join(f"{name}\t{name}\t1\n" for name in ids), encoding="utf-8")
    pairs, _ = read_plays(path, {"format": "taste_profile"})
    assert pairs.user_ids.to_list() == sorted(ids, key=str.encode)


def test_sum_that_does_not_fit_is_set_aside(tmp_path):
    path = tmp_path / "triplets.txt"
    path.write_text("u\ts\t4294967295\nu\tt\t4294967294\nu\ts\t1\nu\tt\t1\n")
    pairs, rejected = read_plays(path, {"format": "taste_profile"})
    assert pairs.count.tolist() == [4294967295]
    assert rejected.rows() == [(str(path), None, "sum of the pair's counts is too large", "u\ts\t4294967296")]


def test_long_text_of_a_rejected_line_is_cut(tmp_path):
    path = tmp_path / "triplets.txt"
    path.write_bytes(b"u\ts\t1\n" + "é".encode() * 2000 + b"\n")
    _, rejected = read_plays(path, {"format": "taste_profile"}, block_bytes=16)
    assert rejected["text"].to_list() == ["é" * 500]


def test_header_latin_1_and_crlf(tmp_path):
    path = tmp_path / "user_artists.dat"
    path.write_bytes("userID\tartistID\tweight\r\nJosé\t51\t13883\r\n2\tMotörhead\t7".encode("latin-1"))
    table = {"user": "userID", "song": "artistID", "count": "weight", "delimiter": "\t", "encoding": "latin-1"}
    assert pairs_of(read_delimited(path, table)) == ({("José", "51"): 13883, ("2", "Motörhead"): 7}, [])
    _, rejected = pairs_of(read_delimited(path, table | {"encoding": "utf-8"}))
    assert [(line, reason) for line, reason, _ in rejected] == [(2, "not valid utf-8"), (3, "not valid utf-8")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037", "shift_jis"])
@pytest.mark.parametrize("block_bytes", [7, 1000])
def test_other_encodings(tmp_path, encoding, block_bytes):
    path = tmp_path / "plays.tsv"
    path.write_bytes("user\tsong\tcount\nu\ts\t3\nu\ts\t4\n".encode(encoding))
    assert pairs_of(read_delimited(path, TABLE | {"encoding": encoding}, block_bytes)) == ({("u", "s"): 7}, [])


def test_broken_utf_16_and_unknown_encoding(tmp_path):
    path = tmp_path / "plays.tsv"
    path.write_bytes("user\tsong\tcount\nu\ts\t3\n".encode("utf-16")[:-1])
    with pytest.raises(InputError, match=r"plays\.tsv.*not valid utf-16.*plays\.table\.encoding"):
        list(read_delimited(path, TABLE | {"encoding": "utf-16"}))
    for encoding in ("nonsense", "base64"):
        with pytest.raises(InputError, match=r"plays\.table\.encoding"):
            list(read_delimited(path, TABLE | {"encoding": encoding}))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(*[st.text('ab", ;é', max_size=6)] * 3), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block_bytes=st.integers(1, 80),
)
def test_csv_with_quotes(tmp_path_factory, rows, quoting, block_bytes):
    path = tmp_path_factory.mktemp("plays") / "plays.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=quoting)
        writer.writerow(["count", "the user", "ignored, this", "song"])
        writer.writerows((2, user, more, song) for user, song, more in rows)
    table = {"user": "the user", "song": "song", "count": "count", "delimiter": ",", "quote": '"'}
    sums, rejected = Counter(), []
    for number, (user, song, _) in enumerate(rows, start=2):
        if user.strip(" ") and song.strip(" "):
            sums[user.strip(" "), song.strip(" ")] += 2
        else:
            rejected.append((number, "empty user id" if not user.strip(" ") else "empty song id"))
    found, found_rejected = pairs_of(read_delimited(path, table, block_bytes))
    assert found == dict(sums)
    assert [row[:2] for row in found_rejected] == rejected


def test_quotes_that_do_not_match_and_ragged_lines(tmp_path):
    path = tmp_path / "plays.csv"
    path.write_text('\n"user",song,count\n"a,b", "s" ,1\n"a,b", "s",2\n"open,s,1\nu,s\nu,s,1,2\n\nu"v,s,5\n')
    found, rejected = pairs_of(read_delimited(path, TABLE | {"delimiter": ",", "quote": '"'}))
    assert found == {("a,b", "s"): 2, ('u"v', "s"): 5}
    assert [row[:2] for row in rejected] == [
        (3, "quotes do not match"),
        (5, "quotes do not match"),
        (6, "wrong number of fields"),
        (7, "wrong number of fields"),
    ]


def test_quotes_are_characters_where_quoting_is_off(tmp_path):
    path = tmp_path / "plays.tsv"
    path.write_text('user\tsong\tcount\n"u\t7" mix\t1\n')
    assert pairs_of(read_delimited(path, TABLE)) == ({('"u', '7" mix'): 1}, [])


def test_columns_by_number_and_rows_as_plays(tmp_path):
    path = tmp_path / "events.tsv"
    path.write_text("1970\tu\tx\ts\n1970\tu\tx\ts\tmore\n1970\tu\tx\n")
    table = {"user": 2, "song": 4, "count": None, "header": False}
    found, rejected = pairs_of(read_delimited(path, table))
    assert found == {("u", "s"): 2}
    assert rejected == [(3, "wrong number of fields", "1970\tu\tx")]
    path.write_text("when\twho\tx\twhat\n1970\tu\tx\ts\n1970\tu\tx\ts\tmore\n")
    found, rejected = pairs_of(read_delimited(path, table | {"header": True, "song": "what"}))
    assert found == {("u", "s"): 1}
    assert [row[0] for row in rejected] == [3]


@pytest.mark.parametrize(
    ("content", "change", "message"),
    [
        ("user\tsongs\tcount\n", {}, r"plays\.table\.song: .*plays\.tsv has no column 'song'.*'user'.*mean 'songs'"),
        ("user\tsong\tsong\n", {"count": None}, r"plays\.table\.song: .*2 columns 'song'"),
        ("user\tsong\tcount\n", {"user": 4}, r"plays\.table\.user: 4 is not the number of a column.*has 3 columns"),
        ("user\tsong\tcount\n", {"user": 0}, r"plays\.table\.user: 0"),
        ("user\tsong\tcount\n", {"user": "song"}, r"plays\.table: .*different columns"),
        ("user\tsong\tcount\n", {"header": False}, r"plays\.table\.user: 'user' is a name.*without a header"),
        ("user\tsong\tcount\n", {"delimiter": "::"}, r"plays\.table\.delimiter: '::'"),
        ("user\tsong\tcount\n", {"quote": "\t"}, r"plays\.table\.quote"),
        ("user\tsong\tcount\n", {}, r"plays\.tsv: there is no play in it \(plays\.path\)"),
        ("", {}, r"plays\.tsv: the file is empty.*plays\.path"),
        ("\n\r\n", {}, r"plays\.tsv: the file is empty"),
        ("user\tsong\tcount\nu\ts\t0\n", {}, r"line 2.*plays\.table\.count"),
        ("u;s;3\nv;s;4\n", {"header": False, "user": 1, "song": 2, "count": 3}, r'plays\.table\.delimiter: ";"'),
    ],
)
def test_wrong_tables_are_explained(tmp_path, content, change, message):
    path = tmp_path / "plays.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_plays(path, {"format": "table", "table": TABLE | change})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"u,s,1\nv,s,2\n", r"2 lines: wrong number of fields.*line 1: 'u,s,1'.*by ','.*plays\.format: table"),
        (b"u\ts\tx\n", r"count is not a number.*plays\.format: table"),
        ("u\ts\t1\n".encode("utf-16"), r"not valid utf-8|NUL byte"),
        (b"", r"triplets\.txt: there is no play in it"),
    ],
)
def test_wrong_triplets_are_explained(tmp_path, content, message):
    path = tmp_path / "triplets.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_plays(path, {"format": "taste_profile"})


def test_hopeless_files_are_not_read_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr("coldwave.plays.reading.HOPELESS", 10)
    path = tmp_path / "triplets.txt"
    path.write_text("u s 1\n" * 100 + "u\ts\t1\n")
    with pytest.raises(InputError, match="first 10 lines"):
        read_plays(path, {"format": "taste_profile"}, block_bytes=12)


def test_missing_files_and_formats(tmp_path):
    with pytest.raises(InputError, match=r"none\.txt: no such file.*plays\.path"):
        read_plays(Path("none.txt"), {"format": "taste_profile"})
    with pytest.raises(InputError, match=r"plays\.format: table"):
        read_plays(tmp_path, {"format": "taste_profile"})
    (tmp_path / "x.txt").write_text("u\ts\t1\n")
    with pytest.raises(InputError, match=r"plays\.format: 'csv'"):
        read_plays(tmp_path / "x.txt", {"format": "csv"})
