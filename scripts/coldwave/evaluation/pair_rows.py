"""The types of pairs of songs (``coldwave.evaluation.pair_types``), and the pairs that tables have rows for.

No compiler is imported here, for the report does without it.
"""

from typing import NamedTuple

import numpy as np

BAND = 1.5  # the most users of a song in a band of songs with about as many users, divided by the least
FAMILIARITY, ARTIST, ALIKE = 0, 1, 2  # what songs differ in
TYPES = 9  # for each of the first two 2 · (property of the song played) + that of the other, and pairs of alike songs
CHANCE = "chance"  # what the first audio model is compared with; all others are compared with this model
ALL, BETWEEN, LIKE = "all", "between", "alike"
BY_FAMILIARITY, BY_ARTIST, BY_GENRE_AND_USERS, BY_USERS = "familiarity", "artist", "genre and users", "users"


class Row(NamedTuple):
    """Pairs that the table has a row for: ``types`` says which they are, and ``within`` what the mAP is of, if any."""

    by: str
    pairs: str
    types: np.ndarray
    within: tuple[int, int] | None = None


def _types(*some: int) -> np.ndarray:
    return np.isin(np.arange(TYPES), some).astype(float)


def _by(what: int, by: str, yes: str, no: str) -> list[Row]:
    """List the pairs by a property: within each of its values, between both, and of the latter each direction."""
    first = 4 * what
    return [
        Row(by, yes, _types(first + 3), (what, 1)),
        Row(by, no, _types(first), (what, 0)),
        Row(by, BETWEEN, _types(first + 1, first + 2)),
        Row(by, f"{yes} over {no}", _types(first + 2)),
        Row(by, f"{no} over {yes}", _types(first + 1)),
    ]


EVERY = _types(0, 1, 2, 3)  # each pair is of one of these types


def rows_of(artists_named: bool, tagged: bool) -> list[Row]:
    """List the pairs that have rows; without names of artists there are none by familiarity and by artist."""
    by_artist = _by(FAMILIARITY, BY_FAMILIARITY, "familiar", "discovery") + _by(ARTIST, BY_ARTIST, "known", "new")
    by = BY_GENRE_AND_USERS if tagged else BY_USERS
    alike = Row(by, LIKE, _types(TYPES - 1), (ALIKE, 0)), Row(by, "not alike", EVERY - _types(TYPES - 1))
    return [Row(ALL, ALL, EVERY), *(by_artist if artists_named else []), *alike]
