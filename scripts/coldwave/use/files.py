"""The files of a finished run, each read when it is first needed: arrays mapped, tables scanned."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import expecting_table, read_array, read_table
from coldwave.provenance.comparison import RECORD, read_record
from coldwave.split.parts import TEST, TRAIN, VALIDATION
from coldwave.wmf.chosen import read_chosen

NEEDED = ("plays/songs.parquet", "plays/users.parquet", "plays/plays.parquet", "split/split.parquet",
          "wmf/user_factors.npy", "wmf/song_factors.npy")  # fmt: skip
NAMES = ("song", "song_id", "title", "artist", "album", "date", "tags", "audio", "users")
RECORDING = "recording_mbid"  # a column that the songs of older runs lack


class RunFiles:
    """A run's folder, its config, and its tables and arrays.

    Raises
    ------
    InputError
        The folder holds no finished run, or lacks a file that every run has.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise InputError(f"{folder}: there is no such folder; name one of a finished run, such as results/demo")
        if not (self.folder / RECORD).is_file():
            raise InputError(
                f"{folder}: not a finished run (it has no {RECORD}, which a run writes when it ends): run `snakemake` "
                "with its config first"
            )
        record = read_record(self.folder / RECORD)
        self.config: dict[str, Any] = record["config"]
        self.outputs: dict[str, str] = record["outputs"]  # digests of the run's files, by path
        self.inputs: dict[str, str] = record.get("inputs", {})  # digests of what it read, by the setting or its name
        self.seeds: list[int] = record.get("seeds") or [self.config["seed"]]
        for path in NEEDED:
            self.path(path)

    def path(self, name: str) -> Path:
        """Return the path of a file of the run. Raises InputError if it is missing."""
        path = self.folder / name
        if not path.is_file():
            raise InputError(f"{path}: this file of the run is missing; run `snakemake` with the run's config again")
        return path

    @property
    def root(self) -> Path:
        """The folder that ``results`` is in: relative paths of the run's config and audio start there."""
        return self.folder.absolute().parents[1]

    def has(self, name: str) -> bool:
        """Whether the run has a file."""
        return (self.folder / name).is_file()

    def array(self, name: str) -> np.ndarray:
        """Map an array of the run."""
        return read_array(self.path(name), memory_map=True)

    def bag_of_words(self) -> dict[str, np.ndarray]:
        """Read what the bag of words has learnt: codebook, frame_scale, pca_mean and pca_components."""
        names = ("codebook", "frame_scale", "pca_mean", "pca_components")
        return {name: read_array(self.path(f"bow/{name}.npy")) for name in names}

    def columns_of(self, embedding: str) -> list[str]:
        """Read the names of the columns that an embedding was learnt from, in its order."""
        return read_table(self.path(f"embeddings/{embedding}.columns.parquet"))["column"].to_list()

    def scaling_of(self, embedding: str) -> dict[str, np.ndarray]:
        """Read the mean and the scale, float64 [d], by which an embedding or an encoder's vectors became features."""
        return {name: read_array(self.path(f"embeddings/{embedding}.{name}.npy")) for name in ("mean", "scale")}

    @cached_property
    def songs(self) -> pl.DataFrame:
        """The songs, row n that of song n: the columns ``NAMES`` and ``RECORDING``."""
        path = self.path("plays/songs.parquet")
        with expecting_table(path):
            known = RECORDING in pl.read_parquet_schema(path)
        songs = read_table(path, [*NAMES, RECORDING] if known else NAMES).rechunk()  # or a few rows take milliseconds
        return songs if known else songs.with_columns(pl.lit(None, pl.String).alias(RECORDING))

    @cached_property
    def song_numbers(self) -> dict[str, int]:
        """From each song's id to its number."""
        return dict(zip(self.songs["song_id"], range(self.songs.height), strict=True))

    @property
    def users(self) -> int:
        """The number of users."""
        return len(self._user_ids)

    @cached_property
    def _user_ids(self) -> pl.Series:
        """The users' ids, row n that of user n."""
        return read_table(self.path("plays/users.parquet"), ["user_id"])["user_id"].rechunk()

    def user(self, user_id: str) -> int:
        """Find a user's number. Raises InputError if the run has no such user."""
        found = self._user_ids.index_of(user_id)
        if found is None:
            raise InputError(
                f"{self.folder}: the run has no user {user_id!r}; plays/users.parquet lists its {self.users:,} users"
            )
        return found

    @property
    def only_user(self) -> str | None:
        """The id of the run's user, if there is just one."""
        return self._user_ids.item() if self.users == 1 else None

    @cached_property
    def busiest_user(self) -> str:
        """The id of the user who has played the most songs; of several, the first."""
        users = read_table(self.path("plays/users.parquet"), ["user_id", "songs"])
        return users["user_id"][users["songs"].arg_max()]

    def plays_of(self, user: int) -> pl.DataFrame:
        """Read all plays of a user: table ``song``, ``count``, ``learnt`` (whether the models may have seen the play).

        Where the run has cut plays that are too late to learn from, these are there as well.
        """
        learnt = self._plays_of(user, "plays/plays.parquet")
        if not self.has("plays/all_plays.parquet"):
            return learnt.with_columns(learnt=True)
        every = self._plays_of(user, "plays/all_plays.parquet")
        return every.with_columns(learnt=pl.col("song").is_in(learnt["song"].implode()))

    def _plays_of(self, user: int, name: str) -> pl.DataFrame:
        with expecting_table(path := self.path(name)):
            return pl.scan_parquet(path, glob=False).filter(user=user).select("song", "count").collect()

    @cached_property
    def training(self) -> np.ndarray:
        """The training songs: bool [songs]."""
        return (self._part == TRAIN).to_numpy()

    @cached_property
    def validation(self) -> np.ndarray:
        """The validation songs: bool [songs]."""
        return (self._part == VALIDATION).to_numpy()

    @cached_property
    def test(self) -> np.ndarray:
        """The test songs: bool [songs]."""
        return (self._part == TEST).to_numpy()

    @cached_property
    def _part(self) -> pl.Series:
        return read_table(self.path("split/split.parquet"), ["part"])["part"]

    @cached_property
    def fitted(self) -> np.ndarray:
        """The songs whose plays the users' factors are made of: bool [songs]."""
        return np.asarray(self.array("wmf/fitted_songs.npy"))

    @cached_property
    def wmf(self) -> dict[str, Any]:
        """The settings of the factorisation, those that the run has chosen for itself among them."""
        chosen = read_chosen(self.path("wmf/chosen.parquet") if self.has("wmf/chosen.parquet") else None)
        return {"unplayed_weight": 1.0, "frequency_scaling": 0.0} | self.config["wmf"] | chosen
