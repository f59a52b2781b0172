"""Score users against songs, a chunk of users at a time: inner products of their vectors."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from coldwave.progress import track

_SCORES_AT_ONCE = 2**20
_FIRST_NUMBERS = 3
_LARGEST_SCORE = float(np.finfo(np.float32).max)
Result = TypeVar("Result")


def map_scores(
    function: Callable[[np.ndarray, np.ndarray], Result],
    users: np.ndarray,
    user_vectors: np.ndarray,
    distinct: np.ndarray,
    threads: int = 1,
    users_at_once: int | None = None,
) -> Iterator[Result]:
    """Call ``function(scores, chunk)`` for chunks of ``users``, and yield what it returns, in the order of the chunks.

    ``scores``: float32 [chunk, d], of the users ``chunk`` for the vectors ``distinct`` [d, k]. They are valid until the
    function returns. Each thread multiplies its own chunk, with a single BLAS thread. So neither the chunks nor the
    order in which BLAS adds depend on the number of threads.

    Raises
    ------
    ValueError
        User vectors are not finite, or scores overflow float32.
    """
    longest = float(np.sqrt(np.square(distinct, dtype=np.float64).sum(axis=1).max(initial=0)))
    transposed = np.ascontiguousarray(distinct.T)
    step = users_at_once or users_of_chunk(len(distinct))
    # The same memory for chunk after chunk: the system would clear new pages each time, for one thread at a time.
    buffers: SimpleQueue[np.ndarray] = SimpleQueue()
    for _ in range(threads):
        buffers.put(np.empty((min(step, len(users)), len(distinct)), np.float32))

    def score(chunk: np.ndarray) -> Result:
        vectors = np.asarray(user_vectors[chunk], np.float32)
        norms = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1))
        if bad := int((~np.isfinite(norms)).sum()):
            raise ValueError(f"{bad} user vectors are not finite")
        if norms.max() * longest > _LARGEST_SCORE:
            raise ValueError("scores overflow float32: the vectors are too long")
        buffer = buffers.get()
        try:
            return function(np.matmul(vectors, transposed, out=buffer[: len(chunk)]), chunk)
        finally:
            buffers.put(buffer)

    chunks = (users[begin : begin + step] for begin in range(0, len(users), step))
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        yield from track(pool.map(score, chunks), "chunks of users ranked", -(-len(users) // step))


def users_of_chunk(distinct: int) -> int:
    """Users that are scored at once, for so many distinct vectors: about a million scores, and at least 128 users."""
    return int(np.clip(_SCORES_AT_ONCE // max(distinct, 1), 128, 4096))


def distinct_vectors(vectors: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct vectors float32 [d, k], each song's row in them (-1 where missing) [songs], songs a row int32 [d].

    They are sorted by their first numbers, and where those are equal by the second, and so on.
    """
    # Adding zero makes -0.0 and 0.0 one value.
    found = np.asarray(vectors, np.float32)[~missing] + 0.0
    order = np.lexsort(found[:, _FIRST_NUMBERS::-1].T)
    first = found[order, : _FIRST_NUMBERS + 1]
    if (first[1:] != first[:-1]).any(axis=1).all():  # nearly always, and sorting whole rows takes longer
        rows, inverse, counts = found[order], np.argsort(order), np.ones(len(found), np.int32)
    else:
        rows, inverse, counts = np.unique(found, axis=0, return_inverse=True, return_counts=True)
    group = np.full(len(vectors), -1, np.int64)
    group[~missing] = inverse.reshape(-1)
    return rows, group, counts.astype(np.int32)
