"""Training of the multilayer perceptron from song features to song factors (the paper's MLP, section 5.2).

It runs on one thread of the processor: with more threads libraries add in another order, and the same seed must give
the same bytes. The network is small; an epoch over 10,000 songs takes a second or two.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import nn

from coldwave.models.devices import one_thread
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.progress import duration
from coldwave.split.parts import songs_with_features

log = logging.getLogger(__name__)

LOGGED_EVERY = 10  # epochs


def training_batches(songs: int, batch_size: int, seed: int, epoch: int) -> Iterator[np.ndarray]:
    """Yield the positions 0..songs-1 in batches, each once, in an order that depends on seed and epoch alone."""
    order = np.random.default_rng([seed, epoch]).permutation(songs)
    for begin in range(0, songs, batch_size):
        yield order[begin : begin + batch_size]


def make_network(inputs: int, hidden: Sequence[int], outputs: int, seed: int) -> nn.Sequential:
    """Build the layers, each hidden one followed by ReLU, with weights drawn by the seed (PyTorch's default)."""
    sizes = [inputs, *hidden]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for size, units in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(size, units), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


def train_mlp(
    features: np.ndarray,
    targets: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    settings: dict[str, Any],
    seed: int,
) -> tuple[dict[str, np.ndarray], pl.DataFrame]:
    """Minimise the squared error of the factors (eq. 4), each song once an epoch; keep the best epoch's weights.

    Features are centred and divided by one number, and outputs scaled back, by statistics of training songs that are
    stored with the weights. The loss is the error divided by the error of predicting the training songs' mean factors
    for the same part of the songs, so 1 means that nothing was learnt.

    Parameters
    ----------
    features : float32 [songs, d], NaN rows for songs without audio (left out)
    targets : float32 [songs, factors]
    training, validation : bool [songs]
    settings : an ``mlp`` entry of the configuration's models

    Returns
    -------
    float32 arrays ``feature_mean`` [d], ``target_mean`` [factors], ``feature_scale`` and ``target_scale`` [], and
    for each layer n from 0 ``layer_n.weight`` [units, inputs] and ``layer_n.bias`` [units]; the learning curve

    Raises
    ------
    InputError
        No training or no validation song has features.
    """
    train, held_out = songs_with_features(features, training, validation)
    statistics = _statistics(features[train], targets[train])
    inputs, outputs, held_out_inputs, held_out_outputs = (
        torch.from_numpy((values[part] - statistics[f"{name}_mean"]) / statistics[f"{name}_scale"])
        for part in (train, held_out)
        for name, values in (("feature", features), ("target", targets))
    )
    with one_thread():
        network = make_network(inputs.shape[1], settings["hidden"], outputs.shape[1], seed)
        best, curve = _fit(network, inputs, outputs, held_out_inputs, held_out_outputs, settings, seed)
    layers = [module for module in network if isinstance(module, nn.Linear)]
    network.load_state_dict(best)
    arrays = {
        f"layer_{place}.{name}": tensor.detach().numpy()
        for place, layer in enumerate(layers)
        for name, tensor in layer.named_parameters()
    }
    return statistics | arrays, curve


def _statistics(features: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Compute what inputs and outputs are centred and scaled by: means [columns], and one deviation for all of them [].

    Columns are not scaled to unit variance each: principal components of small variance are mostly noise, which would
    then weigh as much as the first ones.
    """
    statistics = {}
    for name, values in (("feature", features), ("target", targets)):
        mean = values.mean(axis=0, dtype=np.float64)
        statistics[f"{name}_mean"] = mean
        statistics[f"{name}_scale"] = np.array(float(np.sqrt(np.mean((values - mean) ** 2))) or 1.0)
    return {name: array.astype(np.float32) for name, array in statistics.items()}


def _fit(
    network: nn.Sequential,
    inputs: torch.Tensor,
    outputs: torch.Tensor,
    held_out_inputs: torch.Tensor,
    held_out_outputs: torch.Tensor,
    settings: dict[str, Any],
    seed: int,
) -> tuple[dict[str, torch.Tensor], pl.DataFrame]:
    """Train on standardised tensors until patience runs out: the best epoch's weights, and the learning curve."""
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"]
    )
    # the outputs are centred: the mean of training songs is zero, and its error the mean squared length
    train_scale, validation_scale = (
        float(values.double().square().sum(dim=1).mean()) or 1.0 for values in (outputs, held_out_outputs)
    )
    best: dict[str, torch.Tensor] = {}
    rows: list[dict[str, Any]] = []
    best_epoch, begin = 0, time.monotonic()
    for epoch in range(1, settings["epochs"] + 1):
        network.train()
        total = 0.0
        for batch in training_batches(len(inputs), settings["batch_size"], seed, epoch):
            songs = torch.from_numpy(batch)
            error = (network(inputs[songs]) - outputs[songs]).square().sum(dim=1).mean() / train_scale
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            total += float(error.detach()) * len(batch)
        network.eval()
        with torch.inference_mode():
            squares = (network(held_out_inputs) - held_out_outputs).double().square()
        rows.append(
            {
                "epoch": epoch,
                "train_loss": total / len(inputs),
                "validation_loss": float(squares.sum(dim=1).mean()) / validation_scale,
                "learning_rate": optimizer.param_groups[0]["lr"],
                "seconds": time.monotonic() - begin,
            }
        )
        if not best or rows[-1]["validation_loss"] < rows[best_epoch - 1]["validation_loss"]:
            best_epoch = epoch
            best = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        if epoch == 1 or epoch % LOGGED_EVERY == 0:
            _log_epoch(rows[-1])
        if epoch - best_epoch >= settings["patience"]:
            break
    loss = rows[best_epoch - 1]["validation_loss"]
    log.info("best epoch: %d of %d, validation loss %.4f", best_epoch, len(rows), loss, extra={"screen": True})
    return best, pl.DataFrame(rows).with_columns(best=pl.col("epoch") == best_epoch).cast(CURVE_SCHEMA)


def _log_epoch(row: dict[str, Any]) -> None:
    log.info(
        "epoch %d: loss %.4f on training songs, %.4f on validation songs (1 = predicting the mean), %s so far",
        row["epoch"],
        row["train_loss"],
        row["validation_loss"],
        duration(row["seconds"]),
    )
