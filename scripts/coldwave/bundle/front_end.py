"""The front end as a graph: from a mono signal to log-mels, as ``coldwave.audio.log_mel`` computes them.

It computes in double precision, as that does up to the spectrum: in single precision, quiet bands beside loud ones
would be off by more than they hold.
"""

from pathlib import Path

import numpy as np

from coldwave.audio.log_mel import POWER_FLOOR, mel_filters
from coldwave.bundle.graph import Graph, Tensor


def write_front_end(path: Path, sample_rate: int, window: int, hop: int, mel_bands: int) -> None:
    """Write the graph from ``audio`` float32 [samples] to ``log_mel`` float32 [frames, mel_bands].

    Frame n is centred on sample n x hop: there are window // 2 zeros before the signal and after it.
    """
    graph = Graph()
    signal = graph.cast("audio", np.float64)
    padded = graph.add("Pad", signal, np.full(2, window // 2), np.float64(0))
    last = graph.add("Sub", graph.add("Squeeze", graph.add("Shape", padded)), np.int64(window))
    starts = graph.add("Range", np.int64(0), graph.add("Add", last, np.int64(1)), np.int64(hop))
    places = graph.add("Add", graph.add("Unsqueeze", starts, np.array([1])), np.arange(window)[None])
    frames = graph.add("Gather", padded, places, axis=0)
    parts = [graph.add("MatMul", frames, basis) for basis in transform(window)]
    power = graph.add("Add", *(graph.add("Mul", part, part) for part in parts))
    filters = mel_filters(sample_rate, window, mel_bands).astype(np.float64)
    bands = graph.add("Max", graph.add("MatMul", power, filters.T), np.float64(POWER_FLOOR))
    log_mel = graph.cast(graph.add("Log", bands), np.float32)
    graph.write(
        path,
        {"audio": Tensor(np.float32, ("samples",))},
        {"log_mel": (log_mel, Tensor(np.float32, ("frames", mel_bands)))},
    )


def transform(window: int) -> tuple[np.ndarray, np.ndarray]:
    """Make the real and the imaginary part of the Fourier transform of Hann-windowed frames.

    Returns
    -------
    two matrices, float64 [window, 1 + window // 2], which frames [frames, window] are multiplied with
    """
    samples, frequencies = np.arange(window), np.arange(1 + window // 2)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * samples / window)  # periodic, as befits a spectrogram
    angles = 2 * np.pi / window * (np.outer(samples, frequencies) % window)  # whole turns off, which keeps all digits
    return hann[:, None] * np.cos(angles), -hann[:, None] * np.sin(angles)
