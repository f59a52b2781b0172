"""A cache of what is made of audio files, by the digests of the file's content, the settings and the code."""

import ast
import hashlib
import inspect
import json
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import soundfile

from coldwave.audio import decode, ffmpeg, flac, log_mel, mapped, mp3, ogg, signal_check
from coldwave.files import replacing

MODULES = (decode, ffmpeg, flac, log_mel, mapped, mp3, ogg, signal_check)  # the code that a log-mel depends on


def extraction_key(
    settings: Mapping[str, Any], modules: Iterable[ModuleType] = (), libraries: Iterable[str] = ()
) -> str:
    """Digest what is made of a file depends on besides it: settings, the modules that compute it, and libraries.

    ``modules`` and ``libraries`` are needed besides those of log-mels.
    """
    code = [_without_words(inspect.getsource(module)) for module in (*MODULES, *modules)]
    libraries = [*map(version, ("numpy", "soxr", *libraries)), soundfile.__libsndfile_version__]
    text = json.dumps([dict(settings), code, libraries], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def numbers_of(settings: Any, without: Collection[str] = ()) -> dict[str, Any]:
    """Pick the settings of an extractor, a dataclass, that change its numbers: not those that only set files aside.

    ``without`` names more that do not.
    """
    left_out = {"min_seconds", "timeout", *without}
    return {name: value for name, value in asdict(settings).items() if name not in left_out}


def _without_words(source: str) -> str:
    """Return a module's code without its comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def entry_path(cache: Path, name: str, digest: str, key: str) -> Path:
    """Name the file that keeps what was made of a file's content: ``name`` says what."""
    return cache / name / digest[:2] / f"{digest}-{key}.npz"


def load_entry(path: Path, width: int, dtype: type = np.float16) -> tuple[np.ndarray, float] | None:
    """Return the rows kept of a file, [rows, width], and its seconds, or None if the entry is missing or damaged.

    An entry is a zip of NPY files, so that its checksums are checked.
    """
    try:
        with np.load(path, allow_pickle=False) as entry:
            rows, seconds = entry["rows"], float(entry["seconds"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, NotImplementedError, zipfile.BadZipFile):
        return None
    if rows.dtype != dtype or rows.ndim != 2 or rows.shape[1] != width or len(rows) == 0:
        return None
    return rows, seconds


def save_entry(path: Path, rows: np.ndarray, seconds: float) -> None:
    """Keep the rows of a file. Raises OSError, and InputError where the disk is full."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, rows=rows, seconds=np.float64(seconds))
