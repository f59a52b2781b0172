"""Short excerpts of songs, as MP3, from the middle of what the run hears of them."""

import io
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import soundfile
from pebble import ProcessPool

from coldwave.audio.cache import extraction_key
from coldwave.audio.extraction import Extracted, extract_songs
from coldwave.split.groups import hash_fractions

log = logging.getLogger(__name__)

EXCERPTS = {
    "song": pl.UInt32,
    "status": pl.String,  # ok, no_room, or why there is no usable audio (coldwave.audio.status)
    "start": pl.Float32,  # seconds from where the run begins to hear the song; null without an excerpt, as the others
    "seconds": pl.Float32,
    "mp3": pl.Binary,
}
NO_ROOM = "no_room"  # it would take the page beyond the size that it may have

SAMPLE_RATE = 24_000  # Hz
# Of libsndfile: for MPEG-2 at a constant rate, 0 is 160 and 1 is 8 kbit/s. This is 48.
COMPRESSION = (160 - 48) / (160 - 8)
FADE = 0.05  # seconds
MEGABYTE = 1_000_000  # bytes


@dataclass(frozen=True)
class Cut:
    """How excerpts are cut: an `Extractor` whose rows are the bytes of an MP3 file."""

    excerpt: float  # seconds
    duration: float | None
    offset: float | str
    min_seconds: float
    timeout: float | None

    sample_rate: ClassVar[int] = SAMPLE_RATE
    name: ClassVar[str] = "excerpts"
    words: ClassVar[str] = "excerpts"
    dtype: ClassVar[type] = np.uint8
    width: ClassVar[int] = 1

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Cut":
        """Pick the settings out of a rule's options: those of the run's audio, and ``seconds`` of an excerpt."""
        audio = {name: options["audio"][name] for name in ("duration", "offset", "min_seconds", "timeout")}
        return cls(excerpt=options["seconds"], **audio)

    def key(self) -> str:
        """Return the cache's key."""
        settings = {name: value for name, value in asdict(self).items() if name not in ("min_seconds", "timeout")}
        return extraction_key(settings | {"sample_rate": SAMPLE_RATE, "compression": COMPRESSION, "fade": FADE})

    def rows(self, audio: np.ndarray) -> np.ndarray:
        """Make the bytes, uint8 [n, 1]."""
        return np.frombuffer(mp3(middle(audio, round(self.excerpt * SAMPLE_RATE))), dtype=np.uint8)[:, None]


def middle(audio: np.ndarray, samples: int) -> np.ndarray:
    """Take the middle of a signal, float32 [n], and fade it in and out; all of a shorter one."""
    start = max(0, (len(audio) - samples) // 2)
    part = audio[start : start + samples].astype(np.float32)
    fade = min(round(FADE * SAMPLE_RATE), len(part) // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    part[:fade] *= ramp
    part[len(part) - fade :] *= ramp[::-1]
    return part


def mp3(signal: np.ndarray) -> bytes:
    """Write a signal, float32 [n] at ``SAMPLE_RATE``, as MP3. A signal that is too loud is made softer, not cut off."""
    file, loudest = io.BytesIO(), float(np.abs(signal).max(initial=0))
    how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": COMPRESSION}
    soundfile.write(file, signal / max(1.0, loudest), SAMPLE_RATE, **how)
    return file.getvalue()


def size_in_page(mp3: bytes) -> int:
    """Bytes that an excerpt takes in a page, as base64."""
    return 4 * -(-len(mp3) // 3)


def wanted(
    played: pl.DataFrame, recommended: pl.DataFrame, similar: pl.DataFrame, mapped: Sequence[int], most: int, salt: str
) -> list[int]:
    """List the songs that are to have an excerpt, at most so many: those of the lists first, then others of the map.

    The lists are taken in turn, the best of each first, so that none goes without; songs of the map by a hash.

    Parameters
    ----------
    played, recommended, similar : the tables of ``coldwave.examples.tables``
    mapped : songs of the map
    """
    ranked = [played.select("rank", "song"), recommended.select("rank", "song")]
    ranked += [similar.select("rank", song="other"), similar.select(pl.lit(0, pl.UInt32).alias("rank"), "song")]
    listed = pl.concat(ranked).sort("rank", maintain_order=True)["song"].to_list()
    others = np.asarray(mapped, dtype=np.int64)
    others = others[np.argsort(hash_fractions([str(song) for song in others], salt), kind="stable")] if most else others
    return list(islice(dict.fromkeys([*listed, *others.tolist()]), most))


def excerpts(
    songs: pl.DataFrame, wanted: Sequence[int], cut: Cut, most: float, cache: Path, pool: ProcessPool, threads: int
) -> pl.DataFrame:
    """Cut excerpts (table ``EXCERPTS``) of the songs that name a file, until they would take more than a page may.

    Parameters
    ----------
    songs : table ``song``, ``audio``, ``digest`` (of the file's content), of songs with a file
    most : MB that they may take in a page
    """
    order = pl.DataFrame({"song": list(wanted)}, schema={"song": pl.UInt32})
    manifest = order.join(songs, on="song", maintain_order="left")
    found = extract_songs(manifest, cut, cache, pool, threads)
    table = pl.DataFrame(_within(zip(manifest["song"], found, strict=True), cut, most), schema=EXCERPTS, orient="row")
    for song, status in table.filter(pl.col("mp3").is_null()).select("song", "status").rows():
        log.warning("song %s has no excerpt: %s", song, status)
    return table


def _within(found: Iterable[tuple[int, Extracted]], cut: Cut, most: float) -> Iterator[tuple]:
    taken, full = 0, False
    for song, one in found:
        if one.rows is None:
            yield song, one.status, None, None, None
            continue
        data = one.rows.tobytes()
        taken += size_in_page(data)
        full = full or taken > most * MEGABYTE
        if full:
            yield song, NO_ROOM, None, None, None
        else:
            seconds = min(cut.excerpt, one.seconds)
            yield song, "ok", (one.seconds - seconds) / 2, seconds, data
