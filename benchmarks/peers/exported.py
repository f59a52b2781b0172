"""A finished run as systems of others want it: pairs, features and factors, with users and songs numbered anew.

Users and songs are numbered in the order in which they first appear in training, validation and rest. The peers number
them so themselves, and some mix up the two numbers: here they are the same. No test play is in it. A peer that must see
every song once gets placeholders: user 0 with each song that is neither learnt from nor validated with.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.candidates import relevant_songs
from coldwave.evaluation.ranking import measure, stand
from coldwave.files import read_array, read_table
from coldwave.split.parts import TRAIN, VALIDATION
from coldwave.use.models import features_of

CUTOFF = 500


class Exported(NamedTuple):
    """What a peer learns from, by its numbers of users and songs."""

    user_ids: list[str]
    song_ids: list[str]
    training: np.ndarray  # int64 [pairs, 2], user and song, sorted: played training songs are the first songs
    validation: np.ndarray  # int64 [pairs, 2], sorted by song
    warm: np.ndarray  # songs that are learnt from
    cold: np.ndarray  # all others
    heard: np.ndarray  # bool [songs], songs with features; the others have zeros
    content: np.ndarray  # float32 [songs, d]
    artists: np.ndarray  # int64 [songs]; a song without an artist has one of its own
    user_factors: np.ndarray  # float32 [users, f], of the run's factorisation
    song_factors: np.ndarray  # float32 [songs, f]; zeros for cold songs

    @property
    def rows(self) -> dict[str, list[list[float]]]:
        """Lists of [user, song, 1.0] by the peers' names of the files that hold them; the rest are placeholders."""
        unseen = np.setdiff1d(np.arange(len(self.user_ids)), self.training[:, 0])
        listed = {"train": self.training, "cold_val": self.validation}
        listed["warm"] = np.array([self.training[0], *((user, self.training[0, 1]) for user in unseen)])
        listed["cold_test"] = np.array([(0, song) for song in np.setdiff1d(self.cold, self.validation[:, 1])])
        return {name: [[int(user), int(song), 1.0] for user, song in pairs] for name, pairs in listed.items()}

    def artist_means(self) -> np.ndarray:
        """Average the factors of each song's artist's other training songs: float32 [songs, f], zeros without one."""
        sums = np.zeros((self.artists.max() + 1, self.song_factors.shape[1]), np.float32)
        counts = np.zeros(len(sums), np.float32)
        np.add.at(sums, self.artists[self.warm], self.song_factors[self.warm])
        np.add.at(counts, self.artists[self.warm], 1)
        others, own = counts[self.artists], np.isin(np.arange(len(self.artists)), self.warm)
        return (sums[self.artists] - self.song_factors) / np.maximum(others - own, 1)[:, None]


def export(results: Path, features: str) -> Exported:
    """Read a finished run, with the features of this name (``bow``, or an entry of encoders or embeddings).

    Raises
    ------
    InputError
        The run lacks a file, or nobody has played its training or validation songs.
    """
    users = read_table(results / "plays/users.parquet", ["user_id"])["user_id"].to_list()
    songs = read_table(results / "plays/songs.parquet", ["song", "song_id", "artist"]).sort("song")
    part = read_table(results / "split/split.parquet").sort("song")["part"].to_numpy()
    pairs = read_table(results / "plays/plays.parquet", ["user", "song"]).sort("user", "song").to_numpy().astype(int)
    training, validation = (pairs[part[pairs[:, 1]] == one] for one in (TRAIN, VALIDATION))
    if not (len(training) and len(validation)):
        raise InputError(f"{results}: nobody has played its training songs, or its validation songs")
    of_user = _numbers(len(users), training[:, 0])
    of_song = _numbers(len(songs), training[:, 1], np.sort(validation[:, 1]))
    back, songs_back = np.argsort(of_user), np.argsort(of_song)
    content = read_array(results / features_of(features))[songs_back]
    heard = np.isfinite(content).all(axis=1)
    factors = read_array(results / "wmf/song_factors.npy")[songs_back]
    warm = np.unique(of_song[training[:, 1]])
    cold = np.setdiff1d(np.arange(len(songs)), warm)
    factors[cold] = 0
    names = songs["artist"].fill_null("").to_numpy()[songs_back].astype(str)
    artists = np.unique(names, return_inverse=True)[1]
    nameless = np.flatnonzero(names == "")
    artists[nameless] = artists.max() + 1 + np.arange(len(nameless))
    numbered = [np.stack((of_user[some[:, 0]], of_song[some[:, 1]]), 1) for some in (training, validation)]
    return Exported(
        [users[one] for one in back],
        songs["song_id"][songs_back.tolist()].to_list(),
        numbered[0],  # users come in their order, and so do songs, as both are numbered by first appearance
        numbered[1][np.argsort(numbered[1][:, 1], kind="stable")],
        warm,
        cold,
        heard,
        np.where(heard[:, None], content, 0).astype(np.float32),
        artists,
        read_array(results / "wmf/user_factors.npy")[back],
        factors,
    )


def validate(exported: Exported, users: np.ndarray, songs: np.ndarray) -> float:
    """Measure the AUC of vectors on validation songs, mean over users."""
    candidates = np.unique(exported.validation[:, 1])
    plays = pl.DataFrame(exported.validation, schema=["user", "song"], orient="row")
    starts, relevant = relevant_songs(plays, candidates, len(users), len(songs))
    standing = stand(users, songs[candidates], starts, relevant)
    return float(np.nanmean(measure(standing, starts, len(candidates), CUTOFF).auc))


def _numbers(size: int, *seen: np.ndarray) -> np.ndarray:
    """Number 0 to size - 1 by first appearance, those not seen last: int64 [size], the new number of each."""
    order = list(dict.fromkeys(np.concatenate((*seen, np.arange(size))).tolist()))
    numbers = np.empty(size, dtype=int)
    numbers[order] = np.arange(size)
    return numbers
