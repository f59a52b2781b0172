"""What a model that is told the demo world's planted traits sees of a song."""

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.world.styles import ORDER_FREE, ORDER_ONLY, SCENES

TRAITS = {
    "order_free": ORDER_FREE,
    "audible": (*ORDER_FREE, "swing", *ORDER_ONLY),
    "all": (*ORDER_FREE, "swing", *ORDER_ONLY, "scene", "fame", "luck"),
}


def trait_features(truth: pl.DataFrame, song_ids: pl.Series, traits: str) -> np.ndarray:
    """Make features of planted traits: float32 [songs, d], each of zero mean and unit variance over the songs.

    The scene has an indicator for each of its values. The other traits are taken as they are, because users' taste is
    linear in them.

    Parameters
    ----------
    truth : the demo world's truth, in any order (``coldwave.world.raw_files.TRUTH``)
    song_ids : of the songs, in the order of the rows to make
    traits : a key of ``TRAITS``

    Raises
    ------
    InputError
        The truth lacks a song.
    """
    known = pl.DataFrame({"song_id": song_ids}).join(truth, on="song_id", how="left", maintain_order="left")
    if lacking := known["tempo"].null_count():
        raise InputError(f"the demo world's truth lacks {lacking:,} of {known.height:,} songs: delete it and run again")
    columns = [
        (known[name].to_numpy()[:, None] == np.arange(len(SCENES)))
        if name == "scene"
        else known[name].to_numpy()[:, None]
        for name in TRAITS[traits]
    ]
    values = np.hstack(columns).astype(np.float64)
    deviation = values.std(axis=0)
    return ((values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1)).astype(np.float32)
