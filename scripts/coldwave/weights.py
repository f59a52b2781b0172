"""Weights of a model as one safetensors file, with its settings: no code is run by reading it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from coldwave.errors import InputError
from coldwave.files import replacing

SETTINGS = "coldwave"  # the one entry of the metadata: the order of several is not kept, and files would differ


def write_weights(path: Path, tensors: dict[str, np.ndarray], settings: dict[str, Any]) -> None:
    """Write arrays and settings."""
    with replacing(path) as temporary:
        whole = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
        save_file(whole, temporary, metadata={SETTINGS: json.dumps(settings, sort_keys=True)})


def read_weights(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read arrays and settings.

    Raises
    ------
    InputError
        The file is missing, truncated or not a model's weights.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            settings = json.loads(file.metadata()[SETTINGS])
            return {name: file.get_tensor(name) for name in file.keys()}, settings  # noqa: SIM118
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InputError(f"{path}: not a model's weights ({error}); delete it and run again") from error
