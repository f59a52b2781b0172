"""Extract log-mels or the like of one shard, in worker processes.

A file that hangs or kills the decoder loses one song.
"""

import logging
import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import TimeoutError as TimeLimit
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import polars as pl
from pebble import ProcessExpired, ProcessPool
from threadpoolctl import threadpool_limits

from coldwave.audio.cache import entry_path, extraction_key, load_entry, numbers_of, save_entry
from coldwave.audio.decode import decode
from coldwave.audio.file_check import check_file
from coldwave.audio.log_mel import log_mel, stored
from coldwave.audio.mel_files import LogMels, Mels
from coldwave.audio.signal_check import check_length
from coldwave.audio.status import AudioError
from coldwave.digest import digest_file
from coldwave.errors import InputError
from coldwave.files import replacing, write_header
from coldwave.progress import track

log = logging.getLogger(__name__)

TABLE = {
    "song_id": pl.String,
    "start": pl.Int64,
    "frames": pl.Int32,
    "seconds": pl.Float32,
    "status": pl.String,
    "detail": pl.String,
}

# Songs scheduled before the first of them is written. They wait in memory, 0.3 MB each at 30 s.
AHEAD = 16

# ffmpeg gets less time than the worker that waits for it, so that the worker ends it and leaves no orphan.
FFMPEG_SHARE = 0.9

FAILURES_NAMED = 5


class Extractor(Protocol):
    """What is made of the audio of a song: rows of numbers. It is sent to the workers, so it holds settings alone."""

    sample_rate: int
    duration: float | None
    offset: float | str
    min_seconds: float
    timeout: float | None
    name: ClassVar[str]  # of its folder in the cache
    words: ClassVar[str]  # of what it makes, in messages
    dtype: ClassVar[type]  # of the rows
    width: int  # numbers in a row

    def key(self) -> str:
        """Digest of all that changes the numbers, but the file itself."""

    def rows(self, audio: np.ndarray) -> np.ndarray:
        """Make [rows, width] of float32 [samples]."""


@dataclass(frozen=True)
class Settings(LogMels):
    """The settings of the config's audio section that a log-mel of audio depends on."""

    window: int

    def key(self) -> str:
        """Return the cache's key."""
        return extraction_key(numbers_of(self))

    def rows(self, audio: np.ndarray) -> np.ndarray:
        """Make the log-mels as they are stored, float16 [frames, bands]."""
        return stored(log_mel(audio, self.sample_rate, self.window, self.hop, self.mel_bands))


def log_mels_of(options: Mapping[str, Any]) -> Settings | Mels:
    """Pick how songs' log-mels are made: of audio, or of mel-spectrograms that others have made (``source``)."""
    return Mels.of(options) if options.get("source") == "mel" else Settings.of(options)


class Extracted(NamedTuple):
    """One song: the rows made of it (log-mels: a row for each frame) and its seconds, or why there are none."""

    rows: np.ndarray | None
    seconds: float
    status: str
    detail: str
    from_cache: bool = False
    cache_error: str = ""


def failed(status: str, detail: str) -> Extracted:
    """Return the result of a song without usable audio."""
    return Extracted(None, 0.0, status, detail)


def extract_song(path: str, digest: str | None, settings: Extractor | Mels, cache: Path, key: str) -> Extracted:
    """Extract one song, or take it from the cache. Never raises an Exception."""
    try:
        if isinstance(settings, Mels):
            return Extracted(*settings.read(path), "ok", "")
        check_file(path)
        entry = entry_path(cache, settings.name, digest, key) if digest else None
        kept = load_entry(entry, settings.width, settings.dtype) if entry else None
        if kept:
            check_length(round(kept[1] * settings.sample_rate), settings.sample_rate, settings.min_seconds)
            return Extracted(*kept, "ok", "", from_cache=True)
        audio = decode(
            path,
            sample_rate=settings.sample_rate,
            offset=settings.offset,
            duration=settings.duration,
            min_seconds=settings.min_seconds,
            timeout=settings.timeout and settings.timeout * FFMPEG_SHARE,
        )
        rows = settings.rows(audio)
        if not np.isfinite(rows).all():
            raise AudioError("not_finite", f"its samples are too large for {settings.words}")
        seconds = len(audio) / settings.sample_rate
        return Extracted(rows, seconds, "ok", "", cache_error=_keep(path, digest, entry, rows, seconds))
    except AudioError as error:
        return failed(error.status, error.detail)
    except Exception as error:
        return failed("crashed", f"{type(error).__name__}: {error}")


def _keep(path: str, digest: str | None, entry: Path | None, rows: np.ndarray, seconds: float) -> str:
    """Keep a song's rows for later runs. Returns any error as text, as the song itself is fine."""
    try:
        # A file replaced since its manifest was written must not be kept under its old digest.
        if entry and digest_file(path) == digest:
            save_entry(entry, rows, seconds)
    except (OSError, InputError) as error:
        return str(error)
    return ""


@contextmanager
def worker_pool(threads: int) -> Iterator[ProcessPool]:
    """Start worker processes. Enter this before other threads run.

    Workers are forked, as a spawned one would run Snakemake's script again. One that dies is replaced. Each has one
    thread on every machine, so that the order of sums, and the bytes, are the same.
    """
    pool = ProcessPool(max(1, threads), context=multiprocessing.get_context("fork"), initializer=_start_worker)
    try:
        pool.schedule(os.getpid).result()
        yield pool
    finally:
        pool.stop()
        pool.join()


def _start_worker() -> None:
    threadpool_limits(1)
    # Decoders write their complaints about damaged files to the screen, without saying which file.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def extract_shard(
    manifest: pl.DataFrame, path: Path, settings: Extractor | Mels, cache: Path, pool: ProcessPool, threads: int
) -> pl.DataFrame:
    """Write the rows of a manifest's songs, one after the other, and give the shard's table (``TABLE``).

    The file is [rows of the shard, width], for log-mels float16 [frames, bands]; a song has ``frames`` rows from
    ``start`` on, none where its status is not ok. Songs and bytes are in the manifest's order, whatever the number of
    threads.
    """
    rows = []
    from_cache, cache_error = 0, ""
    with replacing(path) as temporary, temporary.open("wb") as file:
        start = 0
        write_header(file, (0, settings.width), np.dtype(settings.dtype))
        songs = extract_songs(manifest, settings, cache, pool, threads)
        for song_id, song in zip(manifest["song_id"], track(songs, settings.words, len(manifest)), strict=True):
            frames = 0 if song.rows is None else len(song.rows)
            if frames:
                file.write(song.rows.tobytes())
            rows.append((song_id, start, frames, song.seconds, song.status, song.detail))
            start += frames
            from_cache += song.from_cache
            cache_error = cache_error or song.cache_error
        file.seek(0)
        write_header(file, (start, settings.width), np.dtype(settings.dtype))
    table = pl.DataFrame(rows, schema=TABLE, orient="row")
    _log_counts(table, from_cache, cache_error)
    return table


def extract_songs(
    manifest: pl.DataFrame, settings: Extractor | Mels, cache: Path, pool: ProcessPool, threads: int
) -> Iterator[Extracted]:
    """Yield the songs of a manifest (``audio``, ``digest``) in order, with few of them in progress or waiting."""
    key, ahead = settings.key(), max(1, threads) * AHEAD
    waiting: deque = deque()
    for path, digest in manifest.select("audio", "digest").iter_rows():
        task = (path, digest, settings, cache, key)
        waiting.append(pool.schedule(extract_song, args=task, timeout=settings.timeout))
        if len(waiting) >= ahead:
            yield _result(waiting.popleft(), settings)
    while waiting:
        yield _result(waiting.popleft(), settings)


def _result(future: Any, settings: Extractor | Mels) -> Extracted:
    try:
        return future.result()
    except TimeLimit:
        return failed("too_slow", f"not decoded within {settings.timeout:g} s")
    except ProcessExpired as error:
        return failed("crashed", f"the decoder's process died ({_cause(error.exitcode)})")


def _cause(exitcode: int | None) -> str:
    try:
        return signal.Signals(-exitcode).name if exitcode and exitcode < 0 else f"exit code {exitcode}"
    except ValueError:
        return f"signal {-exitcode}"


def _log_counts(table: pl.DataFrame, from_cache: int, cache_error: str) -> None:
    counts = Counter(table["status"])
    log.info(
        "songs: %s (%s from the cache)%s",
        f"{table.height:,}",
        f"{from_cache:,}",
        "".join(f", {count:,} {status}" for status, count in counts.most_common()),
    )
    bad = table.filter(pl.col("status") != "ok")
    for song_id, status, detail in bad.select("song_id", "status", "detail").head(FAILURES_NAMED).iter_rows():
        log.warning("%s: %s: %s", song_id, status, detail)
    if bad.height > FAILURES_NAMED:
        log.warning("and %s more without usable audio: see the shard's table", f"{bad.height - FAILURES_NAMED:,}")
    if cache_error:
        log.warning("the cache cannot be written: %s", cache_error)
