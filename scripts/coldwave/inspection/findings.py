"""What an inspection has found out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LINES = 100_000  # of a file that are read, at least; counts of a longer one are of its beginning
SHOWN = 5  # rows of a preview
# Signs that a config does not take as they are
_SIGNS = {
    "$": "begins the name of a variable",
    "<": "begins the name of a run's folder",
    "{": "begins a part that Snakemake fills in",
}


@dataclass(frozen=True)
class Inspection:
    """What a file or folder is.

    ``kind`` is one of ``audio folder``, ``audio file``, ``songs``, ``plays``, ``history``, ``embeddings``, ``array``,
    ``run`` and ``unknown``; ``words`` say it for people. ``whole`` is False where ``counts`` are those of the first
    part of the file alone. ``columns`` are empty where there are none, ``preview`` holds the first rows or lines.
    ``settings`` are the part of a config that reads it, empty where nothing does; ``notes`` say what to look at.
    """

    path: Path
    kind: str
    words: str
    counts: dict[str, int] = field(default_factory=dict)
    whole: bool = True
    columns: list[str] = field(default_factory=list)
    preview: list[list[str]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_otherwise(path: Path) -> list[str]:
    """Say what of a path a config would read as something else; nothing of most paths."""
    return [f"has a {sign}, which in a config {why}" for sign, why in _SIGNS.items() if sign in str(path)]
