"""Song factors from trained networks: the mean of their predictions over consecutive windows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coldwave.models.cnn.network import LAYERS, STATISTICS, SongEnsemble, SongNetwork, average_by_song
from coldwave.models.cnn.windows import ConsecutiveWindowSampler, WindowSource
from coldwave.models.weights import read_weights
from coldwave.progress import track


def load_network(path: Path) -> tuple[SongEnsemble, dict[str, Any]]:
    """Read a model's networks and the settings that it was trained with.

    Raises
    ------
    InputError
        The file is missing, truncated or not a model's weights.
    """
    arrays, settings = read_weights(path)
    layers = {name: settings[name] for name in LAYERS}
    networks = []
    for member in range(settings["members"]):
        statistics = {name: arrays[f"networks.{member}.{name}"] for name in STATISTICS}
        networks.append(SongNetwork(**layers, **statistics))
    ensemble = SongEnsemble(networks)
    ensemble.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return ensemble.eval(), settings


def predict(
    network: SongEnsemble | SongNetwork,
    source: WindowSource,
    frames: np.ndarray,
    window: int,
    device: torch.device,
    batch: int = 128,
) -> np.ndarray:
    """Predict every song that has at least one window, as the mean over its consecutive windows.

    Parameters
    ----------
    frames : int [songs], 0 for a song without usable audio
    batch : windows predicted together

    Returns
    -------
    float32 [songs, factors], NaN rows for the other songs
    """
    return mean_over_windows(network.to(device).eval(), network.factors, source, frames, window, device, batch)


def mean_over_windows(
    layer: Callable[[torch.Tensor], torch.Tensor],
    width: int,
    source: WindowSource,
    frames: np.ndarray,
    window: int,
    device: torch.device,
    batch: int = 128,
) -> np.ndarray:
    """Average what a layer makes of each song's consecutive windows: float32 [songs, width].

    ``layer`` maps float32 [windows, window, bands] on ``device`` to [windows, width]. The rest is as in `predict`.
    """
    means = np.full((len(frames), width), np.nan, dtype=np.float32)
    songs = np.flatnonzero(frames >= window)
    sampler = ConsecutiveWindowSampler(songs, frames[songs], window, batch)
    with torch.inference_mode():
        for owners, starts in track(sampler, "batches of windows predicted"):
            windows = torch.from_numpy(source.windows(owners, starts, window)).to(device).float()
            own, positions = np.unique(owners, return_inverse=True)
            averaged = average_by_song(layer(windows), torch.from_numpy(positions).to(device), len(own))
            means[own] = averaged.cpu().numpy()
    return means
