"""Configs that the command writes or prints: of a listening history and a library."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from coldwave.errors import InputError
from coldwave.inspection.findings import read_otherwise

RUN = "mine"  # the run's name
QUICK = frozenset({"random", "mean", "knn", "linear", "usage"})  # kinds that take seconds
SONGS_IN_SHARD = 400
SHARDS = (2, 256)  # fewest, most


def history_settings(paths: Sequence[Path], name: str, library: Path) -> dict[str, Any]:
    """Make the part of a config that reads histories and a library; songs that nobody has played stay in it.

    Parameters
    ----------
    paths : of histories of the same person; name : the first one's format

    Raises
    ------
    InputError
        The config could not name a path.
    """
    for path in (*paths, library):
        if why := read_otherwise(path):
            raise InputError(f"{path}: the path {why[0]}: give it by another name, such as a link to it")
    first, *also = map(str, paths)
    plays = {"path": first, "format": name, "min_users": 0, "songs": {"path": str(library)}}
    together = {"history": {"user": "me", "also": also}} if also else {}  # each may have another name for the user
    return {"run": RUN, "world": None, "plays": plays | together}


def histories_of(config: Mapping[str, Any]) -> list[Path]:
    """List the histories that a config names."""
    plays = config.get("plays") or {}
    return [
        Path(os.path.expandvars(path))
        for path in (plays.get("path"), *((plays.get("history") or {}).get("also") or []))
        if path
    ]


def quick_settings(models: dict[str, dict[str, Any]], files: int) -> dict[str, Any]:
    """Make the part of a config that keeps a run short: no networks, factors without a search, few shards.

    Parameters
    ----------
    models : of the default config, by name
    files : of audio
    """
    left_out = [name for name, model in models.items() if model["kind"] not in QUICK]
    return {
        "models": dict.fromkeys(left_out),
        "wmf": {"factors": 10, "alpha": 2.0, "regularization": 10.0},
        "audio": {"shards": min(max(SHARDS[0], -(-files // SONGS_IN_SHARD)), SHARDS[1])},
    }


def as_yaml(settings: dict[str, Any]) -> str:
    """Write settings as YAML."""
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120)
