"""Pick the songs of a list, best first: so many of an artist, and each recording once."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from coldwave.analysis.neighbours import highest
from coldwave.use.recordings import Recordings


def pick(
    scores: np.ndarray,
    candidates: np.ndarray,
    recordings: Recordings,
    number: int,
    per_artist: int | None,
) -> list[int]:
    """Take the candidates with the highest scores; ties go to the song with the lower number.

    Parameters
    ----------
    scores : float [songs], NaN for a song that cannot be scored, which is left out
    candidates : bool [songs]
    recordings : those that are not to be taken again; the songs that are taken join them
    per_artist : songs of one artist at most, of ``recordings.artists``; None takes any number
    """
    scores = np.where(candidates & np.isfinite(scores), scores, -np.inf)
    taken: list[int] = []
    by_artist: Counter[str | None] = Counter()
    for song in best_first(scores, number):
        if len(taken) == number:
            break
        artist = recordings.artists[song]
        if (artist is not None and per_artist is not None and by_artist[artist] >= per_artist) or song in recordings:
            continue
        taken.append(song)
        by_artist[artist] += 1
        recordings.add([song])
    return taken


def best_first(scores: np.ndarray, number: int) -> Iterator[int]:
    """Yield songs, the highest score first; ties go to the song with the lower number.

    Few are wanted, as a rule, so that not all are sorted: ever more are, as long as more are asked for.

    Parameters
    ----------
    scores : float [songs], -inf for a song that is left out, none of them NaN
    number : of songs that may be enough, above 0
    """
    sorted_, every = 0, int((scores > -np.inf).sum())
    while sorted_ < every:
        number = min(8 * number, every)
        yield from highest(scores, number)[sorted_:].tolist()
        sorted_ = number
