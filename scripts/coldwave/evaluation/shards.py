"""Share the users of an evaluation out among jobs: each ranks the test songs for its own shard.

Users do not depend on each other, so the shards make the same bits as one job, in a file each.
"""

from collections.abc import Sequence

import numpy as np

from coldwave.errors import InputError
from coldwave.evaluation.candidates import CandidateSongs
from coldwave.evaluation.ranking import Standing, missing_songs, stand
from coldwave.evaluation.scoring import distinct_vectors, users_of_chunk


def stand_shard(
    user_vectors: np.ndarray, test: CandidateSongs, length: int, shard: int, shards: int, threads: int = 1
) -> Standing:
    """Rank the test songs for one shard of the users: their pairs, and their lists [users of the shard, length].

    Parameters
    ----------
    user_vectors : [users, k], of all users; may be memory-mapped
    length : that of the lists
    shard, shards : which shard, from 0, and how many there are

    Raises
    ------
    InputError
        The vectors cannot be ranked.
    """
    try:
        first, last = _cuts(test, shards)[shard : shard + 2]
        starts = test.starts[first : last + 1]
        relevant = test.relevant[starts[0] : starts[-1]]
        return stand(user_vectors[first:last], test.vectors, starts - starts[0], relevant, test.order, length, threads)
    except ValueError as error:
        raise InputError(f"the vectors cannot be ranked: {error}") from error


def joined(shards: Sequence[Standing], test: CandidateSongs, length: int) -> Standing:
    """Put all shards together, in their order; ``length`` is that of their lists.

    Raises
    ------
    InputError
        They are not those of these users and plays.
    """
    pairs, users = sum(len(shard.above) for shard in shards), sum(len(shard.lists) for shard in shards)
    found = pairs, users, {shard.lists.shape[1] for shard in shards}
    if found != (len(test.relevant), len(test.starts) - 1, {min(length, len(test.songs))}):
        raise InputError(
            f"the shards have {pairs} pairs, {users} users and lists of {found[-1]}, not {len(test.relevant)} pairs, "
            f"{len(test.starts) - 1} users and lists of {length}: delete scores_in_shards/ of the run and run again"
        )
    return Standing(*(np.concatenate(parts) for parts in zip(*shards, strict=True)))


def _cuts(test: CandidateSongs, shards: int) -> np.ndarray:
    """Where the shards begin and end: users, int64 [shards + 1].

    A shard has whole chunks of those that one job would score: a product of matrices may round otherwise in a chunk of
    another size.
    """
    distinct = distinct_vectors(test.vectors, missing_songs(test.vectors))[0]
    users = np.flatnonzero(np.diff(test.starts))
    chunks = users[:: users_of_chunk(len(distinct))]
    inner = chunks[np.arange(1, shards) * len(chunks) // shards]
    return np.concatenate([[0], inner, [len(test.starts) - 1]])
