"""Songs' vectors from all shards, in the order of the songs."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from coldwave.errors import InputError


def gathered(index: pl.DataFrame, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return float32 [songs, d], NaN rows for songs without usable audio.

    Parameters
    ----------
    index : one row for each song, in order (``coldwave.audio.index``)
    arrays : by the name of the shard, float32 [vectors, d]

    Raises
    ------
    InputError
        The shards' vectors are of different lengths, or fewer than the index says.
    """
    widths = {array.shape[1] for array in arrays.values()}
    if len(widths) > 1:
        raise InputError(f"the shards' vectors have {min(widths)} and {max(widths)} numbers; delete them and run again")
    found = np.full((index.height, widths.pop()), np.nan, dtype=np.float32)
    for shard, part in index.with_row_index("place").filter(pl.col("frames") > 0).group_by("shard"):
        if part["start"].max() >= len(arrays[shard[0]]):
            raise InputError(f"shard {shard[0]} has {len(arrays[shard[0]]):,} vectors, fewer than its table says; "
                             "delete both and run again")  # fmt: skip
        found[part["place"].to_numpy()] = arrays[shard[0]][part["start"].to_numpy()]
    return found
