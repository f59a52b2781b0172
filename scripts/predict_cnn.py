"""Predict song factors with a trained network: the mean over a song's consecutive windows."""

from pathlib import Path

import torch

from coldwave.audio.frames import LogMels
from coldwave.files import read_table, write_array
from coldwave.job import run
from coldwave.models.cnn.prediction import load_network, predict
from coldwave.models.devices import best_device


def main(*, weights: Path, index: Path, log_mels: list[Path], predictions: Path, threads: int = 1) -> None:
    torch.set_num_threads(threads)
    network, settings = load_network(weights)
    source = LogMels(read_table(index), log_mels)
    device = best_device(settings["accelerator"])
    write_array(predictions, predict(network, source, source.lengths, settings["window"], device))


run(main)
