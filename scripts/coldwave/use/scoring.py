"""Score all songs for a listener: by what a model has heard of them, or by their own plays where these say more."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldwave.errors import InputError
from coldwave.models.blend.vectors import Blend
from coldwave.use.files import RunFiles
from coldwave.use.kinds import BLENDED, FACTORS, MEAN
from coldwave.use.models import Model, stands_on

SOUND, PLAYS, BOTH = "sound", "plays", "both"

# Users from which on a song is ranked by its own plays. In demo worlds, plays of 5 to 10 users rank a song as well as
# what a linear model hears of it, and those of 30 and more as well as what the best network does.
ENOUGH = 20

BLOCK = 64  # rows that a processor multiplies at once, or a multiple of these


@dataclass(frozen=True)
class Scorer:
    """Song vectors that meet a listener's.

    Attributes
    ----------
    heard : float32 [songs, k], what a model has heard, NaN rows for songs without
    played : float32 [songs, k], factors of the songs' plays, or None
    by_plays : bool [songs], which songs are scored by ``played``
    vectors : how a listener's vector is made of song vectors (``coldwave.use.kinds``)
    blend, parts : of a blend, how its parts are joined, and for each what scores its songs, and its user vectors
    many : whether to score for many listeners: each takes half the time or less, for a copy of all vectors in memory
    """

    heard: np.ndarray
    played: np.ndarray | None
    by_plays: np.ndarray
    vectors: str
    blend: Blend | None = None
    parts: tuple[tuple["Scorer", np.ndarray], ...] = ()
    many: bool = False

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Score all songs: float32 [songs], NaN for a song that nothing is known of."""
        return (self._every @ vector)[: len(self.heard)]

    @cached_property
    def _every(self) -> np.ndarray:
        """The vectors of all songs: float32 [songs or more, k]."""
        if self.by_plays.all():
            every = self.played
        else:
            every = self.rows(np.arange(len(self.heard))) if self.by_plays.any() else self.heard
        return by_column(every) if self.many else every

    def rows(self, songs: np.ndarray) -> np.ndarray:
        """Return the vectors of some songs: float32 [n, k]."""
        rows = np.array(self.heard[songs])
        by_plays = self.by_plays[songs]
        if by_plays.any():
            rows[by_plays] = self.played[songs[by_plays]]
        return rows


def by_column(vectors: np.ndarray) -> np.ndarray:
    """Lay the vectors of songs out dimension by dimension: their products with one vector then take half the time.

    Rows of zeros fill up the last block of those that a processor multiplies at once. A few that are left over would be
    rounded otherwise than the same vectors elsewhere, and songs that tie would be told apart.

    Parameters
    ----------
    vectors : [n, k]

    Returns
    -------
    [n or a few more, k]
    """
    laid_out = np.zeros((-(-len(vectors) // BLOCK) * BLOCK, vectors.shape[1]), dtype=vectors.dtype, order="F")
    laid_out[: len(vectors)] = vectors
    return laid_out


def check_by(by: str) -> None:
    """Raise InputError if songs cannot be scored by this."""
    if by not in (SOUND, PLAYS, BOTH):
        raise InputError(f"by: {by!r} is none of both, sound, plays")


def scorer_of(files: RunFiles, model: Model, by: str = BOTH) -> Scorer:
    """Score songs as a model does.

    Parameters
    ----------
    by : ``SOUND`` takes what the model predicts of every song. ``PLAYS`` takes the factors of the song's own plays,
        and ``BOTH`` does so where ``ENOUGH`` users have played it, or where the model predicts nothing of it. Only a
        model of factors has both.

    Raises
    ------
    InputError
        ``by`` is none of these, or the model has no factors and plays are asked for.
    """
    check_by(by)
    if by == PLAYS and model.vectors != FACTORS:
        raise InputError(f"by: model {model.name} has no factors, and scores songs by sound alone; name another model")
    nothing = np.zeros(files.songs.height, dtype=bool)
    if model.vectors == BLENDED:
        parts = tuple((scorer_of(files, one, SOUND), one.users) for one in stands_on(model))
        return Scorer(model.songs, None, nothing, BLENDED, model.blend, parts)
    if model.vectors != FACTORS or by == SOUND:
        return Scorer(model.songs, None, nothing, model.vectors)
    if by == PLAYS:
        return plays_scorer(files)
    played = files.array("wmf/song_factors.npy")
    users, unheard = files.songs["users"].to_numpy(), ~np.isfinite(model.songs[:, 0])
    learnt = played.any(axis=1)  # not where all plays were too late to learn from
    return Scorer(model.songs, played, learnt & ((users >= ENOUGH) | (unheard & (users > 0))), FACTORS)


def plays_scorer(files: RunFiles) -> Scorer:
    """Score songs by their own plays alone; those that nobody has played cannot be scored."""
    played = files.array("wmf/song_factors.npy")
    nothing = np.broadcast_to(np.float32(np.nan), played.shape)
    return Scorer(nothing, played, (files.songs["users"].to_numpy() > 0) & played.any(axis=1), FACTORS)


def sound_scorer(units: np.ndarray) -> Scorer:
    """Score songs by the cosine of features: ``units`` float32 [songs, d], at unit length, NaN rows without."""
    return Scorer(units, None, np.zeros(len(units), dtype=bool), MEAN)
