"""The same song by the same user within seconds, from any source, taken once, whatever the number of listens."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from coldwave.histories.listens import Listens

MOST_ROWS = 2_000_000  # kept in memory; more are put on disk, in parts by a hash of user and song
PARTS = 256
_KEY = "key"


def without_repeats(batches: Iterable[Listens], seconds: float) -> Iterator[Listens]:
    """Yield listens without those that began less than ``seconds`` after one kept of the same user and song.

    What batches set aside and dropped is passed on at once, their listens after the last batch. Names are compared in
    small letters, without punctuation and blanks, as exporters delete some. More than ``MOST_ROWS`` listens go through
    a temporary folder.
    """
    with ExitStack() as stack:
        spilled: _Parts | None = None
        waiting: list[pl.DataFrame] = []
        rows = 0
        for batch in batches:
            if batch.rejected.height or batch.dropped:
                yield Listens(rejected=batch.rejected, dropped=batch.dropped)
            waiting.append(batch.table.with_columns(_key().alias(_KEY)))
            rows += batch.table.height
            if rows >= MOST_ROWS:
                spilled = spilled or stack.enter_context(_Parts())
                spilled.write(pl.concat(waiting))
                waiting, rows = [], 0
        if spilled and waiting:
            spilled.write(pl.concat(waiting))
        for table in spilled.read() if spilled else [pl.concat(waiting)] if waiting else []:
            kept = table.filter(not_repeated(table, table[_KEY], seconds)).drop(_KEY)
            repeated = table.height - kept.height
            yield Listens(kept, dropped={f"repeated within {seconds:g} s": repeated} if repeated else {})


def _key() -> pl.Expr:
    """A hash of user, artist and title: 64 bits, so that two songs of a dump are taken for one about never."""
    return pl.concat_str(pl.col("user_id").fill_null(""), _folded("artist"), _folded("title"), separator="\0").hash(
        seed=0
    )


def _folded(name: str) -> pl.Expr:
    text = pl.col(name).str.normalize("NFKC").str.to_lowercase()
    plain = text.str.replace_all(r"[^\p{L}\p{M}\p{N}]+", "")
    return pl.when(plain == "").then(text).otherwise(plain)


def not_repeated(table: pl.DataFrame, key: pl.Series, seconds: float) -> pl.Series:
    """Return which listens are kept: of a chain of them, each that begins ``seconds`` or more after the last kept.

    Listens of unknown time, and sources of counts, repeat nothing.

    Parameters
    ----------
    table : ``time``, ``count``; key : what is the same for listens of one user and song, by row
    """
    timed = table.select(pl.int_range(pl.len()).alias("row"), key.alias(_KEY), "time", pl.col("count") == 1)
    timed = timed.filter(pl.col("time").is_not_null() & pl.col("count")).sort(_KEY, "time", maintain_order=True)
    row, key, time = (timed[name].to_numpy() for name in ("row", _KEY, "time"))
    kept = np.ones(table.height, dtype=bool)
    near = np.flatnonzero((key[1:] == key[:-1]) & (np.diff(time) < seconds)) + 1
    last = begin = -1  # the place of the last listen kept, and of the last listen looked at
    for place in near:
        if place - 1 != begin:
            last = place - 1
        begin = place
        if time[place] - time[last] < seconds:
            kept[row[place]] = False
        else:
            last = place
    return pl.Series(kept)


class _Parts:
    """Listens on disk, all of one user and song in one part."""

    def __enter__(self) -> "_Parts":
        self._stack = ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="coldwave-listens-")))
        self._writers: dict[int, pa.RecordBatchStreamWriter] = {}
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, table: pl.DataFrame) -> None:
        for (part,), rows in table.group_by(pl.col(_KEY) % PARTS, maintain_order=True):
            arrow = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
            if part not in self._writers:
                file = self._stack.enter_context(pa.OSFile(str(self._folder / str(part)), "wb"))
                options = pa.ipc.IpcWriteOptions(compression="zstd")
                writer = pa.ipc.new_stream(file, arrow.schema, options=options)
                self._writers[part] = self._stack.enter_context(writer)
            self._writers[part].write_table(arrow)

    def read(self) -> Iterator[pl.DataFrame]:
        for part, writer in sorted(self._writers.items()):
            writer.close()
            path = self._folder / str(part)
            with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as stream:
                table = pl.from_arrow(stream.read_all(), rechunk=True)
            path.unlink()
            yield table
