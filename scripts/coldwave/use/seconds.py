"""Which seconds of a song carry its score: how far the score falls where they are left out.

Whatever hears a song averages over it: a bag of words is shares of frames, a network's prediction a mean over windows.
So a segment like the rest of the song carries nothing, what some carry others take away, and the parts do not sum to
the score.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.use.left_out import features_without, predicted_without
from coldwave.use.listeners import Listener
from coldwave.use.log_mels import frame_seconds, part_of
from coldwave.use.resources import Resources
from coldwave.use.vectors import Chosen

SECONDS = {"start": pl.Float64, "end": pl.Float64, "part": pl.Float64}


class Seconds(NamedTuple):
    """What the seconds of a song do to its score.

    Attributes
    ----------
    score : of all that is heard of the song; NaN if nothing can be told
    table : ``start``, ``end`` (seconds of the file), ``part`` (what the score loses without them), highest part first
    notes : what is to be said of it, in sentences; why nothing can be told, if the table is empty
    """

    score: float
    table: pl.DataFrame
    notes: tuple[str, ...]


def find_seconds(resources: Resources, chosen: Chosen, listener: Listener, song: int) -> Seconds:
    """Find which seconds of a song of the run carry its score for a listener."""
    files = resources.files
    if chosen.scorer.by_plays[song]:
        return _nothing("No seconds carry this score: it comes from the song's own plays, not from its sound.")
    if chosen.model and chosen.model.kind is None:
        return _nothing(f"No seconds carry this score: {chosen.name} does not listen.")
    try:
        resources.check_hears(chosen)
        part = part_of(files, song)
        if chosen.model:
            ends, vectors = predicted_without(chosen.model, part.log_mel, song)
        else:
            ends, vectors = features_without(files, part.log_mel)
    except InputError as error:
        return _nothing(f"Which seconds carry the score cannot be told: {error}.")
    scores = vectors.astype(np.float64) @ listener.vector
    notes, told = part.notes, chosen.scorer.heard[song].astype(np.float64) @ listener.vector
    if not np.isclose(scores[0], told, rtol=1e-3, atol=1e-4):
        notes = (*notes, f"Seconds are parts of {scores[0]:.3f}, by what {chosen.name} has learnt from this song too.")
    times = part.begin + ends * frame_seconds(files)
    table = pl.DataFrame({"start": times[:-1], "end": times[1:], "part": scores[0] - scores[1:]}, schema=SECONDS)
    return Seconds(float(scores[0]), table.sort("part", descending=True, maintain_order=True), notes)


def _nothing(reason: str) -> Seconds:
    return Seconds(float("nan"), pl.DataFrame(schema=SECONDS), (reason,))
