"""The filters of a network's first layer (section 5.2 of the paper: over all mel bands and a few frames)."""

from collections.abc import Mapping

import numpy as np

from coldwave.errors import InputError

FIRST_LAYER = "networks.0.convolutions.0.convolution.weight"  # as coldwave.models.cnn.network names it


def first_filters(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Pick the filters out of a network's weights: float [filters, mel bands, frames].

    Raises
    ------
    InputError
        The weights have no such layer.
    """
    weights = arrays.get(FIRST_LAYER)
    if weights is None or weights.ndim != 4 or weights.shape[3] != 1:
        raise InputError(f"the network's weights have no {FIRST_LAYER} of filters over mel bands and frames")
    return weights[..., 0]


def largest(filters: np.ndarray, number: int) -> np.ndarray:
    """Return the filters with the largest norms, sorted by the mel band at the centre of their energy."""
    energy = np.square(filters, dtype=np.float64)
    kept = np.sort(np.argsort(-energy.sum(axis=(1, 2)), kind="stable")[:number])
    by_band = energy[kept].sum(axis=2)
    centre = by_band @ np.arange(filters.shape[1]) / np.maximum(by_band.sum(axis=1), 1e-300)
    return filters[kept[np.argsort(centre, kind="stable")]]
