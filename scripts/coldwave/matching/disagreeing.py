"""Matches by an identifier whose names speak against it: a wrong id in a file's tags goes before its names."""

import polars as pl
from rapidfuzz import fuzz

from coldwave.matching.fuzzy import NEAR
from coldwave.matching.names import folded
from coldwave.matching.stages import ISRC, RECORDING


def names_disagree(matched: pl.DataFrame) -> pl.Series:
    """Mark the matches by a recording's id or an ISRC of which neither the artist nor the title is near the song's.

    Words that only one of two names has do not count, nor does their order. Where a name is unknown, nothing is marked.
    The same name in two scripts is marked, although it is right.

    Parameters
    ----------
    matched : ``how``, and ``artist`` and ``title`` of tracks and, with ``song_`` before them, of their songs

    Returns
    -------
    Boolean
    """
    by_id = matched["how"].is_in([RECORDING, ISRC])
    for name in ("artist", "title"):
        ours, theirs = folded(matched[name]), folded(matched[f"song_{name}"])
        far = [
            given and one is not None and other is not None and fuzz.token_set_ratio(one, other) < NEAR
            for given, one, other in zip(by_id, ours, theirs, strict=True)
        ]
        by_id = pl.Series("names_disagree", far, dtype=pl.Boolean)
    return by_id


def note(matched: pl.DataFrame) -> list[str]:
    """Say how many matches' names disagree; nothing if there is none.

    ``matched`` is as `exhibits.matched_tracks` makes it.
    """
    wrong = matched.filter("names_disagree")
    if wrong.is_empty():
        return []
    return [
        f"Ids that disagree with names: {wrong.height:,} tracks, with {wrong['plays'].sum():,} plays, went by their id "
        "to a song of another artist and another title. If the ids in the files' tags are wrong, correct them, or "
        "write overrides."
    ]
