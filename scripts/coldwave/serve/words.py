"""Find songs or users by words of their names: an inverted index, made once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.matching.names import folded

LAST = "\U0010ffff"  # stands behind all letters


class Hits(NamedTuple):
    """The numbers of what was found, int [<= limit], the best first, and how many there are in all."""

    found: np.ndarray
    total: int


class WordIndex:
    """Names by their words, folded as histories are matched (``coldwave.matching.names``).

    A word that is asked for fits each word that begins with it. What has all of the words is found, in any order: first
    where each is a whole word, then by weight, the highest first, and then by number.

    Parameters
    ----------
    names : columns of names, String [n] each, null where there is none
    weights : [n], such as plays
    """

    def __init__(self, names: Sequence[pl.Series], weights: np.ndarray) -> None:
        self._numbers = np.argsort(-weights.astype(np.float64), kind="stable").astype(np.uint32)
        places = np.empty(len(weights), dtype=np.uint32)
        places[self._numbers] = np.arange(len(weights), dtype=np.uint32)
        pairs = [
            pl.DataFrame({"place": places, "word": folded(column).str.split(" ")}).explode("word").drop_nulls("word")
            for column in names
        ]
        every = pl.concat(pairs).unique().sort("word", "place")
        counted = every.group_by("word", maintain_order=True).len()
        self._places, self._words = every["place"].to_numpy(), counted["word"]
        self._ends = np.append(
            0, counted["len"].to_numpy().cumsum(dtype=np.int64)
        )  # word n has places from _ends[n] to _ends[n + 1]

    def find(self, text: str, limit: int) -> Hits:
        """Find what has all words of a text; a text without words fits everything."""
        wanted = (folded(pl.Series([text], dtype=pl.String))[0] or "").split()
        if not wanted:
            return Hits(self._numbers[:limit], len(self._numbers))
        low, beyond, past = (
            self._words.search_sorted(pl.Series([word + end for word in wanted], dtype=pl.String)).to_list()
            for end in ("", LAST, "\0")
        )
        begun = self._all(zip(low, beyond, strict=True))
        whole = self._all(zip(low, past, strict=True))
        first = np.flatnonzero(whole)[:limit]
        begun[first] = False
        others = np.flatnonzero(begun)
        found = np.concatenate((first, others[: limit - len(first)]))
        return Hits(self._numbers[found], len(first) + len(others))

    def _all(self, ranges: Iterable[tuple[int, int]]) -> np.ndarray:
        """Mark what has a word of each range: bool [n], by place."""
        marked = None
        for begin, end in ranges:
            one = np.zeros(len(self._numbers), dtype=bool)
            one[self._places[self._ends[begin] : self._ends[end]]] = True
            marked = one if marked is None else marked & one
        return marked
