"""What the record of a run says of an encoder."""

from collections.abc import Mapping
from typing import Any

from coldwave.encoders.musicnn_weights import CITATION, DATA, DIGESTS, LICENCE


def about(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Say what an encoder is and its licence (``network`` and ``licence`` of its entry).

    MusiCNN's digest (SHA-256) is said as well. A file that the config names is among the run's inputs, with its own.
    """
    if entry["network"] == "musicnn":
        return {"network": "musicnn", "sha256": DIGESTS[DATA], "licence": LICENCE, "citation": CITATION}
    return {"network": entry["network"], "licence": entry["licence"]}
