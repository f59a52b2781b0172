"""Graphs against what they stand for: the spectrogram of a run, PyTorch's networks."""

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.audio.log_mel import log_mel, mel_filters
from coldwave.bundle.front_end import write_front_end
from coldwave.bundle.graph import Graph, Tensor
from coldwave.bundle.models.cnn import add_model
from coldwave.models.cnn.network import SongEnsemble
from tests.coldwave.bundle.bundled_runs import random_network

TOLERANCE = 1e-4


def run(path, **inputs):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, inputs)[0]


def signals(rate):
    """Signals that are hard for a spectrogram: quiet bands beside loud ones, silence, and amplitudes far from 1."""
    rng, time = np.random.default_rng(4), np.arange(2 * rate + 77) / rate
    tone = np.sin(2 * np.pi * 440 * time)
    return {
        "noise": rng.normal(size=len(time)) / 10,
        "tone": tone,
        "rising": np.sin(2 * np.pi * (50 * time + 0.04 * rate * time**2)),
        "click": (np.arange(len(time)) == rate).astype(float),
        "silence": np.zeros(rate),
        "loud": 1e3 * rng.normal(size=rate),
        "quiet": 1e-6 * tone,
        "loud beside quiet": tone + 1e-6 * rng.normal(size=len(time)),
    }


@pytest.mark.parametrize(
    ("rate", "window", "hop", "bands"), [(22050, 1024, 512, 128), (16000, 400, 160, 40), (8000, 255, 100, 20)]
)
def test_the_front_end_makes_the_log_mels_of_a_run(tmp_path, rate, window, hop, bands):
    write_front_end(tmp_path / "audio.onnx", rate, window, hop, bands)
    for name, signal in signals(rate).items():
        signal = signal.astype(np.float32)
        wanted = log_mel(signal, rate, window, hop, bands)
        found = run(tmp_path / "audio.onnx", audio=signal)
        assert found.dtype == np.float32 and found.shape == wanted.shape, name
        assert np.abs(found - wanted).max() <= TOLERANCE, name


def test_other_filters_of_a_run_are_those_of_the_front_end(tmp_path, monkeypatch):
    def others(*shape):
        return mel_filters(*shape)[::-1] * np.float32(3)

    for module in ("audio.log_mel", "bundle.front_end"):
        monkeypatch.setattr(f"coldwave.{module}.mel_filters", others)
    write_front_end(tmp_path / "audio.onnx", 8000, 256, 128, 16)
    signal = signals(8000)["rising"].astype(np.float32)
    wanted = log_mel(signal, 8000, 256, 128, 16)
    assert np.abs(run(tmp_path / "audio.onnx", audio=signal) - wanted).max() <= TOLERANCE


@settings(deadline=None, max_examples=25)
@given(samples=st.integers(200, 900), window=st.integers(32, 200), hop=st.integers(1, 250), seed=st.integers(0, 99))
def test_the_front_end_counts_frames_as_a_run_does(tmp_path_factory, samples, window, hop, seed):
    path = tmp_path_factory.mktemp("graph") / "audio.onnx"
    write_front_end(path, 8000, window, hop, 4)
    signal = np.random.default_rng(seed).normal(size=samples).astype(np.float32)
    wanted = log_mel(signal, 8000, window, hop, 4)
    found = run(path, audio=signal)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= TOLERANCE


PAPER = {"window": 60, "channels": [6, 5, 7], "kernel": 4, "pool": [4, 2, 1], "pooling": "flatten", "dense": [9, 8]}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pool": 2},
        {"pool": [3, 1, 2], "kernel": 5, "channels": [4, 4, 4], "dense": []},
        {"normalization": "batch"},
        {"blocks": "residual"},
        {"blocks": "residual", "normalization": "batch", "dropout": 0.5},
        {"pooling": "statistics"},
        {"pooling": "attention"},
        {"pooling": "flatten", "dilations": [1, 2]},
        {"pooling": "statistics", "dilations": [1, 2, 4], "normalization": "batch", "blocks": "residual"},
        {"pooling": "attention", "dilations": [3], "normalization": "batch"},
    ],
    ids=str,
)
@pytest.mark.parametrize("members", [1, 3])
def test_a_graph_predicts_as_the_networks_do(tmp_path, changes, members):
    rng, layers = np.random.default_rng(7), PAPER | changes
    ensemble = SongEnsemble([random_network(rng, 16, 5, layers) for _ in range(members)]).eval()
    windows = rng.normal(-8, 4, (11, layers["window"], 16)).astype(np.float32)
    graph = Graph()
    whole = {"dilations": [], "normalization": "none", "blocks": "plain"} | layers | {"members": members}
    vectors = add_model(graph, "windows", ensemble.arrays(), whole)
    inputs = {"windows": Tensor(np.float32, ("windows", layers["window"], 16))}
    graph.write(tmp_path / "net.onnx", inputs, {"vectors": (vectors, Tensor(np.float32, ("windows", 5)))})
    with torch.inference_mode():
        wanted = ensemble(torch.from_numpy(windows)).numpy()
    assert wanted.std(axis=0).min() > 0.01
    for some in (windows, windows[:1]):
        assert np.abs(run(tmp_path / "net.onnx", windows=some) - wanted[: len(some)]).max() <= TOLERANCE
