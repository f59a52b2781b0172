"""How alike two names are, and the nearest names of a list, without comparing every pair of long lists.

Likeness is rapidfuzz's ``ratio``: 100 times twice the length of what two texts have in common, in order, over the sum
of their lengths.
"""

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

NEAREST = {"query": pl.UInt32, "name": pl.UInt32, "likeness": pl.Float32}
PAIRS = 1 << 22  # compared with each other; of more, only those that share a rare piece
CANDIDATES = 2000  # names at most that a query is compared with, of those that share its rarest pieces


def nearest(queries: list[str], names: list[str], least: float, most: int) -> pl.DataFrame:
    """Find for each query the ``most`` names that are most alike, at ``least`` so much.

    Where there are more than ``PAIRS`` pairs, a query is compared with names that share one of its rarest pieces of
    three letters; so the time grows with the length of the lists, not with its square, and a name that is hardly alike
    may be missed.

    Returns
    -------
    DataFrame
        As in ``NEAREST``: query and name by place, sorted by query, then from the most alike, then by name.
    """
    if not queries or not names:
        return pl.DataFrame(schema=NEAREST)
    if len(queries) * len(names) <= PAIRS:
        scores = alike(queries, names, least)
        rows = [_best(place, np.arange(len(names)), row, least, most) for place, row in enumerate(scores)]
    else:
        lists, rows = _sharing(names), []
        for place, query in enumerate(queries):
            found = _candidates(query, lists)
            scores = alike([query], [names[name] for name in found], least)[0]
            rows.append(_best(place, np.array(found, dtype=np.int64), scores, least, most))
    query, name, likeness = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return pl.DataFrame({"query": query, "name": name, "likeness": likeness}).cast(NEAREST)


def alike(queries: list[str], names: list[str], least: float = 0) -> np.ndarray:
    """Compute the likeness of each query and each name, float32 [queries, names]; 0 where it is under ``least``."""
    return process.cdist(queries, names, scorer=fuzz.ratio, score_cutoff=least, dtype=np.float32, workers=1)


def _best(place: int, found: np.ndarray, scores: np.ndarray, least: float, most: int) -> tuple[np.ndarray, ...]:
    kept = np.flatnonzero(scores >= max(least, 1e-6))
    kept = kept[np.lexsort((found[kept], -scores[kept]))][:most]
    return np.full(len(kept), place), found[kept], scores[kept]


def _pieces(text: str) -> set[str]:
    edged = f"\n{text}\n"
    return {edged[start : start + 3] for start in range(max(1, len(edged) - 2))}


def _sharing(names: list[str]) -> dict[str, list[int]]:
    lists: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        for piece in _pieces(name):
            lists.setdefault(piece, []).append(place)
    return lists


def _candidates(query: str, lists: dict[str, list[int]]) -> list[int]:
    """Names that share one of the rarest pieces of a query; where even those are common, the two rarest."""
    known = sorted((len(lists[piece]), piece) for piece in _pieces(query) if piece in lists)
    found: set[int] = set()
    for size, piece in known:
        if len(found) + size > CANDIDATES:
            break
        found.update(lists[piece])
    if known and not found:
        found.update(lists[known[0][1]])
        found.intersection_update(*(lists[piece] for _, piece in known[1:2]))
    return sorted(found)
