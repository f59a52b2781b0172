"""Plays for tests of what is learnt from plays: groups of users, each with songs of its own."""

import numpy as np
import polars as pl

from coldwave.plays.tables import PLAYS


def grouped_plays(
    seed: int, users: int, songs: int, groups: int = 2, own: float = 0.48, other: float = 0.12
) -> pl.DataFrame:
    """Draw a table of plays; a user plays a song of the same group, or of another, with these probabilities."""
    rng = np.random.default_rng(seed)
    alike = (np.arange(users)[:, None] % groups) == (np.arange(songs) % groups)
    user, song = np.nonzero(rng.random((users, songs)) < np.where(alike, own, other))
    return pl.DataFrame({"user": user, "song": song, "count": rng.integers(1, 9, len(user))}, schema_overrides=PLAYS)
