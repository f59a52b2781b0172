"""Compare a model's graph with what the model predicts, on songs of the run."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from coldwave.audio.frames import LogMels
from coldwave.bundle.model import EMBEDDING, WINDOWS, Built
from coldwave.errors import InputError
from coldwave.files import read_table
from coldwave.use.hearing import NAMED, Heard
from coldwave.use.models import Model, features_of
from coldwave.use.predicting import predict

SONGS = 8  # that are compared
MOST = 1e-2  # of the largest number predicted, by which they may differ: a network on a GPU rounds to about 1e-3


class Difference(NamedTuple):
    """The largest difference of a number of a vector, over some songs."""

    songs: int
    largest: float


def check_graph(path: Path, built: Built, model: Model) -> Difference:
    """Predict some songs, evenly over the run, by a graph and as ``coldwave place`` does.

    Raises
    ------
    InputError
        They differ by more than rounding, or what the run has heard is missing.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    known = np.flatnonzero(np.isfinite(model.songs).all(axis=1))
    songs = known[np.unique(np.linspace(0, len(known) - 1, min(len(known), SONGS)).astype(int))]
    pairs = []
    for value, kept in _inputs(songs, built, model):
        found = session.run(None, {built.takes: value})[0].mean(axis=0)
        pairs.append((found, predict(kept, model)[0]))
    found, wanted = map(np.stack, zip(*pairs, strict=True))
    largest = float(np.abs(found - wanted).max())
    if not largest <= MOST * float(np.abs(wanted).max()):
        raise InputError(
            f"model {model.name}: its graph and Coldwave differ by {largest:.2g} on {len(songs)} songs of the run, so "
            "no bundle is written; run the workflow again, or report this"
        )
    return Difference(len(songs), largest)


def _inputs(songs: np.ndarray, built: Built, model: Model) -> Iterator[tuple[np.ndarray, Heard]]:
    """Yield for each song what the graph takes, and the song as the run has kept it."""
    files = model.files
    names = files.songs.select(list(NAMED))
    if built.takes == EMBEDDING:
        vectors, features = files.array(f"embeddings/{model.features}.npy"), files.array(features_of(model.features))
        for song in songs:
            kept = Heard(files, names[[song]], [None], {model.features: np.asarray(features[[song]])})
            yield np.asarray(vectors[[song]], np.float32), kept
        return
    index = read_table(files.path("audio/index.parquet"))
    shards = index["shard"].drop_nulls().unique()
    log_mels = LogMels(index, [files.path(f"audio/log_mel/{shard}.npy") for shard in shards])
    for song in songs:
        log_mel = np.asarray(log_mels.frames(int(song)))
        kept = Heard(files, names[[song]], [log_mel])
        yield windows_of(log_mel, built.shape[1]) if built.takes == WINDOWS else log_mel, kept


def windows_of(log_mel: np.ndarray, window: int) -> np.ndarray:
    """Cut frames [frames, bands] into consecutive whole windows: [windows, window, bands]."""
    return log_mel[: len(log_mel) // window * window].reshape(-1, window, log_mel.shape[1])
