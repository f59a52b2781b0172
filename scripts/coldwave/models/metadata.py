"""Recommendation by metadata (a system in the paper's introduction): artist and album, alone or with an audio model.

Along each direction of the factors (``coldwave.models.directions``), relative to the mean of the known songs, a song is
predicted by

    share * heard + sum over the n other known songs of its artist of (factors - share * heard) / (n + shrinkage)

so an artist's mean is shrunk the more, the fewer songs it has (empirical Bayes), and with an audio model only what that
has not heard counts as the artist's. If no other song of the artist is known, those of the album are taken; if there
are none, the song is predicted by a share of ``heard``, or by the mean.

Names are compared as in the split by artist: case and spaces do not matter. An album is known by its title alone, so
that it finds the songs of other artists on it; two albums with one title count as one.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.models.directions import Directions, find_directions
from coldwave.models.strengths import Strengths
from coldwave.split.groups import group_names

log = logging.getLogger(__name__)

ALL, ALBUM, ARTIST = 0, 1, 2  # which songs a song is predicted by
SHARES = np.arange(31) / 20  # of what is heard, 0 to 1.5
CURVE_SCHEMA = {
    "share": pl.Float64,
    "left_out_mse": pl.Float64,  # of a user's score, over songs left out whose artist or album is known
    "left_out_mse_heard": pl.Float64,  # the same by what is heard alone, over all songs left out
    "best": pl.Boolean,
}


class Others(NamedTuple):
    """The other known songs of each song's artist, else of its album.

    ``source`` int8 [songs]: ``ARTIST``, ``ALBUM`` or ``ALL``; ``number`` int [songs]; ``groups`` int [2, songs], of one
    album and of one artist; ``known`` bool [songs].
    """

    source: np.ndarray
    number: np.ndarray
    groups: np.ndarray
    known: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum their values, float [songs, k], finite: float64 [songs, k], 0 where there are none."""
        summed = np.zeros(values.shape)
        for case, group in zip((ALBUM, ARTIST), self.groups, strict=True):
            of_group = np.zeros((group.max() + 1, values.shape[1]))
            np.add.at(of_group, group[self.known], values[self.known])
            rows = self.source == case
            summed[rows] = of_group[group[rows]] - np.where(self.known[rows, None], values[rows], 0)
        return summed


class Heard(NamedTuple):
    """What an audio model predicts.

    ``factors`` float32 [songs, factors], NaN rows for songs without audio; ``learnt`` bool [songs], songs that it has
    learnt from and whose predictions are not those of a model without them: they look better than those of new songs,
    so nothing is chosen by them, and they are not subtracted.
    """

    factors: np.ndarray
    learnt: np.ndarray

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray], factors: np.ndarray) -> "Heard":
        """Join predictions with what a combination's weights know of them."""
        return cls(factors, tensors["learnt"].astype(bool))


class Combination(NamedTuple):
    """What was chosen: ``shrinkage`` float64 [factors], and the ``shares`` of what is heard, float64 [2].

    The first share is that of songs whose artist and album are not known, the second that of the others.
    """

    directions: Directions
    shrinkage: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> "Combination":
        """Read it from the arrays that `tensors` made."""
        return cls(Directions(*(tensors[name] for name in Directions._fields)), tensors["shrinkage"], tensors["shares"])

    def tensors(self, heard: Heard) -> dict[str, np.ndarray]:
        """Name its arrays, and which songs the audio model has learnt from."""
        chosen = {"shrinkage": self.shrinkage, "shares": self.shares, "learnt": heard.learnt.astype(np.uint8)}
        return {**self.directions._asdict(), **chosen}


def find_others(songs: pl.DataFrame, known: np.ndarray) -> Others:
    """Find the songs that each song is predicted by.

    Parameters
    ----------
    songs : table ``song_id``, ``artist``, ``album``, null or blank where not known
    known : bool [songs]
    """
    groups = []
    for column in ("album", "artist"):
        names = group_names(songs.select("song_id", artist=column), "artist")
        groups.append(np.unique(np.asarray(names, dtype=object), return_inverse=True)[1])
    album, artist = (np.bincount(group[known], minlength=group.max() + 1)[group] - known for group in groups)
    source = np.select([artist > 0, album > 0], [ARTIST, ALBUM], ALL).astype(np.int8)
    return Others(source, np.where(artist > 0, artist, album), np.stack(groups), known)


def choose_combination(
    others: Others,
    song_factors: np.ndarray,
    metric: np.ndarray,
    strengths: Sequence[float],
    judged: np.ndarray | None = None,
    heard: Heard | None = None,
) -> tuple[Combination, pl.DataFrame]:
    """Choose the shrinkage of each direction, and the shares of what is heard, by songs left out one by one.

    Parameters
    ----------
    song_factors : float32 [songs, factors]
    metric : float64 [factors, factors] (``coldwave.wmf.gram.score_metric``): errors are those of users' scores
    strengths : shrinkages to try, numbers of songs; the grid widens by itself
    judged : bool [songs], songs that may decide, if ``heard`` predicts them and has not learnt from them; by default
        the known ones

    Returns
    -------
    the combination, and the error at each share as a table (columns as in ``CURVE_SCHEMA``)

    Raises
    ------
    InputError
        There is no song to choose by.
    """
    directions = find_directions(song_factors[others.known], metric)
    judged = others.known if judged is None else judged
    shares = np.zeros(1) if heard is None else SHARES
    if heard is not None:
        judged = judged & ~heard.learnt & np.isfinite(heard.factors).all(axis=1)
    if not judged.any():
        raise InputError(
            "no song is left to choose how names and audio are combined: the audio model predicts no training or "
            "validation song that it has not learnt from; see audio/index.parquet, or raise split.validation"
        )
    wanted = directions.coordinates(song_factors)
    own, subtracted = _heard_coordinates(others, directions, heard)
    sums, sums_heard = others.sums(wanted), others.sums(subtracted)
    rows = np.flatnonzero(judged & (others.source > ALL))

    def errors(shrinkage: float) -> np.ndarray:
        """Mean squared errors along each direction at each share: float64 [shares, factors]."""
        weight = 1 / (others.number[rows, None] + shrinkage)
        by_names, by_audio = wanted[rows] - weight * sums[rows], own[rows] - weight * sums_heard[rows]
        return _squared_errors(by_names, by_audio, shares)

    alone = _squared_errors(wanted[judged], own[judged], shares).sum(axis=1)
    if len(rows) == 0:
        log.warning("no song to choose by has other known songs of its artist or album: names will count for nothing")
        shrinkage, both = np.full(len(metric), np.inf), alone
    else:
        both = np.min([errors(shrinkage) for shrinkage in (*strengths, np.inf)], axis=0).sum(axis=1)
        grid = Strengths(strengths, errors(np.inf)[both.argmin()])
        for strength in grid:
            grid.tell(strength, errors(strength)[both.argmin()])
        grid.warn("shrinkage of artists' means")
        shrinkage = grid.best()
    chosen = shares[[alone.argmin(), both.argmin()]]
    log.info("shrinkage of %.3g songs (median of the directions), by %d songs", np.median(shrinkage), judged.sum())
    if heard is not None:
        log.info("share of what is heard: %g, and %g where artist and album are not known", chosen[1], chosen[0])
    curve = pl.DataFrame({"share": shares, "left_out_mse": both, "left_out_mse_heard": alone})
    return Combination(directions, shrinkage, chosen), curve.with_columns(best=pl.col("share") == chosen[1])


def combined_factors(
    others: Others, song_factors: np.ndarray, combination: Combination, heard: Heard | None = None
) -> np.ndarray:
    """Predict songs by the other known songs of their artist or album, and by what is heard.

    A song's own factors do not count, so known songs are predicted as new ones are. A song without audio is predicted
    by names alone.

    Returns
    -------
    float32 [songs, factors]
    """
    directions, shrinkage, shares = combination
    own, subtracted = _heard_coordinates(others, directions, heard)
    sums, sums_heard = others.sums(directions.coordinates(song_factors)), others.sums(subtracted)
    left = sums - shares[1] * np.where(own.any(axis=1, keepdims=True), sums_heard, 0)
    share = shares[(others.source > ALL).astype(int)][:, None]
    return directions.factors(share * own + left / (np.maximum(others.number, 1)[:, None] + shrinkage))


def followed_by_new(
    songs: pl.DataFrame,
    song_factors: np.ndarray,
    known: np.ndarray,
    heard: Heard | None,
    new: pl.DataFrame,
    new_heard: np.ndarray | None,
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, Heard | None]:
    """Let new songs follow those of the catalogue, as songs that are not known.

    Parameters
    ----------
    songs, song_factors, known, heard : of the catalogue's songs, as in `find_others` and `choose_combination`
    new, new_heard : the table of new songs, and what the audio model predicts of them
    """
    # a song without an artist that is also in the catalogue must not share a group with itself
    table = pl.concat([songs, new.with_columns(pl.concat_str(pl.lit("new\0"), "song_id").alias("song_id"))])
    factors = np.vstack((song_factors, np.zeros((new.height, song_factors.shape[1]), dtype=song_factors.dtype)))
    not_known = np.zeros(new.height, dtype=bool)
    if heard is not None:
        heard = Heard(np.vstack((heard.factors, new_heard)), np.append(heard.learnt, not_known))
    return table, factors, np.append(known, not_known), heard


def log_sources(source: np.ndarray, parts: Mapping[str, np.ndarray]) -> None:
    """Log for each part, bool [songs], how many songs got their factors from which known songs."""
    for name, part in parts.items():
        counts = np.bincount(source[part], minlength=3)
        log.info(
            "%s songs: %s by their artist's songs, %s by their album's, %s by neither",
            name,
            *(f"{counts[case]:,}" for case in (ARTIST, ALBUM, ALL)),
        )
        if len(source[part]) and counts[ARTIST] == 0:
            log.warning("no other song of any %s song's artist is known; with split.by: artist none can be", name)


def _heard_coordinates(others: Others, directions: Directions, heard: Heard | None) -> tuple[np.ndarray, np.ndarray]:
    """What is heard, relative to the mean and 0 where nothing is, and the same of songs not learnt from."""
    if heard is None:
        nothing = np.zeros((len(others.known), 1))
        return nothing, nothing
    own = np.nan_to_num(directions.coordinates(heard.factors))
    return own, np.where(heard.learnt[:, None], 0, own)


def _squared_errors(wanted: np.ndarray, heard: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Mean over songs of (wanted - share * heard)^2: float64 [shares, factors]."""
    products = [np.mean(one * other, axis=0) for one, other in ((wanted, wanted), (wanted, heard), (heard, heard))]
    return products[0] - 2 * shares[:, None] * products[1] + shares[:, None] ** 2 * products[2]
