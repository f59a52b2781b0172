"""Predict one file with a model of a run, as the run predicts its songs. A kind's libraries are imported with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.use.hearing import BOW, Heard
from coldwave.use.kinds import PREDICTIONS
from coldwave.use.models import Model, find_model, seeds_of

if TYPE_CHECKING:
    from coldwave.models.cnn.network import SongEnsemble


def can_hear(model: Model) -> bool:
    """Whether a model can predict a file: it listens, and not to embeddings that came in a table."""
    if model.kind is None:
        return False
    if model.kind.hears == PREDICTIONS:
        return can_hear(find_model(model.files, model.settings["audio"]))
    return model.features in (None, BOW)


def predict_file(heard: Heard, model: Model) -> np.ndarray:
    """Predict a file: float32 [k], NaN where the model predicts nothing of it.

    Raises
    ------
    InputError
        The model does not listen, or takes features that a file does not have.
    """
    if model.kind is None:
        raise InputError(f"model {model.name} does not listen: it predicts nothing of a file")
    return PREDICTORS[model.settings["kind"]](heard, model)


def _linear(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.linear import predict_linear

    tensors, _ = model.weights()
    return predict_linear(heard.features(model.features)[None], tensors["weights"], tensors["intercept"])[0]


def _mlp(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.mlp.prediction import predict_mlp

    return predict_mlp(heard.features(model.features)[None], model.weights()[0])[0]


def _knn(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.knn import unit_length

    return unit_length(heard.features(model.features)[None])[0]


def _mlr(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.mlr.vectors import embed, song_vectors

    tensors, settings = model.weights()
    embedded = embed(heard.features(model.features)[None], tensors["mean"], tensors["factor"])
    return song_vectors(embedded, settings["similarity"])[0]


class _OneSong(NamedTuple):
    """The log-mels of one song, as a source of windows: float16 [frames, bands]."""

    log_mel: np.ndarray

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        return np.stack([self.log_mel[start : start + length] for start in starts]).astype(np.float32)


def load_cnn(model: Model) -> tuple["SongEnsemble", dict[str, Any]]:
    """Read a model's networks and settings. Raises InputError if another version of Coldwave has written them."""
    from coldwave.models.cnn.prediction import load_network

    try:
        return load_network(model.weights_path)
    except KeyError as error:
        raise InputError(f"{model.weights_path}: of another version of Coldwave: it lacks {error}") from error


def _cnn(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.cnn.prediction import best_device, predict

    network, settings = load_cnn(model)
    source, frames = _OneSong(heard.log_mel), np.array([len(heard.log_mel)])
    return predict(network, source, frames, settings["window"], best_device(settings["accelerator"]))[0]


def _metadata(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.models.metadata import Combination, combined_factors, find_others, followed_by_new
    from coldwave.models.metadata import Heard as HeardSongs
    from coldwave.plays.audio_folder import read_tags

    files, audio = model.files, model.settings["audio"]
    on = find_model(files, audio, model.seed if model.seed in seeds_of(files, audio) else None)
    tensors, settings = model.weights()
    tags = read_tags(heard.path)
    names = {"song_id": str(heard.path), "artist": tags.artist, "album": tags.album}
    new = pl.DataFrame([names], schema=dict.fromkeys(names, pl.String))
    known = files.training | (files.validation & settings["refit"])
    catalogue = files.songs.select(*names), np.asarray(files.array("wmf/song_factors.npy")), known
    table, factors, known, every = followed_by_new(
        *catalogue, HeardSongs.of(tensors, np.asarray(on.songs)), new, predict_file(heard, on)[None]
    )
    return combined_factors(find_others(table, known), factors, Combination.of(tensors), every)[-1]


PREDICTORS: dict[str, Callable[[Heard, Model], np.ndarray]] = {
    "linear": _linear,
    "mlp": _mlp,
    "knn": _knn,
    "mlr": _mlr,
    "cnn": _cnn,
    "metadata": _metadata,
}
