"""The log-mels of a song of a run: those that the run has kept, or its file's, decoded again."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import expecting_table
from coldwave.use.files import RunFiles
from coldwave.use.hearing import hear

INDEX = "audio/index.parquet"


class Part(NamedTuple):
    """The part of a song that is heard.

    Attributes
    ----------
    log_mel : float16 [frames, bands]
    begin : where it begins in the file, in seconds
    notes : what is to be said of it, in sentences
    """

    log_mel: np.ndarray
    begin: float
    notes: tuple[str, ...] = ()


def frame_seconds(files: RunFiles) -> float:
    """Return the seconds from one frame to the next."""
    return files.config["audio"]["hop"] / files.config["audio"]["sample_rate"]


def part_of(files: RunFiles, song: int) -> Part:
    """Find the part of a song that the run hears.

    Raises
    ------
    InputError
        It has no usable audio, or the run keeps no log-mels and the song's file is not there.
    """
    path = files.songs["audio"][song]
    file = None if path is None else files.root / path
    log_mel = _kept(files, song)
    if log_mel is None:
        if file is None or not file.is_file():
            where = "the songs table names no file of the song" if path is None else f"{path} is not there"
            raise InputError(f"the run has kept no log-mels, and {where}")
        log_mel = hear(file, files)
    if files.config["audio"].get("source") == "mel":
        return Part(log_mel, 0.0, ("Seconds are those of its mel-spectrogram, from where the run begins to hear it.",))
    begin = _begin(files.config["audio"], len(log_mel) * frame_seconds(files), file)
    if begin is None:
        return Part(log_mel, 0.0, ("Its file is not there: seconds are from where the run began to hear it.",))
    return Part(log_mel, begin)


def _kept(files: RunFiles, song: int) -> np.ndarray | None:
    if not files.has(INDEX):
        return None
    with expecting_table(path := files.path(INDEX)):
        row = pl.scan_parquet(path, glob=False).filter(song=song).collect().row(0, named=True)
    if row["status"] != "ok":
        raise InputError(f"the song has no usable audio: {row['status']}: {row['detail']}")
    shard = f"audio/log_mel/{row['shard']}.npy"
    return files.array(shard)[row["start"] : row["start"] + row["frames"]] if files.has(shard) else None


def _begin(audio: dict, heard: float, file: Path | None) -> float | None:
    """Return where the part heard begins, in seconds; None if it is the middle of a file that is not there."""
    wanted, offset = audio["duration"], audio["offset"]
    if offset != "middle":
        return float(offset)
    if wanted is None or heard < wanted - 1:  # all of the file
        return 0.0
    if file is None or not file.is_file():
        return None
    from coldwave.plays.audio_folder import read_tags

    length = read_tags(file).seconds
    return None if length is None else max(0.0, (length - wanted) / 2)
