"""For which users a song stands out: how far a score is above the user's other scores."""

from typing import Any

import numpy as np
import polars as pl

_AT_ONCE = 1 << 16  # songs: bounds memory


class Lift:
    """Users' scores of one song beside their scores of all songs.

    The lift is (score - mean) / deviation, of the mean and the standard deviation of the user's scores over songs. A
    score grows with a user's activity, and so do the mean and the deviation: the lift does not.

    Attributes
    ----------
    mean, deviation : of each user's scores, float64 [users]
    """

    def __init__(self, users: np.ndarray, songs: np.ndarray) -> None:
        """``users``: [users, k]; ``songs``: [songs, k], NaN rows for songs without, which do not count."""
        self._users = np.asarray(users, np.float64)
        rows = np.flatnonzero(np.isfinite(songs).all(axis=1))
        parts = [rows[begin : begin + _AT_ONCE] for begin in range(0, len(rows), _AT_ONCE)]
        width, number = self._users.shape[1], max(1, len(rows))
        self._centre = sum((np.sum(songs[part], axis=0, dtype=np.float64) for part in parts), np.zeros(width)) / number
        spread = np.zeros((width, width))
        for part in parts:
            away = songs[part] - self._centre
            spread += away.T @ away
        self.mean = self._users @ self._centre
        variance = ((self._users @ (spread / number)) * self._users).sum(axis=1)
        self.deviation = np.sqrt(np.maximum(variance, 0))
        # Rounding leaves a deviation to a user orthogonal to all differences, and differences to songs that are equal.
        smallest = max(1e-7 * np.sqrt(np.trace(spread) / number), 1e-12 * np.linalg.norm(self._centre))
        self._alike = self.deviation <= smallest * np.linalg.norm(self._users, axis=1)

    def of(self, song: np.ndarray) -> np.ndarray:
        """Return each user's lift of a song, [k]: float64 [users], NaN for a user to whom all songs are the same."""
        with np.errstate(invalid="ignore", divide="ignore"):
            lift = self._users @ (np.asarray(song, np.float64) - self._centre) / self.deviation
        return np.where(self._alike, np.nan, lift)

    def best(self, song: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the users with the highest lift of a song, the first ones among equals: int64 [n], and their lifts.

        There are none where all users are the same to the song: it stands out for nobody in particular.
        """
        lift = self.of(song)
        users = np.flatnonzero(np.isfinite(lift))
        if len(users) > 1 and np.ptp(lift[users]) == 0:
            users = users[:0]
        if number < len(users):
            least = np.partition(lift[users], len(users) - number)[len(users) - number]
            users = users[lift[users] >= least]
        users = users[np.argsort(-lift[users], kind="stable")][:number]
        return users, lift[users]


def best_users(every: Lift, ids: pl.Series, users: np.ndarray, song: np.ndarray, number: int) -> dict[str, Any]:
    """List the users with the highest lift of a song: the columns ``user_id``, ``lift``, ``score``, ``mean`` and
    ``deviation``.

    Parameters
    ----------
    every : of ``users`` [users, k], whose ids are ``ids``; song : [k]
    """
    best, lift = every.best(song, number)
    found = {"user_id": ids.gather(best), "lift": lift, "score": users[best] @ song}
    return found | {"mean": every.mean[best], "deviation": every.deviation[best]}
