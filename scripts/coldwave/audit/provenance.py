"""What learnt files come from: the songs that they were fitted on, and the files that their rules read."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from coldwave.split.parts import TRAIN


def strange_songs(
    fitted: np.ndarray, split: pl.DataFrame, songs: pl.DataFrame, allowed: Sequence[str] = (TRAIN,)
) -> str | None:
    """Say which songs something was fitted on besides those of the parts that are allowed; None if there are none.

    Parameters
    ----------
    fitted : bool [songs]
    split : table ``song``, ``part``; songs : table ``song``, ``song_id``; row n is song n in both
    """
    if len(fitted) != len(split):
        return f"it was fitted on another catalogue, of {len(fitted):,} songs instead of {len(split):,}"
    if not fitted.any():
        return "it names no song that it was fitted on"
    held_out = np.flatnonzero(fitted & ~split["part"].is_in(allowed).to_numpy())
    if len(held_out) == 0:
        return None
    first = int(held_out[0])
    return (
        f"it was fitted on {len(held_out):,} songs that are held out, e.g. {songs['song_id'][first]!r}, "
        f"a {split['part'][first]} song"
    )


def forbidden_inputs(inputs: Mapping[str, Sequence[str]], forbidden: Iterable[str]) -> dict[str, list[str]]:
    """Find, for each rule that learns, the declared inputs that begin with one of ``forbidden``."""
    beginnings = tuple(forbidden)
    return {rule: [path for path in paths if path.startswith(beginnings)] for rule, paths in inputs.items()}
