"""Which songs have an excerpt in the report, and how many there is room for."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from pebble import ProcessPool

from coldwave.audio.extraction import Extracted, extract_songs
from coldwave.examples.cutting import Cut
from coldwave.examples.tables import EXCERPTS, NO_ROOM
from coldwave.split.groups import hash_fractions

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000  # bytes


def size_in_page(mp3: bytes) -> int:
    """Bytes that an excerpt takes in a page, as base64."""
    return 4 * -(-len(mp3) // 3)


def wanted(
    played: pl.DataFrame, recommended: pl.DataFrame, similar: pl.DataFrame, mapped: Sequence[int], salt: str
) -> list[int]:
    """List songs in the order in which they get an excerpt: those of the lists, then the others of the map.

    The lists are taken in turn, the best of each first, so that none goes without; songs of the map by a hash.

    Parameters
    ----------
    played, recommended, similar : the tables of ``coldwave.examples.tables``
    mapped : songs of the map
    """
    ranked = [similar.select(pl.lit(0, pl.UInt32).alias("rank"), "song"), similar.select("rank", song="other")]
    ranked += [recommended.select("rank", "song"), played.select("rank", "song")]
    listed = pl.concat(ranked).sort("rank", maintain_order=True)["song"].to_list()
    fractions = hash_fractions([str(song) for song in mapped], salt)
    others = np.asarray(mapped, dtype=np.int64)[np.argsort(fractions, kind="stable")]
    return list(dict.fromkeys([*listed, *others.tolist()]))


def cut_songs(
    wanted: pl.DataFrame, cut: Cut, megabytes: float, cache: Path, pool: ProcessPool, threads: int
) -> pl.DataFrame:
    """Cut excerpts of songs, in order, until they would take more than a page may: table ``EXCERPTS``.

    Parameters
    ----------
    wanted : table ``song``, ``audio``, ``digest`` (of the file's content)
    megabytes : that they may take in a page
    """
    found = extract_songs(wanted, cut, cache, pool, threads)
    rows = list(within_room(zip(wanted["song"], found, strict=True), cut, megabytes))
    table = pl.DataFrame(rows, schema=EXCERPTS, orient="row")
    for song, status in table.filter(pl.col("mp3").is_null()).select("song", "status").rows():
        log.warning("song %s has no excerpt: %s", song, status)
    return table


def within_room(found: Iterable[tuple[int, Extracted]], cut: Cut, megabytes: float) -> Iterator[tuple]:
    """Yield rows of ``EXCERPTS``: songs with an excerpt until there is no more room, and why the others have none."""
    taken, full = 0, False
    for song, one in found:
        if one.rows is None:
            yield song, one.status, None, None, None
            continue
        data = one.rows.tobytes()
        taken += size_in_page(data)
        full = full or taken > megabytes * MEGABYTE
        if full:
            yield song, NO_ROOM, None, None, None
        else:
            seconds = min(cut.excerpt, one.seconds)
            yield song, "ok", (one.seconds - seconds) / 2, seconds, data
