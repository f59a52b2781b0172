"""An index of song vectors for maximum inner product, by Faiss: exact, or approximate with its recall measured."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from coldwave.errors import InputError

if TYPE_CHECKING:
    import faiss

EXACT, APPROXIMATE = "exact", "approximate"
MOST_EXACT = 500_000  # songs: with more, an exact answer takes longer than some 15 ms
AT = 100  # best songs that the recall is of, or a tenth of all where these are fewer
ENOUGH = 0.95  # of them that an approximate index is to find, for users who choose how far it looks
USERS = 1000  # who are asked: one half chooses how far the index looks, the recall is measured on the other
_FEWEST = 39  # songs of a cell on average, below which Faiss warns of poor cells
_SCORES_AT_ONCE = 1 << 25
_ROUNDING = 1e-6  # of a score, relative to the lengths of both vectors


class Index(NamedTuple):
    """An index, and what is known of it.

    Attributes
    ----------
    faiss : labels of its answers are song numbers
    kind : ``EXACT`` or ``APPROXIMATE``
    songs : in it
    at : songs that the recall is of
    recall : of users' ``at`` best songs, the mean share that is found; None if there is no user to ask
    users : int64 [asked], numbers of the users whom the recall is of
    cells, searched : of an approximate index, how many cells there are, and how many a search looks at; else 0
    """

    faiss: "faiss.Index"
    kind: str
    songs: int
    at: int
    recall: float | None
    users: np.ndarray
    cells: int = 0
    searched: int = 0


def make_index(songs: np.ndarray, users: np.ndarray, kind: str | None = None) -> Index:
    """Index the songs that have a vector, and measure the recall for users of the run, drawn without chance.

    A user whose vector is zero is not asked: all songs tie, so that any answer would count as right.

    An approximate index puts songs into cells, and a search looks at the nearest of them: at so many more, doubled
    from one, that ``ENOUGH`` is found for one half of the users. The recall is that of the other half. With no user to
    choose by, it looks at all cells.

    Parameters
    ----------
    songs : float32 [songs, k], NaN rows for songs without; users : float32 [users, k]
    kind : by default ``EXACT`` up to ``MOST_EXACT`` songs

    Raises
    ------
    InputError
        No song has a vector.
    """
    import faiss

    known = np.flatnonzero(np.isfinite(songs).all(axis=1))
    if not len(known):
        raise InputError("the model has no vector of any song: there is nothing to index")
    vectors, at = np.ascontiguousarray(songs[known], np.float32), min(AT, -(-len(known) // 10))
    apart = np.flatnonzero(np.asarray(users).any(axis=1))
    asked = apart[np.unique(np.linspace(0, len(apart) - 1, min(len(apart), USERS)).astype(np.int64))]
    choosing, judging = asked[1::2], asked[::2]
    kind = kind or (EXACT if len(known) <= MOST_EXACT else APPROXIMATE)
    if kind == EXACT:
        index = faiss.IndexIDMap(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(vectors, known)
        return Index(index, kind, len(known), at, _recall_if_asked(index, songs, users[judging], at), judging)
    cells = max(1, min(int(4 * len(known) ** 0.5), len(known) // _FEWEST))
    coarse = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(coarse, vectors.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add_with_ids(vectors, known)
    index.nprobe = 1
    while index.nprobe < cells and (not len(choosing) or recall(index, songs, users[choosing], at) < ENOUGH):
        index.nprobe = min(2 * index.nprobe, cells)
    found = _recall_if_asked(index, songs, users[judging], at)
    return Index(index, kind, len(known), at, found, judging, cells, index.nprobe)


def _recall_if_asked(index: "faiss.Index", songs: np.ndarray, users: np.ndarray, at: int) -> float | None:
    return recall(index, songs, users, at) if len(users) else None


def recall(index: "faiss.Index", songs: np.ndarray, users: np.ndarray, at: int) -> float:
    """Compare an index with all inner products: the mean share of its ``at`` answers that are among the best ``at``.

    A song that ties with the last of the best, but for rounding, is one of them.

    Parameters
    ----------
    songs : float32 [songs, k], NaN rows for songs that are not in it; users : float32 [users, k]
    """
    shares, step, longest = [], max(1, _SCORES_AT_ONCE // len(songs)), np.nanmax(np.linalg.norm(songs, axis=1))
    for begin in range(0, len(users), step):
        some = np.ascontiguousarray(users[begin : begin + step], np.float32)
        scores = np.nan_to_num(some @ songs.T, nan=-np.inf)
        least = np.partition(scores, scores.shape[1] - at, axis=1)[:, [scores.shape[1] - at]]
        least -= _ROUNDING * longest * np.linalg.norm(some, axis=1, keepdims=True)
        answers = index.search(some, at)[1]
        reached = np.take_along_axis(scores, np.maximum(answers, 0), axis=1) >= least
        shares.append((reached & (answers >= 0)).mean(axis=1))
    return float(np.concatenate(shares).mean())
