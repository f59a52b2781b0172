"""Songs predicted by their names and by an audio model.

Along each direction of the factors (``coldwave.models.directions``), a song is

    what is heard + mean + artist's effect + album's effect + noise

so the effects are learnt from what the audio model leaves of each known song, predicted as if it were new. Of a song
that the audio model was fitted on, it leaves too little. If its fit took a share phi of what it would have left, which
the errors on other songs tell, the whole is what is left / (1 - phi): generalised cross-validation.

A song of a new artist is predicted by what is heard, up to one constant for all songs.
"""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.models.directions import Directions, find_directions
from coldwave.models.names.effects import Ratios, mean_of_artists, predict_by_effects
from coldwave.models.names.groups import Groups
from coldwave.models.names.variances import estimate_ratios

log = logging.getLogger(__name__)

MOST = 10.0  # times that what was left of songs learnt from is enlarged, at most


class Heard(NamedTuple):
    """What an audio model predicts.

    ``factors`` float32 [songs, factors], NaN rows for songs without audio; ``learnt`` bool [songs], songs that it was
    fitted on and whose predictions are not those of a model without them.
    """

    factors: np.ndarray
    learnt: np.ndarray

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray], factors: np.ndarray) -> "Heard":
        """Join predictions with what the weights of `Names` know of them."""
        return cls(factors, tensors["learnt"].astype(bool))

    @classmethod
    def as_new(cls, factors: np.ndarray) -> "Heard":
        """Take predictions of which each is by a model without the song."""
        return cls(factors, np.zeros(len(factors), dtype=bool))


class Names(NamedTuple):
    """What is learnt of names.

    ``ratios`` are of what the audio model leaves, ``alone`` of the songs themselves, which serve songs without audio;
    ``means`` float64 [2, factors] are of both; ``enlarged`` is 1 / (1 - phi).
    """

    directions: Directions
    ratios: Ratios
    alone: Ratios
    means: np.ndarray
    enlarged: float = 1.0

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> "Names":
        """Read it from the arrays that `tensors` made."""
        directions = Directions(*(tensors[name] for name in Directions._fields))
        ratios = (Ratios(*tensors[name]) for name in ("ratios", "alone"))
        return cls(directions, *ratios, tensors["means"], float(tensors["enlarged"][0]))

    def tensors(self, heard: Heard) -> dict[str, np.ndarray]:
        """Name its arrays, and which songs the audio model has learnt from."""
        ratios = {"ratios": np.stack(self.ratios), "alone": np.stack(self.alone), "means": self.means}
        learnt = heard.learnt.astype(np.uint8)
        return {**self.directions._asdict(), **ratios, "enlarged": np.array([self.enlarged]), "learnt": learnt}


def fit_names(
    groups: Groups, song_factors: np.ndarray, known: np.ndarray, metric: np.ndarray, heard: Heard | None = None
) -> Names:
    """Estimate the variances of artists and albums from the known songs.

    Parameters
    ----------
    song_factors : float32 [songs, factors]; known : bool [songs]
    metric : float64 [factors, factors] (``coldwave.wmf.gram.score_metric``), in which directions are found

    Raises
    ------
    InputError
        No known song is new to the audio model.
    """
    directions = find_directions(song_factors[known], metric)
    wanted = directions.coordinates(song_factors)
    alone = estimate_ratios(groups, wanted, known)
    mean = mean_of_artists(groups, wanted, known, alone)
    if heard is None:
        return Names(directions, alone, alone, np.stack((mean, mean)))
    own = directions.coordinates(heard.factors)
    audible = known & np.isfinite(own).all(axis=1)
    enlarged = _enlarged(wanted, own, audible & heard.learnt, audible & ~heard.learnt)
    left = _left(wanted, own, heard.learnt, enlarged)
    ratios = estimate_ratios(groups, left, known)
    means = np.stack((mean_of_artists(groups, left, known, ratios), mean))
    names = Names(directions, ratios, alone, means, enlarged)
    _compare_parts(groups, song_factors, known, names, heard, audible & ~heard.learnt)
    return names


def predict_names(
    groups: Groups, song_factors: np.ndarray, known: np.ndarray, names: Names, heard: Heard | None = None
) -> np.ndarray:
    """Predict songs by the other known songs of their artist and album, and by what is heard.

    A song's own factors do not count for its effects, so known songs are predicted nearly as new ones are: only the
    mean and the ratios know them. A song without audio is predicted by names alone.

    Returns
    -------
    float32 [songs, factors]
    """
    wanted = names.directions.coordinates(song_factors)
    predicted = predict_by_effects(groups, wanted, known, names.alone, names.means[1])
    if heard is not None:
        own = names.directions.coordinates(heard.factors)
        left = _left(wanted, own, heard.learnt, names.enlarged)
        both = own + predict_by_effects(groups, left, known, names.ratios, names.means[0])
        predicted = np.where(np.isfinite(own).all(axis=1, keepdims=True), both, predicted)
    return names.directions.factors(predicted)


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
    songs, song_factors, known, heard : of the catalogue's songs, as in ``find_groups`` and `fit_names`
    new, new_heard : the table of new songs, and what the audio model predicts of them
    """
    # a song without an artist that is also in the catalogue must not share a group with itself
    table = pl.concat([songs, new.with_columns(pl.concat_str(pl.lit("new\0"), "song_id").alias("song_id"))])
    factors = np.vstack((song_factors, np.zeros((new.height, song_factors.shape[1]), dtype=song_factors.dtype)))
    not_known = np.zeros(new.height, dtype=bool)
    if heard is not None:
        heard = Heard(np.vstack((heard.factors, new_heard)), np.append(heard.learnt, not_known))
    return table, factors, np.append(known, not_known), heard


def _left(wanted: np.ndarray, own: np.ndarray, learnt: np.ndarray, enlarged: float) -> np.ndarray:
    """What the audio model leaves of each song, as if it were new; of a song without audio all of it."""
    return np.where(np.isfinite(own), (wanted - own) * np.where(learnt, enlarged, 1)[:, None], wanted)


def _enlarged(wanted: np.ndarray, own: np.ndarray, learnt: np.ndarray, others: np.ndarray) -> float:
    """Compare the shares of songs' squares that are left, of songs learnt from and of others: 1 / (1 - phi)."""
    if not others.any():
        raise InputError(
            "no song is left to tell how names and audio are combined: the audio model predicts no training or "
            "validation song that it has not learnt from; see audio/index.parquet, or raise split.validation"
        )
    if not learnt.any():
        return 1.0
    shares = [np.square(wanted - own)[part].sum() / np.square(wanted)[part].sum() for part in (learnt, others)]
    enlarged = float(np.sqrt(shares[1] / max(shares[0], 1e-30)).clip(1, MOST))
    log.info("what the audio model leaves of songs that it has learnt from: enlarged %.3g times", enlarged)
    return enlarged


def _compare_parts(
    groups: Groups, song_factors: np.ndarray, known: np.ndarray, names: Names, heard: Heard, judged: np.ndarray
) -> None:
    """Log the errors of each part and of both on songs left out, and warn if a part is clearly better."""
    wanted = names.directions.coordinates(song_factors)

    def errors(predicted: np.ndarray) -> np.ndarray:
        return np.square(wanted - names.directions.coordinates(predicted))[judged].sum(axis=1)

    both = errors(predict_names(groups, song_factors, known, names, heard))
    parts = {"names": errors(predict_names(groups, song_factors, known, names)), "audio": errors(heard.factors)}
    log.info("mean squared error of scores on %d songs left out: %.5g by both, %.5g by names, %.5g by audio",
             judged.sum(), both.mean(), *(one.mean() for one in parts.values()))  # fmt: skip
    for part, one in parts.items():
        worse = both - one
        if worse.mean() > 2 * worse.std() / np.sqrt(len(worse)):
            log.warning("on songs left out, %s alone would be better than names and audio together", part)
