"""Ids as numbers, so that a row keeps 4 bytes for its id."""

import numpy as np
import polars as pl

from coldwave.plays.encoded import Encoded


class Codes:
    """Numbers ids from 0 as they come."""

    def __init__(self) -> None:
        self._type = pl.Categorical(pl.Categories.random(physical=pl.UInt32))
        self._known = pl.Series([], dtype=self._type)  # polars keeps the numbers as long as there is such a series
        self.size = 0

    def encode(self, ids: Encoded) -> np.ndarray:
        """Return the codes u32 [n] of the rows' ids; new ids get the next codes."""
        if ids.of_rows is None:
            return self._codes(ids.values)
        place = ids.of_rows.to_numpy()
        used = np.zeros(len(ids.values), dtype=bool)
        used[place] = True
        codes = np.zeros(len(used), dtype=np.uint32)
        codes[used] = self._codes(ids.values.filter(pl.Series(used)))
        return codes[place]

    def _codes(self, ids: pl.Series) -> np.ndarray:
        codes = ids.cast(self._type).to_physical().to_numpy()
        self.size = max(self.size, int(codes.max()) + 1) if len(codes) else self.size
        return codes

    def sorted_ids(self) -> tuple[pl.Series, np.ndarray]:
        """Return the ids, sorted bytewise, and the position u32 of each code among them."""
        ids = pl.int_range(self.size, dtype=pl.UInt32, eager=True).cat.to(self._type).cast(pl.String)
        order = ids.arg_sort()
        position = np.empty(self.size, dtype=np.uint32)
        position[order.to_numpy()] = np.arange(self.size, dtype=np.uint32)
        return ids.gather(order), position
