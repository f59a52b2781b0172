"""Predict songs with a model of a run, as the run predicts its own. A kind's libraries are imported with it."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.use.files import RunFiles
from coldwave.use.hearing import BOW, Heard
from coldwave.use.models import Model, features_of, stands_on

if TYPE_CHECKING:
    from coldwave.models.cnn.network import SongEnsemble
    from coldwave.models.names.prediction import Heard as HeardSongs
    from coldwave.models.names.prediction import Names as Effects
    from coldwave.models.popularity_estimate.estimate import Estimate

NAMES = ("artist", "album")


def can_hear(model: Model) -> bool:
    """Whether a model can predict a file: it listens, and not to embeddings that came in a table."""
    if model.kind is None:
        return False
    if on := stands_on(model):
        return any(map(can_hear, on)) and all(can_hear(one) or one.kind is None for one in on)
    return model.features in (None, BOW, *model.files.config.get("encoders", {}))


def predict(heard: Heard, model: Model) -> np.ndarray:
    """Predict songs: float32 [songs, k], NaN rows where the model predicts nothing.

    Raises
    ------
    InputError
        The model neither listens nor goes by names, or takes features that these songs do not have.
    """
    if model.settings["kind"] not in PREDICTORS:
        raise InputError(f"model {model.name} does not listen: it predicts nothing of a file")
    key = model.name, model.seed
    if key not in heard.predicted:
        heard.predicted[key] = PREDICTORS[model.settings["kind"]](heard, model)
    return heard.predicted[key]


def _linear(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.linear import predict_linear

    tensors, _ = model.weights()
    return predict_linear(heard.features(model.features), tensors["weights"], tensors["intercept"])


def _mlp(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.mlp.prediction import predict_mlp

    return predict_mlp(heard.features(model.features), model.weights()[0])


def _knn(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.knn import unit_length

    return unit_length(heard.features(model.features))


def _mlr(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.mlr.vectors import embed, song_vectors

    tensors, settings = model.weights()
    embedded = embed(heard.features(model.features), tensors["mean"], tensors["factor"])
    return song_vectors(embedded, settings["similarity"])


def _contrastive(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.contrastive.prediction import predict_contrastive

    return predict_contrastive(heard.features(model.features), model.weights()[0])


def load_cnn(model: Model) -> tuple["SongEnsemble", dict[str, Any]]:
    """Read a model's networks and settings. Raises InputError if another version of Coldwave has written them."""
    from coldwave.models.cnn.prediction import load_network

    try:
        return load_network(model.weights_path)
    except KeyError as error:
        raise InputError(f"{model.weights_path}: of another version of Coldwave: it lacks {error}") from error


def _cnn(heard: Heard, model: Model) -> np.ndarray:
    import torch

    from coldwave.models.cnn.prediction import predict as predict_windows
    from coldwave.models.devices import best_device

    if heard.threads:
        torch.set_num_threads(heard.threads)
    network, settings = load_cnn(model)
    return predict_windows(network, heard, heard.lengths, settings["window"], best_device(settings["accelerator"]))


def _by_names(heard: Heard, model: Model) -> np.ndarray:
    known, effects, audio = _effects(model)
    on, factors = next(iter(stands_on(model)), None), model.files.array("wmf/song_factors.npy")
    return _named(heard, model.files, factors, known, effects, audio, None if on is None else predict(heard, on))


def _popularity_estimate(heard: Heard, model: Model) -> np.ndarray:
    estimate, known, audio = _estimate(model)
    own = estimate.heard(heard.features(model.features), heard.songs["date"])
    if estimate.names is None:
        return own
    return _named(heard, model.files, estimate.values, known, estimate.names, audio, own)


def _named(
    heard: Heard,
    files: RunFiles,
    factors: np.ndarray,
    known: np.ndarray,
    effects: "Effects",
    audio: "HeardSongs | None",
    own: np.ndarray | None,
) -> np.ndarray:
    """Add to ``own``, [new songs, k], the effects of names, learnt of ``factors`` [songs, k] of the known songs."""
    from coldwave.models.names.groups import find_groups
    from coldwave.models.names.prediction import followed_by_new, predict_names

    new, rows = heard.songs, _beside(files, heard.songs)
    songs, factors = files.songs[rows].select(new.columns), np.asarray(factors[rows])
    audio = None if audio is None else type(audio)(audio.factors[rows], audio.learnt[rows])
    every = followed_by_new(songs, factors, known[rows], audio, new, own)
    table, factors, known, audio = every
    return predict_names(find_groups(table), factors, known, effects, audio)[len(rows) :]


def _by_catalogue(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.catalogue_attention.prediction import predict_by_catalogue
    from coldwave.models.names.groups import find_groups
    from coldwave.models.names.prediction import followed_by_new

    known, learnt = _attention(model)
    new, files, features = heard.songs, model.files, heard.features(model.features)
    rows = _beside(files, new)
    songs = files.songs[rows].select(new.columns)
    known = known[rows] & ~songs["song_id"].is_in(new["song_id"].implode()).to_numpy()  # none is beside itself
    factors, own = (np.asarray(array[rows]) for array in (files.array("wmf/song_factors.npy"), learnt.left_out))
    not_heard = np.full((new.height, own.shape[1]), np.nan, dtype=own.dtype)
    table, factors, known, own = followed_by_new(songs, factors, known, learnt.heard(own), new, not_heard)
    both = np.vstack((files.array(features_of(model.features))[rows], features))
    learnt = learnt._replace(left_out=own.factors)
    return predict_by_catalogue(find_groups(table), factors, known, both, learnt)[len(rows) :]


@lru_cache(maxsize=32)
def _attention(model: Model) -> tuple[np.ndarray, Any]:
    """Find which songs a model with attention to catalogues knows, and what it has learnt."""
    from coldwave.models.catalogue_attention.prediction import Learnt

    tensors, settings = model.weights()
    return model.files.training | (model.files.validation & settings["refit"]), Learnt.of(tensors)


def _beside(files: RunFiles, new: pl.DataFrame) -> np.ndarray:
    """Find the run's songs of the artists and albums of new songs.

    These alone say something about them by names, and they are few of a large catalogue.
    """
    wanted = [set(_names_of(new, column)) for column in NAMES]
    both = zip(*_groups(files), strict=True)
    return np.flatnonzero([artist in wanted[0] or album in wanted[1] for artist, album in both])


def _names_of(songs: pl.DataFrame, column: str) -> list[str]:
    from coldwave.split.groups import group_names

    return group_names(songs.select("song_id", artist=column), "artist")


@lru_cache(maxsize=4)
def _groups(files: RunFiles) -> tuple[list[str], ...]:
    """The artist and the album of each song of a run, as names are compared."""
    return tuple(_names_of(files.songs, column) for column in NAMES)


@lru_cache(maxsize=32)
def _effects(model: Model) -> tuple[np.ndarray, Any, Any]:
    """Find which songs a model by names knows, what it has learnt of names, and what is heard of them, if it listens.

    A model by names alone keeps no weights: it is learnt again, as the run has learnt it.
    """
    from coldwave.models.names.groups import find_groups
    from coldwave.models.names.prediction import Heard as HeardSongs
    from coldwave.models.names.prediction import Names, fit_names
    from coldwave.wmf.gram import score_metric

    files, on = model.files, next(iter(stands_on(model)), None)
    if on is not None:
        tensors, settings = model.weights()
        known = files.training | (files.validation & settings["refit"])
        return known, Names.of(tensors), HeardSongs.of(tensors, on.songs)
    known = files.training | (files.validation & model.settings["refit"])
    groups = find_groups(files.songs.select("song_id", *NAMES))
    factors, metric = (files.array(f"wmf/{name}_factors.npy") for name in ("song", "user"))
    return known, fit_names(groups, factors, known, score_metric(metric)), None


@lru_cache(maxsize=32)
def _estimate(model: Model) -> tuple["Estimate", np.ndarray, "HeardSongs"]:
    """Read what a model has learnt of popularity, from which songs, and what it heard of these, each without itself."""
    from coldwave.models.names.prediction import Heard as HeardSongs
    from coldwave.models.popularity_estimate.estimate import Estimate
    from coldwave.models.weights import read_fitted_on

    estimate = Estimate.of(model.weights()[0])
    audio = HeardSongs(estimate.left_out, np.zeros(len(estimate.left_out), dtype=bool))
    return estimate, read_fitted_on(model.weights_path), audio


def _blend(heard: Heard, model: Model) -> np.ndarray:
    return model.blend.songs([predict(heard, one) for one in stands_on(model)])


PREDICTORS: dict[str, Callable[[Heard, Model], np.ndarray]] = {
    "linear": _linear,
    "mlp": _mlp,
    "knn": _knn,
    "mlr": _mlr,
    "contrastive": _contrastive,
    "cnn": _cnn,
    "names": _by_names,
    "popularity_estimate": _popularity_estimate,
    "blend": _blend,
    "catalogue_attention": _by_catalogue,
}
