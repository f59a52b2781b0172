"""The columns of a table of scores: ids of a user and a song, and the score.

The workflow looks them up before it plans anything, so this module imports little, as ``coldwave.plays.columns``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coldwave.embeddings.columns import read_header, text_lines
from coldwave.errors import InputError
from coldwave.plays.columns import find_columns
from coldwave.plays.streams import HEADER_BYTES

COLUMNS = ("user", "song", "score")  # settings that name them


def find_scores(header: Sequence[str], options: Mapping[str, Any], key: str, path: Path) -> list[int]:
    """Find the columns of the user, the song and the score: their positions, from 0.

    Raises
    ------
    InputError
        Some are missing (a line each), or two are the same.
    """
    places = find_columns([(f"{key}.{name}", options[name]) for name in COLUMNS], header, path)
    if len(set(places)) < len(places):
        named = ", ".join(f"{name}: {options[name]}" for name in COLUMNS)
        raise InputError(f"{key}: user, song and score must be three different columns of {path}, not {named}")
    return places


def check_scores_text(path: Path, options: Mapping[str, Any], key: str) -> None:
    """Look up the columns in the header of delimited text.

    Raises
    ------
    InputError
        As `find_scores` and ``coldwave.embeddings.columns.read_header``.
    """
    find_scores(read_header(text_lines(path, options, key, HEADER_BYTES), key, path), options, key, path)
