"""A cache of log-mels, by the digests of the file's content, the settings and the code."""

import ast
import hashlib
import inspect
import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from coldwave.audio import decode, ffmpeg, flac, log_mel, mapped, mp3, ogg, signal_check
from coldwave.files import replacing

MODULES = (decode, ffmpeg, flac, log_mel, mapped, mp3, ogg, signal_check)  # the code that a log-mel depends on


def extraction_key(settings: Mapping[str, Any]) -> str:
    """Digest what a log-mel depends on besides the file: settings, the modules that compute it, and libraries."""
    code = [_without_words(inspect.getsource(module)) for module in MODULES]
    libraries = [version("numpy"), version("soxr"), soundfile.__libsndfile_version__]
    text = json.dumps([dict(settings), code, libraries], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without_words(source: str) -> str:
    """Return a module's code without its comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def entry_path(cache: Path, digest: str, key: str) -> Path:
    """Name the file that keeps the log-mel of a file's content."""
    return cache / "log_mel" / digest[:2] / f"{digest}-{key}.npz"


def load_entry(path: Path, mel_bands: int) -> tuple[np.ndarray, float] | None:
    """Return float16 [frames, mel_bands] log-mels and their seconds, or None if the entry is missing or damaged.

    An entry is a zip of NPY files, so that its checksums are checked.
    """
    try:
        with np.load(path, allow_pickle=False) as entry:
            frames, seconds = entry["log_mel"], float(entry["seconds"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, NotImplementedError, zipfile.BadZipFile):
        return None
    if frames.dtype != np.float16 or frames.ndim != 2 or frames.shape[1] != mel_bands or len(frames) == 0:
        return None
    return frames, seconds


def save_entry(path: Path, frames: np.ndarray, seconds: float) -> None:
    """Keep the log-mels of a file. Raises OSError, and InputError where the disk is full."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, log_mel=frames, seconds=np.float64(seconds))
