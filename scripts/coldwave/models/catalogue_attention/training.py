"""Training of the attention: each training song is predicted from the other known songs of its artist.

It starts at the artist's best linear unbiased prediction, and weights decay towards that. It is made of a projection
and a few numbers, so it runs on one thread of the processor, where the same seed gives the same bytes, or on a GPU.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import torch

from coldwave.models.catalogue_attention.attention import Attention
from coldwave.models.catalogue_attention.catalogue import EMPTY, list_others
from coldwave.models.catalogue_attention.network import Network, Songs
from coldwave.models.devices import one_thread
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.models.mlp.training import training_batches
from coldwave.progress import duration

log = logging.getLogger(__name__)

LOGGED_EVERY = 10  # epochs
LOWEST = 1 / 64  # ratio of artists' variance to the noise's at the start, so that attention can rise from there


def hide_some(others: np.ndarray, empty: float, rng: np.random.Generator) -> np.ndarray:
    """Draw which of the others a song sees: bool [songs, n], so that it also learns from few and from none.

    With probability ``empty`` it sees none, else a number of them drawn evenly from 1 to all.
    """
    there = others != EMPTY
    number = np.ceil(rng.random(len(others)) * there.sum(axis=1)) * (rng.random(len(others)) >= empty)
    ranks = np.where(there, rng.random(others.shape), 2).argsort(axis=1).argsort(axis=1)
    return there & (ranks < number[:, None])


def begin_at(features: np.ndarray, ratio: np.ndarray, dimensions: int) -> tuple[np.ndarray, ...]:
    """Find where attention starts: the features' mean [d], a projection [d, h] on what varies most, and `start` [k].

    Parameters
    ----------
    features : float32 [songs, d], of known songs that have them
    ratio : float64 [k], variance of artists in ratio to that of the noise
    """
    mean = features.mean(axis=0, dtype=np.float64)
    values, vectors = np.linalg.eigh(np.cov(features - mean, rowvar=False, bias=True).reshape(features.shape[1], -1))
    kept = slice(-min(dimensions, len(values)), None)
    projection = vectors[:, kept] / np.sqrt(max(values[kept].sum(), 1e-30))  # projected features have length one
    start = -np.log(np.maximum(ratio, LOWEST))
    return tuple(one.astype(np.float32) for one in (mean, projection, start))


def train_attention(
    artist: np.ndarray,
    known: np.ndarray,
    features: np.ndarray,
    left: np.ndarray,
    ratio: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> tuple[Attention, pl.DataFrame]:
    """Minimise the squared error of what is left of training songs; keep the best epoch by validation songs.

    The loss is relative to the error of the start, so 1 means that attention changes nothing. The start itself is a
    candidate. ``share`` is 1: nothing is known of it here.

    Parameters
    ----------
    artist : int [songs]; known : bool [songs], in catalogues
    features : float32 [songs, d], NaN rows for songs without
    left : float64 [songs, k], what an audio model leaves of each song, as if it were new to it
    ratio : float64 [k], variance of artists in ratio to that of the noise
    training, validation : bool [songs], with features
    settings : a ``catalogue_attention`` entry of the configuration's models
    """
    heard = np.isfinite(features).all(axis=1)
    mean, projection, start = begin_at(features[known & heard], ratio, settings["dimensions"])
    others = list_others(artist, known, settings["catalogue"])
    centred = np.where(heard[:, None], features - mean, 0).astype(np.float32)
    songs = Songs(centred, left.astype(np.float32), others, device)
    with one_thread():
        network = Network(torch.from_numpy(projection), torch.from_numpy(start)).to(device)
        learnt, curve = _fit(network, songs, others, np.flatnonzero(training), np.flatnonzero(validation),
                             settings, seed)  # fmt: skip
    projection = projection + learnt["turn"]
    null, share = start + learnt["trust"], np.array(1, dtype=np.float32)
    return Attention(mean, projection, learnt["sharpness"], learnt["gate"], null, start, share), curve


def _fit(
    network: Network,
    songs: Songs,
    others: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[dict[str, np.ndarray], pl.DataFrame]:
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"]
    )
    size = settings["batch_size"]

    def error(part: np.ndarray) -> float:
        with torch.inference_mode():
            batches = np.split(part, range(size, len(part), size))
            squares = ((songs.wanted(some) - network(*songs.batch(some))).square() for some in batches)
            return max(sum(float(each.double().sum()) for each in squares) / len(part), 1e-30)

    scale, validation_scale = error(training), error(validation)
    rows, best, best_epoch = [(0, 1.0, 1.0, settings["learning_rate"], 0.0)], _state(network), 0
    begin = time.monotonic()
    for epoch in range(1, settings["epochs"] + 1):
        rng = np.random.default_rng([seed, epoch, 1])
        total = torch.zeros((), dtype=torch.float64, device=songs.left.device)
        for batch in training_batches(len(training), size, seed, epoch):
            chosen = training[batch]
            queries, keys, values, _ = songs.batch(chosen)
            shown = torch.from_numpy(hide_some(others[chosen], settings["empty"], rng)).to(queries.device)
            errors = network(queries, keys, values, shown) - songs.wanted(chosen)
            loss = errors.square().sum(dim=1).mean() / scale
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach().double() * len(batch)
        losses = float(total) / len(training), error(validation) / validation_scale
        rows.append((epoch, *losses, settings["learning_rate"], time.monotonic() - begin))
        if losses[1] < rows[best_epoch][2]:
            best, best_epoch = _state(network), epoch
        if epoch % LOGGED_EVERY == 0:
            log.info("epoch %d: loss %.4f on training songs, %.4f on validation songs (1 = no attention), %s so far",
                     *rows[-1][:3], duration(rows[-1][4]))  # fmt: skip
        if epoch - best_epoch >= settings["patience"]:
            break
    log.info("best epoch: %d of %d, validation loss %.4f", best_epoch, len(rows) - 1, rows[best_epoch][2],
             extra={"screen": True})  # fmt: skip
    curve = pl.DataFrame(rows, schema=list(CURVE_SCHEMA)[:-1], orient="row")
    return best, curve.with_columns(best=pl.col("epoch") == best_epoch).cast(CURVE_SCHEMA)


def _state(network: Network) -> dict[str, np.ndarray]:
    return {name: parameter.detach().cpu().numpy().copy() for name, parameter in network.named_parameters()}
