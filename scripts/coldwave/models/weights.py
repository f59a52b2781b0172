"""Weights of a model as one safetensors file, with its settings: reading it runs no code.

The file also says which songs the weights were fitted on, so that an audit can compare them with the split.
"""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from coldwave.errors import InputError
from coldwave.files import replacing

SETTINGS = "coldwave"  # the only entry of the metadata: several would come in any order, and files would differ
FITTED_ON = "fitted_on"  # beside the settings: a bit for each song, from the first, as base64


def write_weights(
    path: Path, tensors: dict[str, np.ndarray], settings: dict[str, Any], fitted_on: np.ndarray | None = None
) -> None:
    """Write arrays, settings, and the songs that the arrays were fitted on: bool [songs]."""
    known = dict(settings)
    if fitted_on is not None:
        bits = base64.b64encode(np.packbits(fitted_on).tobytes()).decode("ascii")
        known[FITTED_ON] = [len(fitted_on), bits]
    with replacing(path) as temporary:
        whole = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
        save_file(whole, temporary, metadata={SETTINGS: json.dumps(known, sort_keys=True)})


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
            settings.pop(FITTED_ON, None)
            return {name: file.get_tensor(name) for name in file.keys()}, settings  # noqa: SIM118
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InputError(f"{path}: not a model's weights ({error}); delete it and run again") from error


def read_fitted_on(path: Path) -> np.ndarray | None:
    """Read which songs weights were fitted on: bool [songs], or None where the file does not say.

    Raises
    ------
    InputError
        As `read_weights`.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            songs, bits = json.loads(file.metadata()[SETTINGS]).get(FITTED_ON, (None, None))
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InputError(f"{path}: not a model's weights ({error}); delete it and run again") from error
    if songs is None:
        return None
    return np.unpackbits(np.frombuffer(base64.b64decode(bits), dtype=np.uint8), count=songs).astype(bool)
