"""A run that is open and warm: what is told of its songs and users."""

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import read_table
from coldwave.serve.words import Hits, WordIndex
from coldwave.use.journeys import inverse_lengths, path
from coldwave.use.neighbours import SOUND, USAGE
from coldwave.use.run import Run

log = logging.getLogger(__name__)

SHOWN = ["song", "song_id", "title", "artist", "album", "tags", "plays", "audio"]
LOOKED_AT = 100  # songs, to tell whether their audio is there
KEPT = 512  # answers of each kind; the longest have 400 songs, of 1 KB each


class Missing(Exception):
    """The run has no such song or user; the message says so."""


def own_version() -> str:
    """Return Coldwave's version."""
    try:
        return version("coldwave")
    except PackageNotFoundError:
        return "not installed"


def audio_root_of(run: Run) -> Path:
    """Find the folder that the audio of a run's songs is below: of its config, or the one that results are in."""
    config, root = run.files.config, run.files.root
    songs = (config.get("plays") or {}).get("songs") or {}
    if songs.get("audio_root"):
        return root / songs["audio_root"]
    if songs.get("path") and not config.get("world"):
        path = root / songs["path"]
        return path if path.is_dir() else path.parent
    return run.files.folder.absolute() if config.get("world") else root


class Catalogue:
    """A run's songs and users, and answers about them, by number. Answers are kept, as a run does not change.

    Parameters
    ----------
    audio_root : folder that audio is played from; None takes that of the run
    """

    def __init__(self, run: Run, audio_root: Path | None = None) -> None:
        self.run = run.for_many()
        self._root = (audio_root or audio_root_of(run)).resolve()
        self._shown = read_table(run.files.path("plays/songs.parquet"), SHOWN).rechunk()
        self._users = read_table(run.files.path("plays/users.parquet"), ["user", "user_id", "songs", "plays"]).rechunk()
        names = [self._shown[name] for name in ("title", "artist", "album")]
        self._song_words = WordIndex(names, self._shown["plays"].to_numpy())
        self._user_words = WordIndex([self._users["user_id"]], self._users["plays"].to_numpy())
        self.user_numbers = dict(zip(self._users["user_id"], self._users["user"], strict=True))
        self.similar = lru_cache(KEPT)(self._similar)
        self.recommended = lru_cache(KEPT)(self._recommended)
        self.path = lru_cache(KEPT)(self._path)

    def warm(self) -> None:
        """Read and compute what all answers need, so that the first one is as fast as the others."""
        questions = [lambda: self.about, lambda: self.similar(0, 1), lambda: self.recommended(0, 1, "unheard", 3)]
        if self._shown.height > 1:
            questions.append(lambda: self.path(0, 1, 2))
        for ask in questions:
            try:
                ask()
            except (InputError, Missing) as error:
                log.info("%s", error)

    @cached_property
    def about(self) -> dict[str, Any]:
        """What the run is, and what it can do."""
        files = self.run.files
        model, notes = self.run.recommended_by
        some = np.linspace(0, self._shown.height - 1, min(LOOKED_AT, self._shown.height)).astype(int).tolist()
        return {
            "run": files.folder.resolve().name,
            "songs": self._shown.height,
            "users": self._users.height,
            "model": model,
            "notes": notes,
            "hears_files": self.run.hears_files,
            "plays_audio": any(self.audio(song) for song in some),
            "version": own_version(),
        }

    def find_songs(self, text: str, limit: int) -> tuple[list[dict[str, Any]], int]:
        """Find songs by words of title, artist and album, or by an id; and how many there are."""
        found, total = _found(text, limit, self.run.files.song_numbers, self._song_words)
        return self.songs(found.tolist()), total

    def find_users(self, text: str, limit: int) -> tuple[list[dict[str, Any]], int]:
        """Find users by words of their ids; and how many there are."""
        found, total = _found(text, limit, self.user_numbers, self._user_words)
        return self._users[found.tolist()].to_dicts(), total

    def songs(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Tell what is known of songs."""
        rows = self._shown[list(numbers)].to_dicts()
        return [row | {"playable": self._file(row.pop("audio")) is not None} for row in rows]

    def song(self, number: int) -> dict[str, Any]:
        """Tell what is known of a song. Raises Missing if there is none."""
        self.song_id(number)
        return self.songs([number])[0]

    def song_id(self, number: int) -> str:
        """Return a song's id. Raises Missing if there is none."""
        return _id(self._shown, "song", number)

    def user(self, number: int) -> dict[str, Any]:
        """Tell what is known of a user. Raises Missing if there is none."""
        self.user_id(number)
        return self._users.row(number, named=True)

    def user_id(self, number: int) -> str:
        """Return a user's id. Raises Missing if there is none."""
        return _id(self._users, "user", number)

    def audio(self, number: int) -> Path | None:
        """Find a song's file: one that the run's songs table names, that is there, and that stays below the root."""
        return self._file(self._shown["audio"][number])

    def _file(self, audio: str | None) -> Path | None:
        if audio is None:
            return None
        try:
            path = (self.run.files.root / audio).resolve()
            return path if path.is_relative_to(self._root) and path.is_file() else None
        except (OSError, RuntimeError, ValueError):  # a name that no file can have, links that lead in a circle
            return None

    def _similar(self, number: int, n: int) -> dict[str, list[dict[str, Any]]]:
        return self.neighbours(self.run.similar(self.song_id(number), n))

    def neighbours(self, table: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
        """Tell of nearest songs (``coldwave.use.neighbours.SIMILAR``), by sound and by usage."""
        return {by: self.joined(table.filter(by=by).select("song", "rank", "cosine", shared_tags="tags"))
                for by in (SOUND, USAGE)}  # fmt: skip

    def joined(self, table: pl.DataFrame) -> list[dict[str, Any]]:
        """Tell of the songs of a table, and what it says of each."""
        songs = self.songs(table["song"].to_list())
        return [song | row for song, row in zip(songs, table.to_dicts(), strict=True)]

    def _recommended(self, user: int, n: int, among: str, per_artist: int) -> dict[str, Any]:
        found = self.run.recommend(self.user_id(user), n=n, among=among, per_artist=per_artist or None)
        return {"model": found.model, "notes": found.notes, "songs": self.recommendations(found.table)}

    def recommendations(self, table: pl.DataFrame) -> list[dict[str, Any]]:
        """Tell of recommended songs (``coldwave.use.recommending.Recommended``)."""
        said = ["song", "rank", "score", "by", "because_id", "because_title", "because_artist", "because_plays", "why"]
        return self.joined(table.select(*said, shared_tags="tags"))

    def _path(self, start: int, end: int, n: int) -> list[dict[str, Any]]:
        self.song_id(start), self.song_id(end)
        return self.songs(path(start, end, self.run.sound_vectors(), n, inverse=self._inverse).tolist())

    @cached_property
    def _inverse(self) -> np.ndarray:
        return inverse_lengths(self.run.sound_vectors())


def _found(text: str, limit: int, numbers: Mapping[str, int], words: WordIndex) -> Hits:
    """Find what has an id, or else what has the words."""
    number = numbers.get(text.strip())
    return Hits(np.array([number]), 1) if number is not None else words.find(text, limit)


def _id(table: pl.DataFrame, what: str, number: int) -> str:
    if not 0 <= number < table.height:
        raise Missing(f"there is no {what} {number}: the run has {table.height:,}, from 0 on")
    return table[f"{what}_id"][number]
