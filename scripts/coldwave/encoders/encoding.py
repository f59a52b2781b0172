"""Encode songs: what is extracted of a song's audio is one vector, its windows' pooled, and the mean of their tags."""

import functools
import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from coldwave.audio.cache import extraction_key, numbers_of
from coldwave.digest import digest_file
from coldwave.encoders import front_end, musicnn, musicnn_weights, onnx_model, tags, windows
from coldwave.encoders.musicnn import MusiCNN
from coldwave.encoders.onnx_model import OnnxModel

POOLS = {"mean": np.mean, "max": np.max}
NO_NUMBERS = ("path", "key_in_config", "width")  # settings that name what the digest stands for


@dataclass(frozen=True)
class Encoding:
    """How songs are encoded: settings alone, as the workers open the encoder themselves (``Extractor``).

    ``options`` are the others of the config's entry, as pairs. ``digest`` is that of the weights or the model.
    ``width`` is that of a row: the vector and, behind it, the tags that the network gives (`tags.parted`).
    """

    network: str
    path: str
    digest: str
    options: tuple[tuple[str, Any], ...]
    pool: str
    width: int
    sample_rate: int
    duration: float | None
    offset: float | str
    min_seconds: float
    timeout: float | None
    key_in_config: str

    name: ClassVar[str] = "encoders"
    words: ClassVar[str] = "encodings"
    dtype: ClassVar[type] = np.float32

    def key(self) -> str:
        """Return the cache's key, of all settings that change the numbers."""
        modules = (front_end, musicnn, musicnn_weights, onnx_model, tags, windows)
        library = "torch" if self.network == "musicnn" else "onnxruntime"
        return extraction_key(numbers_of(self, NO_NUMBERS), modules, [library])

    def rows(self, audio: np.ndarray) -> np.ndarray:
        """Encode float32 [samples]: one row, float32 [1, width]."""
        vectors, fits = tags.parted(_opened(self, os.getpid())(audio), self.network)
        pooled = POOLS[self.pool](vectors, axis=0, keepdims=True), fits.mean(axis=0, keepdims=True)
        return np.concatenate(pooled, axis=1, dtype=np.float32)


def prepare(entry: Mapping[str, Any], audio: Mapping[str, Any], path: Path | None, key: str) -> Encoding:
    """Check an encoder and find its digest and width.

    Parameters
    ----------
    entry : of the config's section ``encoders``; audio : ``duration``, ``offset`` and ``min_seconds``
    path : the ONNX model, or the folder of MusiCNN's weights (None: where they are installed)
    key : the entry, for messages

    Raises
    ------
    InputError
        It is missing or damaged, or is not what the entry says.
    """
    others = {name: value for name, value in entry.items() if name not in ("network", "pool", "timeout")}
    if entry["network"] == "musicnn":
        folder = musicnn_weights.weights_folder(path)
        musicnn_weights.read_weights(folder)
        path, width, others = folder, musicnn.EMBEDDING + len(musicnn_weights.TAGS), windows.MUSICNN
        digest = musicnn_weights.DIGESTS[musicnn_weights.DATA]
    else:
        width = OnnxModel(path, others, key, gpu=False).width
        digest = digest_file(path)
    return Encoding(
        network=entry["network"],
        path=str(path),
        digest=digest,
        options=tuple(sorted(others.items())),
        pool=entry["pool"],
        width=width,
        sample_rate=others["sample_rate"],
        timeout=entry["timeout"],
        key_in_config=key,
        **{name: audio[name] for name in ("duration", "offset", "min_seconds")},
    )


@functools.lru_cache(maxsize=1)
def _opened(encoding: Encoding, process: int):
    """Open the encoder of a process: a function of float32 [samples] to [windows, width]."""
    options = dict(encoding.options)
    if multiprocessing.parent_process():  # a worker: there are as many as threads
        torch.set_num_threads(1)
    if encoding.network == "musicnn":
        network = MusiCNN(musicnn_weights.read_weights(Path(encoding.path)))

        def heard(audio: np.ndarray) -> np.ndarray:
            vectors = network.embed(windows.windows(windows.spectrogram(audio, **options), windows.FRAMES))
            return np.concatenate([vectors, network.tags(vectors)], axis=1)

        return heard
    model = OnnxModel(Path(encoding.path), options, encoding.key_in_config)
    return model.encode
