"""Hear songs as a run has heard its own: decoded, and made features of, by the run's own settings."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from coldwave.encoders.tags import ordered, parted, tag_names
from coldwave.errors import InputError
from coldwave.use.files import RunFiles
from coldwave.use.kinds import BOW

if TYPE_CHECKING:
    from coldwave.audio.extraction import Extractor
    from coldwave.encoders.encoding import Encoding

NAMED = {"song_id": pl.String, "artist": pl.String, "album": pl.String, "date": pl.String}


class Heard:
    """Songs that a run need not know, each heard as far as it is asked for. A file is one of them: `HeardFile`.

    As a source of windows it is ``coldwave.models.cnn.windows.WindowSource``.

    Attributes
    ----------
    files : of the run
    songs : table ``NAMED``, the songs' names and dates
    log_mels : of each song, float16 [frames, bands], or None without usable audio
    threads : for networks; None takes what PyTorch takes
    predicted : what models have predicted of the songs so far (``coldwave.use.predicting``)
    """

    def __init__(
        self,
        files: RunFiles,
        songs: pl.DataFrame,
        log_mels: Sequence[np.ndarray | None],
        features: Mapping[str, np.ndarray] | None = None,
        threads: int | None = None,
    ) -> None:
        """``features``: float32 [songs, d] by name, NaN rows for songs without, that came in tables."""
        self.files, self.songs, self.log_mels, self.threads = files, songs, log_mels, threads
        self._features = dict(features or {})
        self.predicted: dict[tuple[str, int], np.ndarray] = {}

    @cached_property
    def lengths(self) -> np.ndarray:
        """Frames of each song: int64 [songs], 0 without usable audio."""
        return np.array([0 if one is None else len(one) for one in self.log_mels], dtype=np.int64)

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        """Windows of ``length`` frames of ``songs`` from ``starts``: float16 [windows, length, bands]."""
        places = zip(songs.tolist(), starts.tolist(), strict=True)
        return np.stack([self.log_mels[song][start : start + length] for song, start in places])

    def features(self, name: str) -> np.ndarray:
        """Features of the songs, float32 [songs, d], NaN rows for songs without, by the name that models give them.

        Raises
        ------
        InputError
            They are embeddings that the run was given in a table, and of these songs none were given.
        """
        if name not in self._features:
            if name in self.files.config.get("encoders", {}):
                self._features[name] = self._encoded(name)
                return self._features[name]
            if name != BOW:
                raise InputError(
                    f"{self.named}: the run was given the embedding {name!r} in a table, and a file has none"
                )
            self._features[name] = bags_of_words(self.log_mels, self.files)
        return self._features[name]

    def _encoded(self, name: str) -> np.ndarray:
        raise ValueError(f"new songs are encoded by {name} before they are heard otherwise")

    @property
    def named(self) -> str:
        """What an error calls the songs."""
        return "new songs"


class HeardFile(Heard):
    """One file, decoded when that is needed.

    Raises
    ------
    InputError
        There is no such file; or, when it is decoded, it gives no usable audio.
    """

    def __init__(self, path: str | Path, files: RunFiles) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"{path}: there is no such file")
        self.files, self.threads = files, None
        self._features, self._tags, self.predicted = {}, {}, {}

    @cached_property
    def songs(self) -> pl.DataFrame:
        """Its names and date, as its tags say them."""
        from coldwave.plays.audio_folder import read_tags

        tags = read_tags(self.path)
        return pl.DataFrame([(str(self.path), tags.artist, tags.album, tags.date)], schema=NAMED, orient="row")

    @cached_property
    def log_mels(self) -> list[np.ndarray]:
        """Its log-mels, of one song."""
        return [hear(self.path, self.files)]

    def _encoded(self, name: str) -> np.ndarray:
        vectors, self._tags[name] = encode(self.path, self.files, name)
        return scaled_encodings(vectors, self.files, name)

    def tags(self, name: str) -> dict[str, float]:
        """Map the tags that an encoder of the run gives to how much they fit the file, best first; none without."""
        self.features(name)
        return ordered(tag_names(self.files.config["encoders"][name]["network"]), self._tags[name][0])

    @property
    def named(self) -> str:
        """The file's path."""
        return str(self.path)


def hear(path: Path, files: RunFiles) -> np.ndarray:
    """Make log-mels of a file as the run has made those of its songs: float16 [frames, bands].

    Raises
    ------
    InputError
        It gives no usable audio.
    """
    from coldwave.audio.extraction import log_mels_of

    return _extracted(path, log_mels_of(files.config["audio"]))


def encode(path: Path, files: RunFiles, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Decode a file and encode it as the run's encoder ``name`` has encoded its songs: float32 [1, d] and [1, tags].

    Raises
    ------
    InputError
        It gives no usable audio, or the encoder is not there.
    """
    encoding = encoding_of(files, name)
    return parted(_extracted(path, encoding), encoding.network)


def _extracted(path: Path, extractor: "Extractor") -> np.ndarray:
    from threadpoolctl import threadpool_limits

    from coldwave.audio.extraction import extract_song

    with threadpool_limits(1):  # as in the run, so that sums have the same order
        song = extract_song(str(path), None, extractor, Path(), "")
    if song.rows is None:
        raise InputError(f"{path}: no usable audio: {song.status}: {song.detail}")
    return song.rows


def encoding_of(files: RunFiles, name: str) -> "Encoding":
    """Prepare an encoder of a run, to hear other songs with.

    Raises
    ------
    InputError
        It is not there, or is not the model that the run has heard its songs with.
    """
    from coldwave.encoders.encoding import prepare

    entry = files.config["encoders"][name]
    path = files.root / entry["path"] if entry["path"] else None
    used = {key: value for key, value in entry.items() if key not in ("licence", "path", "standardize")}
    found = prepare(used, files.config["audio"], path, f"encoders.{name}")
    recorded = files.inputs.get(f"encoders.{name}.path")
    if found.network == "onnx" and recorded not in (None, found.digest):
        raise InputError(f"{path}: not the model that the run has heard its songs with: run `snakemake` with it first")
    return found


def scaled_encodings(vectors: np.ndarray, files: RunFiles, name: str) -> np.ndarray:
    """Make features of encoders' vectors, as the run has done: float32 [songs, d]."""
    from coldwave.embeddings.scaling import scaled

    return scaled(vectors, **files.scaling_of(name))


def bags_of_words(log_mels: Sequence[np.ndarray | None], files: RunFiles) -> np.ndarray:
    """Count the words of songs and project them, as the run has done: float32 [songs, d], NaN rows without audio."""
    from coldwave.bow.codebook import count_shard
    from coldwave.bow.features import frequencies, project

    learnt = files.bag_of_words()
    heard = [one for one in log_mels if one is not None]
    frames = np.array([0 if one is None else len(one) for one in log_mels], dtype=np.int64)
    ids = [str(song) for song in range(len(frames))]
    table = pl.DataFrame({"song_id": ids, "start": np.cumsum(frames) - frames, "frames": frames})
    stacked = np.concatenate(heard) if heard else np.zeros((0, 1), dtype=np.float16)
    coefficients = files.config["bow"]["coefficients"]
    counts = count_shard(stacked, table, learnt["codebook"], learnt["frame_scale"], coefficients)
    matrix = frequencies(counts, table["song_id"], len(learnt["codebook"]))
    return project(matrix, learnt["pca_mean"], learnt["pca_components"])
