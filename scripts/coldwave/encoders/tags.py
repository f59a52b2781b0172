"""Tags that an encoder gives of a song beside its vector: how much each fits, from 0 to 1, at the end of its row."""

import numpy as np

from coldwave.encoders.musicnn_weights import TAGS

NAMES = {"musicnn": TAGS}  # by network, in the order of its outputs


def tag_names(network: str) -> tuple[str, ...]:
    """List the tags that a network gives; none if it gives vectors alone."""
    return NAMES.get(network, ())


def parted(rows: np.ndarray, network: str) -> tuple[np.ndarray, np.ndarray]:
    """Part rows, [n, d + tags], into vectors [n, d] and tags [n, tags]."""
    width = rows.shape[1] - len(tag_names(network))
    return rows[:, :width], rows[:, width:]


def highest(tags: dict[str, float], number: int) -> str:
    """Name the tags that fit best: ``guitar 0.61, folk 0.44``."""
    return ", ".join(f"{tag} {value:.2f}" for tag, value in list(tags.items())[:number])


def ordered(names: tuple[str, ...] | list[str], values: np.ndarray) -> dict[str, float]:
    """Map tags to how much they fit, [tags], the best first."""
    order = np.argsort(-values, kind="stable")
    return {names[place]: float(values[place]) for place in order}
