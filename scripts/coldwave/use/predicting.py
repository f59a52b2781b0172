"""Predict songs with a model of a run, as the run predicts its own. A kind's libraries are imported with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from coldwave.errors import InputError
from coldwave.use.hearing import Heard
from coldwave.use.kinds import BOW
from coldwave.use.models import Model, stands_on

if TYPE_CHECKING:
    from coldwave.models.cnn.network import SongEnsemble


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
    from coldwave.use.by_names import predict_by_names

    on = stands_on(model)
    return predict_by_names(heard, model, predict(heard, on[0]) if on else None)


def _popularity_estimate(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.use.by_names import predict_popularity

    return predict_popularity(heard, model)


def _catalogue_attention(heard: Heard, model: Model) -> np.ndarray:
    from coldwave.use.by_names import predict_by_attention

    return predict_by_attention(heard, model)


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
    "catalogue_attention": _catalogue_attention,
}
