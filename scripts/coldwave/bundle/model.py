"""A model of a run as a graph: a module of ``coldwave.bundle.models`` for each kind, found by the kind's name."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from coldwave.bundle.bag_of_words import add_features
from coldwave.bundle.graph import Graph, Tensor
from coldwave.errors import InputError
from coldwave.use.kinds import BOW, LOG_MELS
from coldwave.use.models import Model

WINDOWS, SONG, EMBEDDING = "windows", "log_mel", "embedding"  # inputs of a graph


class Built(NamedTuple):
    """What a model's graph takes, ``WINDOWS`` or a whole ``SONG`` of log-mels, or an ``EMBEDDING``, and is made of.

    ``shape`` of the input, ``arrays`` by name, and the ``settings`` that the model was trained with.
    """

    takes: str
    shape: tuple[int | str, ...]
    arrays: dict[str, np.ndarray]
    settings: dict[str, Any]


def check_can_be_built(model: Model) -> None:
    """Raise InputError if a model does not predict songs from audio or embedding alone, or its kind has no graph."""
    kind = model.settings["kind"]
    if model.kind is None or model.kind.combines:
        why = f"kind {kind} does not predict songs from what it hears alone"
    elif _hears_log_mels(model) and model.files.config.get("audio", {}).get("source") == "mel":
        why = "its run hears mel-spectrograms of others (audio.source: mel), and no graph makes them of audio"
    elif find_spec(_module(model)) is None:
        why = f"nothing makes a graph of kind {kind} (there is no {_module(model).replace('.', '/')}.py)"
    else:
        return
    raise InputError(
        f"model {model.name} cannot be bundled: {why}; its vectors can be had by `coldwave export vectors`"
    )


def _hears_log_mels(model: Model) -> bool:
    return model.kind.hears == LOG_MELS or model.features == BOW


def write_model(path: Path, model: Model) -> Built:
    """Write the graph of a model, whose output ``vectors`` is float32 [rows, k], as the model itself predicts.

    Log-mels are float16, as models hear them. Of windows, a song's vector is the mean; a whole song gives one row, and
    embeddings one row each.

    Raises
    ------
    InputError
        The kind of model has no graph, or a file of the run is missing or of another version.
    """
    check_can_be_built(model)
    files, graph = model.files, Graph()
    arrays, settings = model.weights() if model.has_weights else ({}, dict(model.settings))
    learnt: dict[str, np.ndarray] = {}
    try:
        if model.kind.hears == LOG_MELS:
            takes, dtype = WINDOWS, np.float16
            shape = ("windows", settings["window"], files.config["audio"]["mel_bands"])
            heard = graph.cast(takes, np.float32)
        elif model.features == BOW:
            takes, dtype, shape = SONG, np.float16, ("frames", files.config["audio"]["mel_bands"])
            learnt = files.bag_of_words()
            heard = add_features(graph, takes, learnt, shape[1])
        else:
            learnt = files.scaling_of(model.features)
            takes, dtype, shape = EMBEDDING, np.float32, ("songs", len(learnt["mean"]))
            heard = _scaled(graph, takes, **learnt)
        vectors = import_module(_module(model)).add_model(graph, heard, arrays, settings)
    except KeyError as error:
        raise InputError(f"model {model.name}: made by another version of Coldwave: it lacks {error}") from error
    rows = {WINDOWS: "windows", SONG: 1, EMBEDDING: "songs"}[takes]
    output = {"vectors": (vectors, Tensor(np.float32, (rows, model.songs.shape[1])))}
    graph.write(path, {takes: Tensor(dtype, shape)}, output)
    return Built(takes, shape, arrays | {f"features.{name}": array for name, array in learnt.items()}, settings)


def _module(model: Model) -> str:
    return f"coldwave.bundle.models.{model.settings['kind']}"


def _scaled(graph: Graph, embedding: str, mean: np.ndarray, scale: np.ndarray) -> str:
    """Add what ``coldwave.embeddings.scaling.scaled`` computes; a column that did not vary becomes zero."""
    factor = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    centred = graph.add("Sub", graph.cast(embedding, np.float64), np.asarray(mean))
    return graph.cast(graph.add("Mul", centred, factor), np.float32)
