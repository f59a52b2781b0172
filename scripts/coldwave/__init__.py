"""Coldwave's library. ``coldwave.load(folder)`` opens a finished run, to recommend songs with it.

Every script imports this module before any other of the library. It is plumbing: digests of code leave it out, and what
it offers is imported when it is first asked for.
"""

from importlib import import_module
from typing import Any

_OFFERED = {"load": "coldwave.use.opening"}  # names, and the modules that they are in


def __getattr__(name: str) -> Any:
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_OFFERED[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_OFFERED])
