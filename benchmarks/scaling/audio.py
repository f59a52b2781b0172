"""Log-mels, audio files and their tables, made up for measurements of growth."""

from pathlib import Path

import numpy as np
import polars as pl
import soundfile
from scaling.files import Files

from coldwave.audio.extraction import TABLE
from coldwave.audio.index import INDEX
from coldwave.audio.manifests import MANIFEST
from coldwave.files import write_table

BANDS, RATE = 128, 44_100


def log_mels(files: Files) -> tuple[list[Path], list[Path]]:
    """Make log-mel shards of all songs, and their tables."""
    frames, arrays, tables = files.size.frames, [], []
    block = np.random.default_rng(0).normal(-4, 2, (4 * frames, BANDS)).astype(np.float16)
    for shard, songs in enumerate(np.array_split(np.arange(files.songs_number), files.size.shards)):
        name = f"{shard:03}"
        shape = (len(songs) * frames, BANDS)
        arrays.append(files.array(f"log_mel/{name}.npy", lambda shape=shape: np.resize(block, shape)))
        rows = pl.DataFrame({"song_id": files.song_ids.gather(songs)}).with_columns(
            start=pl.int_range(len(songs)) * frames,
            frames=pl.lit(frames),
            seconds=pl.lit(30.0),
            status=pl.lit("ok"),
            detail=pl.lit(""),
        )
        write_table(table := arrays[-1].with_suffix(".parquet"), rows.cast(TABLE), TABLE)
        tables.append(table)
    return arrays, tables


def index(files: Files, tables: list[Path]) -> Path:
    """Make the index of log-mels."""
    rows = pl.concat([pl.read_parquet(path).with_columns(shard=pl.lit(path.stem)) for path in tables])
    rows = rows.with_row_index("song").select(*INDEX).cast(INDEX)
    write_table(path := files.folder / "index.parquet", rows, INDEX)
    return path


def manifest(files: Files, seconds: float) -> Path:
    """Make MP3 files, each a chord with noise, and the manifest of a shard that holds all songs."""
    rng, folder = np.random.default_rng(0), files.folder / "audio"
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330)) / 6
    soundfile.write(first := folder / "first.mp3", chord + 0.05 * rng.standard_normal(len(time)), RATE)
    rows, content = [], first.read_bytes()
    for number, song_id in enumerate(files.song_ids):
        path = folder / f"{song_id}.mp3"
        path.write_bytes(content)  # the same each time: the cache goes by the digest that the manifest states
        rows.append((song_id, str(path), f"{number:064x}"))
    write_table(path := files.folder / "000.parquet", pl.DataFrame(rows, MANIFEST, orient="row"), MANIFEST)
    return path
