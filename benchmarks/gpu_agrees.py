"""Compare what a GPU computes with what the processor computes: networks that are trained, and MusiCNN.

    python benchmarks/gpu_agrees.py

A line for each, and exit status 1 if one disagrees. Data, and MusiCNN's weights where they are not installed, are made
up; networks are trained by a plain loop. It needs neither Snakemake nor Lightning.

Both devices are held against the same computation in 64 bits. Sums in 32 bits have other roundings in another order,
which training enlarges, on both alike: the GPU may be as far from 64 bits as ten times the processor, or as 64
roundings of the largest number. Products of the shortened kind that GPUs know (TF32) are switched off, as they round to
10 bits.
"""

import copy
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from coldwave.encoders.musicnn import BANDS, FRAMES, MusiCNN
from coldwave.encoders.musicnn_weights import read_weights, weights_folder
from coldwave.errors import InputError
from coldwave.models.cnn.network import SongNetwork
from coldwave.models.cnn.prediction import predict
from coldwave.models.mlp.training import make_network

sys.path.append(str(Path(__file__).parents[1] / "tests/coldwave/encoders"))
from plain_musicnn import made_up_weights, plain_embedding

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
TIMES, ROUNDINGS = 10, 64 * 2.0**-24
SONGS, LENGTH, WINDOW, MEL_BANDS, FACTORS, FEATURES = 48, 130, 60, 32, 8, 40
STEPS, BATCH, RATE = 20, 16, 1e-3
LAYERS = {"window": WINDOW, "channels": [16, 16], "kernel": 4, "pool": 2, "dense": [32]}
NETWORKS = {
    "cnn, as in the paper": {**LAYERS, "pooling": "flatten"},
    "cnn, all ingredients": {**LAYERS, "pooling": "statistics", "normalization": "batch", "blocks": "residual",
                             "dilations": [1, 2]},
    "cnn, attention": {**LAYERS, "pooling": "attention", "normalization": "batch"},
}  # fmt: skip
rng = np.random.default_rng(1)


class Songs:
    """Log-mels of made-up songs, all of the same length (``coldwave.models.cnn.windows.WindowSource``)."""

    def __init__(self) -> None:
        self.log_mels = rng.normal(size=(SONGS, LENGTH, MEL_BANDS)).cumsum(axis=1).astype(np.float32)

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        """Windows of ``length`` frames of ``songs`` from ``starts``: float32 [windows, length, bands]."""
        places = zip(songs, starts, strict=True)
        return np.stack([self.log_mels[song, start : start + length] for song, start in places])


def train(network: torch.nn.Module, inputs: np.ndarray, targets: np.ndarray, device: torch.device) -> torch.nn.Module:
    """Take some steps of gradient descent on the squared error, in the network's own precision."""
    network.to(device).train()
    kind = next(network.parameters()).dtype
    known, wanted = (torch.as_tensor(values, dtype=kind, device=device) for values in (inputs, targets))
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, nesterov=True)
    for step in range(STEPS):
        rows = slice(step * BATCH % len(inputs), step * BATCH % len(inputs) + BATCH)
        optimizer.zero_grad()
        (network(known[rows]) - wanted[rows]).square().sum(dim=1).mean().backward()
        optimizer.step()
    return network.eval()


def in_64_bits(network: torch.nn.Module) -> torch.nn.Module:
    """A copy that computes in 64 bits, but for the last map of a `SongNetwork`, which is of 32."""
    exact = copy.deepcopy(network).double()
    if isinstance(exact, SongNetwork):
        exact.target_map, exact.target_mean = exact.target_map.float(), exact.target_mean.float()
    return exact


def of_cnn(settings: dict) -> Callable[[torch.device | None], np.ndarray]:
    """Predict songs by a network that is trained on a device; None is the processor, in 64 bits."""
    torch.manual_seed(1)
    statistics = (songs.log_mels.mean((0, 1)), songs.log_mels.std((0, 1)), np.zeros(FACTORS), np.eye(FACTORS))
    first = SongNetwork(**settings, **dict(zip(("band_mean", "band_scale", "target_mean", "target_map"), statistics,
                                               strict=True)))  # fmt: skip

    def run(device: torch.device | None) -> np.ndarray:
        network = in_64_bits(first) if device is None else copy.deepcopy(first)
        train(network, songs.log_mels[:, :WINDOW], targets, device or CPU)
        if device is not None:
            return predict(network, songs, np.full(SONGS, LENGTH), WINDOW, device)
        parts = [songs.log_mels[:, at : at + WINDOW] for at in range(0, LENGTH - WINDOW + 1, WINDOW)]
        with torch.inference_mode():
            return np.mean([network(torch.as_tensor(part).double()).numpy() for part in parts], axis=0)

    return run


def of_mlp(device: torch.device | None) -> np.ndarray:
    """Predict songs by the multilayer perceptron, likewise."""
    network = make_network(FEATURES, [64, 32], FACTORS, seed=1)
    network = train(in_64_bits(network) if device is None else network, features, targets, device or CPU)
    with torch.inference_mode():
        known = torch.as_tensor(features, dtype=next(network.parameters()).dtype, device=device or CPU)
        return network(known).cpu().numpy()


def of_musicnn(device: torch.device | None) -> np.ndarray:
    """Embed windows, and tell their tags, by MusiCNN; None is plain numpy in 64 bits."""
    if device is None:
        return np.stack([np.concatenate(plain_embedding(weights, window)) for window in windows])
    with device:
        network = MusiCNN(weights)
        vectors = network.embed(windows)
        return np.concatenate([vectors, network.tags(vectors)], axis=1)


def agrees(name: str, run: Callable[[torch.device | None], np.ndarray]) -> bool:
    """Print how far both devices are from 64 bits, in shares of the largest number."""
    begin = time.perf_counter()
    exact, ours, theirs = (run(device).astype(np.float64) for device in (None, CPU, CUDA))
    unit = np.abs(exact).max()
    processor, gpu = (np.abs(found - exact).max() / unit for found in (ours, theirs))
    allowed = max(TIMES * processor, ROUNDINGS)
    good = bool(gpu <= allowed)  # NaN is not
    seconds = time.perf_counter() - begin
    print(f"{name:24} processor {processor:.1e}  GPU {gpu:.1e}  allowed {allowed:.1e}  {seconds:5.1f} s  "
          f"{'agrees' if good else 'DISAGREES'}", flush=True)  # fmt: skip
    return good


if not torch.cuda.is_available():
    print("There is no GPU that torch can use here: nothing is compared.")
    sys.exit(0)
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
print(f"torch {torch.__version__} on {torch.cuda.get_device_name()}; largest differences from 64 bits")
songs = Songs()
targets = rng.normal(size=(SONGS, FACTORS)).astype(np.float32)
features = rng.normal(size=(SONGS, FEATURES)).astype(np.float32)
windows = rng.uniform(0, 3, (3, FRAMES, BANDS)).astype(np.float32)
try:
    weights, whose = read_weights(weights_folder()), "its weights"
except InputError:
    weights, whose = made_up_weights(np.random.default_rng(0), 0.89), "made-up weights"
compared = {name: of_cnn(settings) for name, settings in NETWORKS.items()}
compared |= {"mlp": of_mlp, f"musicnn, {whose}": of_musicnn}
results = [agrees(name, run) for name, run in compared.items()]
sys.exit(int(not all(results)))
