"""What pyarrow reads of delimited text, and what is left to the parser of lines: the same plays, the same rejected."""

import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.plays import delimited
from coldwave.plays.ahead import in_order
from coldwave.plays.delimited import read_block, read_blocks_of_lines
from coldwave.plays.layout import Layout, blocks_with_layout
from coldwave.plays.lines import parse_lines
from coldwave.plays.plain import read_plain
from coldwave.plays.reading import read_plays
from coldwave.plays.streams import LONGEST_LINE
from coldwave.plays.taste_profile import TRIPLETS

TABLE = {"user": 1, "song": 2, "count": 3, "header": False, "delimiter": "\t"}
NAMED = TABLE | {"user": "user", "song": "song", "count": "count", "header": True}
TABLES = {
    "triplets": TABLE,
    "comma": TABLE | {"delimiter": ","},
    "blank": TABLE | {"delimiter": " "},
    "not ASCII": TABLE | {"delimiter": "¦"},
    "quotes": TABLE | {"delimiter": ",", "quote": '"'},
    "a quote that is not ASCII": TABLE | {"quote": "é"},
    "header": NAMED,
    "a column left out": NAMED | {"header": True, "song": "left", "count": None},
    "more fields": TABLE | {"count": None},
    "songs alone": TABLE | {"user": None, "song": 1, "count": None},
    "times": TABLE | {"time": 4},
    "a data set": TABLE | {"count": None, "artist": 3, "title": 4, "fields": 4},
    "latin-1": TABLE | {"encoding": "latin-1"},
    "utf-16": TABLE | {"encoding": "utf-16"},
    "shift_jis": TABLE | {"encoding": "shift_jis"},
}
good_ids = st.sampled_from(["u1", "u2", "ü3", "日", "a b"])
good_counts = st.integers(1, 30).map(str)
good_times = st.sampled_from(["2012-03-01", "2012-03-01T17:05:00Z", "1330621509"])
odd_ids = st.sampled_from(
    [" u ", "", " ", '"u', '"u"', 'a""b', "é", "\ufeffu", "NA", "null", "\x0b", "\u2028", "\x1c", "\0", "\r", "\r\r"]
    + ["u" * 300, "u\r", "\udcff", "\udced\udca0\udc80"]  # the last two are bytes that are no UTF-8
)
odd_counts = st.sampled_from(
    ["1", "01", "+1", " 2 ", "1.0", "1e2", "0x1", "0X1F", "1_0", "0", "-1", "1.5", "nan", "inf", "1e400", "4294967295"]
    + ["4294967296", "18446744073709551616", "", "x", "١", "true", "1,5"]
)
odd_times = st.sampled_from(["0", "", "x", "2012-13-01"])
good_line = st.tuples(good_ids, good_ids, good_counts, good_times)
one_odd = st.one_of(
    st.tuples(odd_ids, good_ids, good_counts, good_times),
    st.tuples(good_ids, odd_ids, good_counts, good_times),
    st.tuples(good_ids, good_ids, odd_counts, good_times),
    st.tuples(good_ids, good_ids, good_counts, odd_times),
)
cut = st.tuples(good_line, st.integers(0, 6)).map(lambda line: (line[0] + line[0])[: line[1]])


@st.composite
def files(draw, table):
    """Lines as the table has them, most of them good; the number of fields is right in most of the others."""
    delimiter, fields = table["delimiter"], 4 if table["header"] or table.keys() & {"time", "title"} else 3
    right = [good_line] * 4 + [one_odd]
    whole = st.one_of(right).map(lambda line: delimiter.join(line[:fields]))
    torn = st.one_of(cut.map(delimiter.join), st.just(""), st.tuples(whole, whole).map("\r".join))
    lines = draw(st.lists(st.one_of(*[whole] * draw(st.integers(2, 12)), torn), max_size=40))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = delimiter.join(["user", "song", "count", "left"]) + end if table["header"] else ""
    text += end.join(lines) + end * draw(st.booleans())
    encoding = table.get("encoding", "utf-8")
    if encoding == "utf-8":
        return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode("utf-8", "surrogateescape")
    return text.encode(encoding, "ignore") + b"\x81\n" * (encoding == "shift_jis")


def careful(block, encoding, layout, source):
    """Each line checked."""
    return [parse_lines(block, encoding, layout, source)]


def told(batches):
    """All that some batches say: rejected lines in order, plays in any, as they are summed."""
    batches = list(batches)
    plays, rejected = [], []
    for batch in batches:
        assert batch.lines == batch.blank + batch.plays.height + batch.rejected.height
        plays += batch.plays.with_columns(**{name: column.rows() for name, column in batch.names.items()}).rows()
        rejected += batch.rejected.rows()
    return sorted(plays), rejected, sum(batch.lines for batch in batches), sum(batch.blank for batch in batches)


def same_as_line_by_line(path, table, block_bytes, piece_bytes, threads):
    """Read both ways, and return whether that was without an error."""

    def read(how, threads):
        return told(read_blocks_of_lines(blocks_with_layout(path, table, block_bytes), str(path), threads, how))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "PIECE_BYTES", piece_bytes)
        try:
            expected = read(careful, 1)
        except InputError as error:
            with pytest.raises(InputError, match=re.escape(str(error))):
                read(read_block, threads)
            return
        assert read(read_block, threads) == expected


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=50, deadline=None)
@given(
    data=st.data(), block_bytes=st.integers(1, 500), piece_bytes=st.integers(1, 200), threads=st.sampled_from([1, 2, 5])
)
def test_the_same_as_line_by_line(tmp_path_factory, name, data, block_bytes, piece_bytes, threads):
    path = tmp_path_factory.mktemp("plays") / "plays.txt"
    path.write_bytes(data.draw(files(TABLES[name])))
    same_as_line_by_line(path, TABLES[name], block_bytes, piece_bytes, threads)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_inside_of_the_file_belongs_to_an_id(tmp_path, encoding):
    path = tmp_path / "plays.txt"
    path.write_bytes(b"\xef\xbb\xbfu\ts\t1\n\xef\xbb\xbfv\ts\t1\n")
    table = TABLE | {"encoding": encoding}
    same_as_line_by_line(path, table, 7, 1, 1)
    found, _ = read_plays(path, {"format": "table", "table": table}, 7)
    assert found.user_ids.to_list() == ["u", "\ufeffv"]


@settings(max_examples=200, deadline=None)
@given(block=files(TABLE).filter(len))
def test_a_block_that_is_read_at_once_has_nothing_to_set_aside(block):
    plain = read_plain(block, "utf-8", TRIPLETS, "plays.txt")
    by_line = parse_lines(block, "utf-8", TRIPLETS, "plays.txt")
    if plain is not None:
        assert told([plain]) == told([by_line])
        assert by_line.blank == by_line.rejected.height == 0


@pytest.mark.parametrize(
    "block",
    [b"u\ts\t1\rv\ts\t2\n", b"u\ts\t1\r", b"u\ts\t1\r\r\n", b"u\0\ts\t1\n", b"\xef\xbb\xbfu\ts\t1\n", b"\xff\ts\t1\n"]
    + [
        b"u\ts\n",
        b"u\ts\t1\t2\n",
        b"\n",
        b"u\ts\t1\n\n",
        b" \ts\t1\n",
        b"u\t\t1\n",
        b"u\ts\t0x1\n",
        b"u\ts\t0\n",
        b"u\ts\t\n",
    ],
)
def test_a_block_that_is_doubtful_is_not_read_at_once(block):
    assert read_plain(block, "utf-8", TRIPLETS, "plays.txt") is None


def counted(monkeypatch):
    """Count the lines that are read one by one."""
    number = Counter()

    def count(block, *how):
        number["lines"] += block.count(b"\n")
        return parse_lines(block, *how)

    monkeypatch.setattr(delimited, "parse_lines", count)
    return number


def test_lines_are_looked_at_one_by_one_only_where_something_is_wrong(tmp_path, monkeypatch):
    number, path = counted(monkeypatch), tmp_path / "plays.txt"
    lines = [f"user {place % 977}\tsong é {place % 1009}\t{place % 7 + 1}\n" for place in range(60_000)]
    path.write_text("".join(lines))
    clean, rejected = read_plays(path, {"format": "taste_profile"}, 1 << 20)
    assert (rejected.height, number["lines"]) == (0, 0)
    path.write_text("".join([*lines[:30_000], "wrong\n", *lines[30_000:]]))
    for threads in (1, 4):
        number.clear()
        found, rejected = read_plays(path, {"format": "taste_profile"}, 1 << 20, threads=threads)
        assert rejected.rows() == [(str(path), 30_001, "wrong number of fields", "wrong")]
        assert 0 < number["lines"] < 15_000
        assert all((getattr(found, name) == getattr(clean, name)).all() for name in ("user", "song", "count"))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_that_are_longer_than_a_block(tmp_path, end):
    path = tmp_path / "plays.txt"
    path.write_bytes(end.join([b"u\ts\t1", b"u" * 100_000 + b"\ts\t2", b"v" * 100_000, b"u\ts\t3"]))
    found, rejected = read_plays(path, {"format": "taste_profile"}, 1000, threads=3)
    assert found.count.tolist() == [4, 2]
    assert rejected.select("line", "reason").rows() == [(3, "wrong number of fields")]
    path.write_bytes(b"u\ts\t1" + end + b"x" * (LONGEST_LINE + 1))
    with pytest.raises(InputError, match="no end of line within"):
        read_plays(path, {"format": "taste_profile"}, threads=3)


def test_a_line_full_of_delimiters_is_not_taken_apart():
    layout = Layout(user=0, song=1, count=None, fields=2, more_fields=True)
    block = b"u\ts\n" + b"v\ts" + b"\t" * 100_000 + b"\n"
    assert read_plain(block[4:], "utf-8", layout, "plays.txt") is None
    assert told(read_block(block, "utf-8", layout, "plays.txt")) == ([("u", "s", 1), ("v", "s", 1)], [], 2, 0)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_results_come_in_order(threads):
    begun, found = [], []
    for result in in_order(lambda item: item, (begun.append(item) or item for item in range(50)), threads):
        found.append(result)
        assert len(begun) - len(found) <= threads
    assert found == list(range(50))
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda item: 1 // item, [1, 0, 1], threads))


def test_what_comes_before_an_error_was_yielded():
    def items():
        yield from range(5)
        raise InputError("the file is not whole")

    for threads in (1, 3):
        results, found = in_order(str, items(), threads), []
        with pytest.raises(InputError):
            while True:
                found.append(next(results))
        assert found == ["0", "1", "2", "3", "4"]


def test_an_id_of_rejected_rows_alone_is_no_id(tmp_path):
    path = tmp_path / "plays.parquet"
    table = pl.DataFrame({"user": ["a", "b", "c"], "song": ["x", "y", "x"], "count": [1, 0, 2]})
    table.with_columns(pl.col("user", "song").cast(pl.Categorical)).write_parquet(path)
    options = {"format": "table", "table": {"user": "user", "song": "song", "count": "count"}}
    pairs, rejected = read_plays(path, options)
    assert (pairs.user_ids.to_list(), pairs.song_ids.to_list(), rejected.height) == (["a", "c"], ["x"], 1)
