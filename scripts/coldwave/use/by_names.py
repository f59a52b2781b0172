"""Predict new songs with a model that goes by names, beside the run's songs of the same artists and albums."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.models.catalogue_attention.prediction import Learnt, predict_by_catalogue
from coldwave.models.names.groups import Groups, find_groups
from coldwave.models.names.prediction import Heard as HeardSongs
from coldwave.models.names.prediction import Names, fit_names, followed_by_new, predict_names
from coldwave.models.popularity_estimate.estimate import Estimate
from coldwave.models.weights import read_fitted_on
from coldwave.split.groups import group_names
from coldwave.use.files import RunFiles
from coldwave.use.hearing import Heard
from coldwave.use.models import Model, features_of, stands_on
from coldwave.wmf.gram import score_metric

NAMES = ("artist", "album")


def predict_by_names(heard: Heard, model: Model, own: np.ndarray | None) -> np.ndarray:
    """Predict new songs: float32 [songs, factors]; ``own``, likewise, is by the model that it stands on, if any."""
    known, names, audio = _effects(model)
    beside = _beside(heard, model.files, model.files.array("wmf/song_factors.npy"), known, audio, own)
    return beside.new(predict_names(beside.groups, beside.factors, beside.known, names, beside.audio))


def predict_popularity(heard: Heard, model: Model) -> np.ndarray:
    """Predict how popular new songs can be expected to be: float32 [songs, 1]."""
    estimate, known = _estimate(model)
    own = estimate.heard(heard.features(model.features), heard.songs["date"])
    if estimate.names is None:
        return own
    beside = _beside(heard, model.files, estimate.values, known, HeardSongs.as_new(estimate.left_out), own)
    return beside.new(predict_names(beside.groups, beside.factors, beside.known, estimate.names, beside.audio))


def predict_by_attention(heard: Heard, model: Model) -> np.ndarray:
    """Predict new songs with attention to the catalogues of their artists: float32 [songs, factors]."""
    known, learnt = _attention(model)
    files, features = model.files, heard.features(model.features)
    known = known & ~files.songs["song_id"].is_in(heard.songs["song_id"].implode()).to_numpy()  # none is beside itself
    not_heard = np.full((len(features), learnt.left_out.shape[1]), np.nan, dtype=learnt.left_out.dtype)
    factors = files.array("wmf/song_factors.npy")
    beside = _beside(heard, files, factors, known, HeardSongs.as_new(learnt.left_out), not_heard)
    both = np.vstack((files.array(features_of(model.features))[beside.rows], features))
    learnt = learnt._replace(left_out=beside.audio.factors)
    return beside.new(predict_by_catalogue(beside.groups, beside.factors, beside.known, both, learnt))


class _Beside(NamedTuple):
    """The run's songs (``rows``) of the artists and albums of new songs, followed by the new songs."""

    rows: np.ndarray
    groups: Groups
    factors: np.ndarray
    known: np.ndarray
    audio: HeardSongs | None

    def new(self, predicted: np.ndarray) -> np.ndarray:
        """Take the rows of the new songs."""
        return predicted[len(self.rows) :]


def _beside(
    heard: Heard,
    files: RunFiles,
    factors: np.ndarray,
    known: np.ndarray,
    audio: HeardSongs | None,
    own: np.ndarray | None,
) -> _Beside:
    """Put new songs beside those of the run that say something about them by names: few of a large catalogue.

    Parameters
    ----------
    factors : [songs, k]; known : bool [songs]; audio : what is heard of the run's songs; own : of the new ones
    """
    new = heard.songs
    wanted = [set(_names_of(new, column)) for column in NAMES]
    both = zip(*_groups(files), strict=True)
    rows = np.flatnonzero([artist in wanted[0] or album in wanted[1] for artist, album in both])
    audio = None if audio is None else HeardSongs(audio.factors[rows], audio.learnt[rows])
    songs, factors = files.songs[rows].select(new.columns), np.asarray(factors[rows])
    table, *others = followed_by_new(songs, factors, known[rows], audio, new, own)
    return _Beside(rows, find_groups(table), *others)


def _names_of(songs: pl.DataFrame, column: str) -> list[str]:
    return group_names(songs.select("song_id", artist=column), "artist")


@lru_cache(maxsize=4)
def _groups(files: RunFiles) -> tuple[list[str], ...]:
    """The artist and the album of each song of a run, as names are compared."""
    return tuple(_names_of(files.songs, column) for column in NAMES)


@lru_cache(maxsize=32)
def _effects(model: Model) -> tuple[np.ndarray, Names, HeardSongs | None]:
    """Find which songs a model by names knows, what it has learnt of names, and what is heard of them, if it listens.

    A model by names alone keeps no weights: it is learnt again, as the run has learnt it.
    """
    files = model.files
    for on in stands_on(model):
        tensors, settings = model.weights()
        return _known(files, settings), Names.of(tensors), HeardSongs.of(tensors, on.songs)
    known = _known(files, model.settings)
    groups = find_groups(files.songs.select("song_id", *NAMES))
    factors, metric = (files.array(f"wmf/{name}_factors.npy") for name in ("song", "user"))
    return known, fit_names(groups, factors, known, score_metric(metric)), None


@lru_cache(maxsize=32)
def _estimate(model: Model) -> tuple[Estimate, np.ndarray]:
    """Read what a model has learnt of popularity, and from which songs."""
    return Estimate.of(model.weights()[0]), read_fitted_on(model.weights_path)


@lru_cache(maxsize=32)
def _attention(model: Model) -> tuple[np.ndarray, Learnt]:
    """Find which songs a model with attention to catalogues knows, and what it has learnt."""
    tensors, settings = model.weights()
    return _known(model.files, settings), Learnt.of(tensors)


def _known(files: RunFiles, settings: dict) -> np.ndarray:
    return files.training | (files.validation & settings["refit"])
