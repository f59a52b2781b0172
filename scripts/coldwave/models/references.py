"""The models that all others are compared with: random rankings, mean factors, and popularity as an oracle."""

import numpy as np

RANDOM_DIMENSIONS = 32  # enough that the users' rankings are almost independent


def random_vectors(users: int, songs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw user vectors [users, 32] and song vectors [songs, 32], float32: a ranking at random for each user.

    Users get vectors of their own because all user factors point in similar directions: with those, one draw of song
    vectors would be lucky or unlucky for everybody at once.
    """
    rng = np.random.default_rng(seed)
    song_vectors = rng.standard_normal((songs, RANDOM_DIMENSIONS), dtype=np.float32)
    return rng.standard_normal((users, RANDOM_DIMENSIONS), dtype=np.float32), song_vectors


def mean_vectors(song_factors: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Give every song the mean factors of the training songs: float32 [songs, factors]."""
    mean = song_factors[training].mean(axis=0, dtype=np.float64).astype(np.float32)
    return np.tile(mean, (len(song_factors), 1))


def popularity_vectors(song_users: np.ndarray, users: int) -> tuple[np.ndarray, np.ndarray]:
    """Rank songs by their number of users, the same for everybody: an oracle, as that is unknown for a new song.

    Parameters
    ----------
    song_users : int [songs], users of each song over all plays, those of test songs included

    Returns
    -------
    user vectors of ones float32 [users, 1], song vectors, the number itself, float32 [songs, 1] (exact up to 2^24)
    """
    return np.ones((users, 1), dtype=np.float32), song_users.astype(np.float32)[:, None]
