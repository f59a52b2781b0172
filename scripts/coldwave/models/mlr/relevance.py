"""Choose the songs that are relevant to a song: those with the most similar users, from training songs' plays alone."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sparse

from coldwave.errors import InputError
from coldwave.models.mlr.metric import Queries

BLOCK = 256  # queries at a time: bounds memory, and does not change the result


def similar_songs(plays: sparse.csr_matrix, queries: np.ndarray, number: int) -> Iterator[np.ndarray]:
    """Yield for each query the songs whose sets of users are most similar to its own, the most similar first.

    Similarity is the cosine of binary user vectors, users in common / sqrt(users · users); ties go to the first song.
    A song without a user in common is never taken, nor is the query.

    Parameters
    ----------
    plays : CSR [users, songs], 1 where played; queries : int [n], songs; number : of songs to each query, at most
    """
    users = np.asarray(plays.sum(axis=0)).ravel()
    by_song = plays.T.tocsr()
    for begin in range(0, len(queries), BLOCK):
        block = queries[begin : begin + BLOCK]
        common = (by_song[block] @ plays).toarray()
        for query, row in zip(block, common, strict=True):
            row[query] = 0
            found = np.flatnonzero(row)
            similarity = row[found] / np.sqrt(users[query] * users[found])
            yield found[np.argsort(-similarity, kind="stable")[:number]]


class TooFewPlays(InputError):
    """Nothing can be learnt from the plays, or nothing chosen by them."""


def choose_queries(plays: sparse.csr_matrix, queries: int, relevant: int, irrelevant: int, seed: int) -> Queries:
    """Draw songs as queries, and give each its most similar songs and as many others drawn at random.

    A song without a user in common with any other is no query.

    Parameters
    ----------
    plays : CSR [users, songs] of the training songs, 1 where played
    queries, relevant, irrelevant : numbers of queries and of the candidates of each, at most

    Raises
    ------
    TooFewPlays
        No query is left.
    """
    rng = np.random.default_rng(seed)
    songs = plays.shape[1]
    drawn = np.sort(rng.choice(songs, min(queries, songs), replace=False))
    chosen = Queries([], [], [])
    for query, similar in zip(drawn, similar_songs(plays, drawn, relevant), strict=True):
        other = np.ones(songs, dtype=bool)
        other[similar] = other[query] = False
        others = np.flatnonzero(other)
        if len(others) > irrelevant:
            others = np.sort(rng.choice(others, irrelevant, replace=False))
        if len(similar) and len(others):
            chosen.rows.append(query)
            chosen.relevant.append(similar)
            chosen.irrelevant.append(others)
    if not chosen.rows:
        raise TooFewPlays(
            f"metric learning has no pair of songs to learn from: of {len(drawn)} training songs none has both similar "
            "songs (with a user in common) and others: it needs more plays, or a smaller `relevant`"
        )
    return chosen._replace(rows=np.array(chosen.rows))
