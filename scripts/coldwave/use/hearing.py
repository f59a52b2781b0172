"""Hear one file as a run has heard its songs: decoded, and made features of, by the run's own settings."""

from pathlib import Path

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import read_array
from coldwave.use.files import RunFiles

BOW = "bow"


def hear(path: Path, files: RunFiles) -> np.ndarray:
    """Decode a file and compute its log-mels: float16 [frames, bands].

    Raises
    ------
    InputError
        It gives no usable audio.
    """
    from threadpoolctl import threadpool_limits

    from coldwave.audio.extraction import Settings, extract_song

    with threadpool_limits(1):  # as in the run, so that sums have the same order
        song = extract_song(str(path), None, Settings.of(files.config["audio"]), Path(), "")
    if song.log_mel is None:
        raise InputError(f"{path}: no usable audio: {song.status}: {song.detail}")
    return song.log_mel


def bag_of_words(log_mel: np.ndarray, files: RunFiles) -> np.ndarray:
    """Count the words of a song and project them, as the run has done: float32 [d]."""
    from coldwave.bow.codebook import count_shard
    from coldwave.bow.features import frequencies, project

    learnt = {name: read_array(files.path(f"bow/{name}.npy")) for name in
              ("codebook", "frame_scale", "pca_mean", "pca_components")}  # fmt: skip
    table = pl.DataFrame({"song_id": [""], "start": [0], "frames": [len(log_mel)]})
    coefficients = files.config["bow"]["coefficients"]
    counts = count_shard(log_mel, table, learnt["codebook"], learnt["frame_scale"], coefficients)
    matrix = frequencies(counts, table["song_id"], len(learnt["codebook"]))
    return project(matrix, learnt["pca_mean"], learnt["pca_components"])[0]


class Heard:
    """One file, heard as far as it is asked for.

    Raises
    ------
    InputError
        There is no such file.
    """

    def __init__(self, path: str | Path, files: RunFiles) -> None:
        self.path, self._files = Path(path), files
        if not self.path.is_file():
            raise InputError(f"{path}: there is no such file")
        self._log_mel: np.ndarray | None = None
        self._features: dict[str, np.ndarray] = {}

    @property
    def log_mel(self) -> np.ndarray:
        """Its log-mels: float16 [frames, bands]."""
        if self._log_mel is None:
            self._log_mel = hear(self.path, self._files)
        return self._log_mel

    def features(self, name: str) -> np.ndarray:
        """Its features, float32 [d], by the name that models give them.

        Raises
        ------
        InputError
            They are embeddings that the run was given in a table: nothing here can make them of a file.
        """
        if name != BOW:
            raise InputError(f"{self.path}: the run was given the embedding {name!r} in a table, and a file has none")
        if name not in self._features:
            self._features[name] = bag_of_words(self.log_mel, self._files)
        return self._features[name]
