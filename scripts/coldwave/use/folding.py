"""Make listeners: of a user of the run, or of plays of somebody who was not in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import expecting_table
from coldwave.use.files import RunFiles
from coldwave.use.kinds import EVERYONE, FACTORS
from coldwave.use.listeners import Listener, fold_in_parts, joined, mean_parts
from coldwave.use.scoring import Scorer
from coldwave.wmf.confidence import confidence
from coldwave.wmf.gram import gram_matrix

NAMED = 3  # unknown songs, in a message
ALIKE = "Songs are ranked alike for everybody: by how many users they can be expected to have."


@dataclass(frozen=True)
class Folding:
    """What a run knows of listening, to fold listeners in with."""

    files: RunFiles

    @cached_property
    def _gram(self) -> np.ndarray:
        return gram_matrix(self._factors[self.files.fitted])

    @property
    def _factors(self) -> np.ndarray:
        return self.files.array("wmf/song_factors.npy")

    @cached_property
    def _mean_songs(self) -> float:
        """Mean number of fitted songs that a user of the run has played; 0 where nothing depends on it."""
        if not self.files.wmf["frequency_scaling"]:
            return 0.0
        fitted = np.flatnonzero(self.files.fitted)
        with expecting_table(path := self.files.path("plays/plays.parquet")):
            plays = pl.scan_parquet(path, glob=False).filter(pl.col("song").is_in(fitted))
            return plays.select(pl.len()).collect().item() / self.files.users

    def of_user(self, user: int, users: np.ndarray, scorer: Scorer) -> Listener:
        """Take a user of the run, with the vector that the run has made of the plays of its training songs.

        Parameters
        ----------
        users : float32 [users, k], the run's user vectors
        """
        if scorer.blend:
            own = [self.of_user(user, part_users, part) for part, part_users in scorer.parts]
            return joined(scorer.blend, own)._replace(vector=np.array(users[user]))
        plays = self.files.plays_of(user)
        songs, counts = plays["song"].to_numpy().astype(np.int64), plays["count"].to_numpy()
        known = self.files.fitted if scorer.vectors == FACTORS else self.files.training
        known = plays["learnt"].to_numpy() & known[songs]
        if scorer.vectors != FACTORS:
            known &= np.isfinite(scorer.heard[songs]).all(axis=1)
        parts = np.zeros((len(songs), users.shape[1]))
        if scorer.vectors == FACTORS:
            parts[known] = self._folded(songs[known], counts[known], self._factors[songs[known]])
        elif scorer.vectors == EVERYONE:
            return Listener(songs, counts, np.array(users[user]), parts, (ALIKE,))
        elif scorer.vectors:
            parts[known] = mean_parts(scorer.heard[songs[known]], np.ones(known.sum()), scorer.vectors)
        return Listener(songs, counts, np.array(users[user]), parts)

    def of_plays(self, plays: Mapping[str, float], scorer: Scorer) -> Listener:
        """Fold a listener in.

        Parameters
        ----------
        plays : from songs' ids to numbers of plays

        Raises
        ------
        InputError
            A number is not above 0, or the run has none of the songs, or a vector for none.
        """
        songs, counts, notes = self._numbered(plays)
        parts = [part for part, _ in scorer.parts] or [scorer]
        heard = [part for part in parts if part.vectors != EVERYONE]
        if heard and not any(np.isfinite(self.vectors(songs, part)).all(axis=1).any() for part in heard):
            raise InputError("plays: none of the songs has usable audio or enough plays: nothing is learnt of them")
        own = [self._of_numbered(songs, counts, notes, part) for part in parts]
        return joined(scorer.blend, own) if scorer.blend else own[0]

    def _of_numbered(self, songs: np.ndarray, counts: np.ndarray, notes: tuple[str, ...], scorer: Scorer) -> Listener:
        if scorer.vectors == EVERYONE:
            return Listener(songs, counts, np.ones(1, np.float32), np.zeros((len(songs), 1)), (*notes, ALIKE))
        vectors = self.vectors(songs, scorer)
        usable = np.isfinite(vectors).all(axis=1)
        if lacking := int((~usable).sum()):
            said = f"{lacking:,} of the {len(songs):,} songs played have neither usable audio nor enough plays."
            notes = (*notes, said)
        parts = np.zeros(vectors.shape)
        if scorer.vectors == FACTORS:
            parts[usable] = self._folded(songs[usable], counts[usable], vectors[usable])
        else:
            weights = confidence(counts[usable], self.files.wmf["alpha"], self.files.wmf["epsilon"])
            parts[usable] = mean_parts(vectors[usable], weights.astype(np.float64), scorer.vectors)
        return Listener(songs, counts, parts.sum(axis=0).astype(np.float32), parts, notes)

    def vectors(self, songs: np.ndarray, scorer: Scorer) -> np.ndarray:
        """Return the vectors with which songs played count: float32 [n, k], NaN rows for songs without.

        Those of songs that the factorisation has fitted are its own.
        """
        vectors = scorer.rows(songs)
        if scorer.vectors == FACTORS:
            fitted = self.files.fitted[songs]
            vectors[fitted] = self._factors[songs[fitted]]
        return vectors

    def _folded(self, songs: np.ndarray, counts: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        fitted = self.files.fitted
        number = int(fitted.sum())
        return fold_in_parts(vectors, counts, ~fitted[songs], self._gram, number, self.files.wmf, self._mean_songs)

    def _numbered(self, plays: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Find the songs played, in the order of their numbers, and what is to be said of those that are not there."""
        for song_id, count in plays.items():
            if not (isinstance(count, (int, float, np.number)) and 0 < count < np.inf):
                raise InputError(f"plays: {count!r} plays of {song_id!r}: a number above 0 is needed")
        numbers = self.files.song_numbers
        found = sorted((numbers[song_id], count) for song_id, count in plays.items() if song_id in numbers)
        unknown = [song_id for song_id in plays if song_id not in numbers]
        if not found:
            shown = ", ".join(map(repr, unknown[:NAMED]))
            named = f" ({shown})" if unknown else ""
            raise InputError(f"plays: the run has none of the {len(unknown):,} songs{named}; songs go by their song_id")
        notes = ()
        if unknown:
            shown = ", ".join(map(repr, unknown[:NAMED])) + ", …" * (len(unknown) > NAMED)
            notes = (f"{len(unknown):,} of the {len(plays):,} songs played are not in the run ({shown}).",)
        return np.array([song for song, _ in found]), np.array([count for _, count in found]), notes
