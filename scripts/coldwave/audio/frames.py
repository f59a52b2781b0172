"""Read songs' log-mels from the memory-mapped shards."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import read_array


class LogMels:
    """The log-mels of all songs, by song number.

    Made from the audio index (``coldwave.audio.index``) and the shards' NPY files, each named after its shard. A shard
    is mapped when one of its songs is first needed, and read as far as needed.

    Attributes
    ----------
    lengths : int64 [songs]
        Frames of each song, 0 for one without usable audio.
    usable : int64 [songs with frames]
        The songs that have frames, in order.
    """

    def __init__(self, index: pl.DataFrame, shards: Iterable[Path]) -> None:
        self._paths = {Path(path).stem: Path(path) for path in shards}
        if lacking := set(index["shard"].drop_nulls().unique()) - set(self._paths):
            raise ValueError(f"no log-mel file is given for shard {min(lacking)}")
        self._shard = index["shard"].to_list()
        self._start = index["start"].to_numpy().astype(np.int64)
        self.lengths = index["frames"].to_numpy().astype(np.int64)
        self.usable = np.flatnonzero(self.lengths > 0)
        ends = index.drop_nulls("shard").group_by("shard").agg((pl.col("start") + pl.col("frames")).max())
        self._ends = dict(ends.iter_rows())
        self._mapped: dict[str, np.ndarray] = {}

    def frames(self, song: int) -> np.ndarray:
        """Return a song's log-mels: float16 [frames, bands], a read-only view of the mapped shard.

        Raises ``ValueError`` for a song without usable audio.
        """
        if self.lengths[song] == 0:
            raise ValueError(f"song {song} has no usable audio")
        start = self._start[song]
        return self._array(self._shard[song])[start : start + self.lengths[song]]

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        """Return one window of each song (a song may be repeated): float16 [len(songs), length, bands].

        Window i holds the frames ``starts[i]`` to ``starts[i] + length - 1`` of song ``songs[i]``. Raises
        ``ValueError`` where a window does not lie within its song.
        """
        songs, starts = np.asarray(songs, np.int64), np.asarray(starts, np.int64)
        if songs.shape != starts.shape or songs.ndim != 1:
            raise ValueError(f"songs and starts have shapes {songs.shape} and {starts.shape}")
        outside = (starts < 0) | (starts + length > self.lengths[songs])
        if outside.any():
            i = int(np.argmax(outside))
            raise ValueError(
                f"a window of {length} frames from frame {starts[i]} on does not lie within song {songs[i]}, "
                f"which has {self.lengths[songs[i]]} frames"
            )
        if songs.size == 0:
            raise ValueError("no songs are named")
        begins = self._start[songs] + starts
        first = self._array(self._shard[songs[0]])
        windows = np.empty((len(songs), length, first.shape[1]), first.dtype)
        for i, (song, begin) in enumerate(zip(songs.tolist(), begins.tolist(), strict=True)):
            windows[i] = self._array(self._shard[song])[begin : begin + length]
        return windows

    def _array(self, shard: str) -> np.ndarray:
        array = self._mapped.get(shard)
        if array is None:
            path = self._paths[shard]
            array = read_array(path, memory_map=True)
            end = self._ends[shard]
            if array.dtype != np.float16 or array.ndim != 2 or len(array) < end:
                raise InputError(
                    f"{path}: {array.dtype} {list(array.shape)}, but the audio index expects float16 and {end:,} "
                    "frames; delete it and run again"
                )
            self._mapped[shard] = array
        return array
