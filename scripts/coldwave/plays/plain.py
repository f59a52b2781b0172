"""Text in which nothing is wrong, read by pyarrow's reader of CSV."""

import codecs
from collections.abc import Mapping

import polars as pl
import pyarrow as pa
import pyarrow.csv

from coldwave.plays.batches import ME, Batch
from coldwave.plays.columns import BLANKS
from coldwave.plays.counts import check_counts, numbers_of
from coldwave.plays.encoded import Encoded
from coldwave.plays.layout import Layout
from coldwave.plays.tables import REJECTED
from coldwave.plays.times import seconds_of
from coldwave.plays.told import id_or_names

MOST_FIELDS = 1 << 10  # pyarrow takes 256 bytes for each: a line full of delimiters would fill the memory
_ENCODED = pa.dictionary(pa.int32(), pa.string())


def read_plain(block: bytes, encoding: str, layout: Layout, source: str) -> Batch | None:
    """Read a block of whole lines if each of them is a play; None if one is not, or may not be.

    What this returns, `coldwave.plays.lines.parse_lines` returns as well. It looks at lines one by one, which
    takes several times as long.
    """
    text = _plain_text(block, encoding, layout)
    table = None if text is None else _read(text, layout)
    if table is None:
        return None

    def column(place: int) -> Encoded:
        return Encoded.of(table[str(place)].unify_dictionaries().combine_chunks())

    names = {name: _stripped(column(place)) for name, place in layout.names.items()}
    song = _named(_stripped(column(layout.song)), names)
    user = Encoded.same(ME, table.num_rows) if layout.user is None else _stripped(column(layout.user))
    count, time = pl.ones(table.num_rows, dtype=pl.UInt32, eager=True), None
    if layout.count is not None:
        numbers = column(layout.count)
        counts, wrong = check_counts(numbers_of(numbers.values.str.strip_chars(BLANKS)))
        if wrong.null_count() < len(wrong):
            return None
        count = numbers.spread(counts)
    if layout.time is not None:
        times = column(layout.time)
        seconds = seconds_of(times.values.str.strip_chars(BLANKS))
        if seconds.null_count():
            return None
        time = times.spread(seconds)
    if (user.values == "").any() or (song.values == "").any():  # so it is in a blank line too
        return None
    return Batch(source, table.num_rows, 0, user, song, count, time, pl.DataFrame(schema=REJECTED), names)


def _plain_text(block: bytes, encoding: str, layout: Layout) -> bytes | None:
    """Return the block in UTF-8; None if it cannot be decoded, or holds what the two readers take differently."""
    if not (encoding == "utf-8" and block.isascii()):
        try:
            block = block.decode(encoding).encode()
        except UnicodeError:
            return None
    doubtful = b"\0" in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n"))
    quoted = layout.quote is not None and layout.quote.encode() in block
    if doubtful or quoted or block.startswith(codecs.BOM_UTF8):
        return None
    return block


def _read(text: bytes, layout: Layout) -> pa.Table | None:
    """Read the columns that are wanted, named by their places; None if lines differ in fields, or have too many."""
    fields = layout.fields
    if layout.more_fields:
        fields = max(fields, text.partition(b"\n")[0].count(layout.delimiter.encode()) + 1)
    if fields > MOST_FIELDS:
        return None
    names = [str(place) for place in range(fields)]
    wanted = (layout.user, layout.song, layout.count, layout.time, *layout.names.values())
    wanted = [place for place in wanted if place is not None]
    try:
        return pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=len(text) + 1),
            pa.csv.ParseOptions(delimiter=layout.delimiter, quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(
                include_columns=[str(place) for place in wanted],
                column_types={str(place): _ENCODED for place in wanted},
                null_values=[],
                check_utf8=False,
            ),
        )
    except ValueError:  # an ArrowInvalid is one; so is what pyarrow says of a delimiter that is not ASCII
        return None


def _named(song: Encoded, names: Mapping[str, Encoded]) -> Encoded:
    if not names or not (song.values == "").any():
        return song
    rows = pl.DataFrame({"song_id": song.rows()} | {name: column.rows() for name, column in names.items()})
    return Encoded(rows.select(id_or_names("song_id", list(names))).to_series())


def _stripped(ids: Encoded) -> Encoded:
    return ids._replace(values=ids.values.str.strip_chars(BLANKS))
