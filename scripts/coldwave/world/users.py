"""The users of the demo world: what they like, which songs they play, and how often.

Everything is synthetic. The log-odds that a user picks a song are

    taste (order-free + order-only + inaudible) + popularity (fame of the artist + luck of the song)

Taste is an inner product of what a user cares for and what a song is, in three blocks whose shares of the
variance over all pairs are ``TASTE_SHARES``; popularity is the same for every user. Both have the standard
deviations of ``coldwave.world.planted``. A user picks a given number of songs, without replacement, with
odds proportional to exp(log-odds), and plays the songs liked best most often.
"""

import logging
from dataclasses import dataclass

import numpy as np
import polars as pl

from coldwave.progress import track
from coldwave.world.planted import POPULARITY_DEVIATION, TASTE_DEVIATION, TASTE_SHARES
from coldwave.world.styles import GENRES, ORDER_FREE, ORDER_ONLY, SCENES

log = logging.getLogger(__name__)

FEWEST_SONGS = 5  # that a user plays, where there are as many
MOST_COUNT = 999  # plays of one song by one user

PLAYS = {"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}


@dataclass(frozen=True)
class Tastes:
    """Taste of a user for a song: the inner product of their rows, zero on average over the songs."""

    users: np.ndarray  # float64 [users, d]
    songs: np.ndarray  # float64 [songs, d]
    blocks: dict[str, slice]  # the columns of each share in TASTE_SHARES
    popularity: np.ndarray  # float64 [songs]


def draw_tastes(styles: pl.DataFrame, users: int, generator: np.random.Generator) -> Tastes:
    """Draw what each user cares for.

    Half of a user's taste for the order-free traits is that of one genre's followers, the rest is personal, so that
    there are circles of users.

    Parameters
    ----------
    styles
        The songs, with the columns of ``coldwave.world.styles.STYLES``.
    """
    scene = styles["scene"].to_numpy()
    songs = {
        "order_free": styles.select(ORDER_FREE).to_numpy().astype(np.float64),
        "order_only": styles.select(ORDER_ONLY).to_numpy().astype(np.float64),
        "inaudible": (scene[:, None] == np.arange(len(SCENES))).astype(np.float64),
    }
    songs = {name: _standardised(values) for name, values in songs.items()}
    genres = np.array([centre[: len(ORDER_FREE)] for centre in GENRES.values()])
    followed = genres[generator.integers(len(genres), size=users)] / np.sqrt(np.mean(genres**2))
    personal = generator.standard_normal((users, len(ORDER_FREE)))
    cares = {
        "order_free": np.sqrt(0.5) * followed + np.sqrt(0.5) * personal,
        "order_only": generator.standard_normal((users, len(ORDER_ONLY))),
        "inaudible": generator.standard_normal((users, len(SCENES))),
    }
    blocks, begin = {}, 0
    for name, share in TASTE_SHARES.items():
        cares[name] *= TASTE_DEVIATION * np.sqrt(share) / max(_deviation(cares[name], songs[name]), 1e-12)
        blocks[name] = slice(begin, begin + songs[name].shape[1])
        begin = blocks[name].stop
    popularity = _standardised((styles["fame"] + styles["luck"]).to_numpy().astype(np.float64)[:, None])[:, 0]
    return Tastes(
        users=np.hstack([cares[name] for name in blocks]),
        songs=np.hstack([songs[name] for name in blocks]),
        blocks=blocks,
        popularity=POPULARITY_DEVIATION * popularity,
    )


def draw_plays(tastes: Tastes, generator: np.random.Generator) -> pl.DataFrame:
    """Draw the songs that every user plays.

    Songs are drawn one user at a time (the largest of log-odds plus Gumbel noise), so that no users × songs array is
    held. A song that nobody picked goes to the user who came closest.

    Returns
    -------
    The columns of ``PLAYS``, unique pairs, by user; every user and every song occurs.
    """
    users, songs = len(tastes.users), len(tastes.songs)
    activity = draw_activity(users, songs, generator)
    closest, margin = np.zeros(songs, dtype=np.int64), np.full(songs, -np.inf)
    picked = np.zeros(songs, dtype=bool)
    chosen = []
    for user in track(range(users), "users"):
        odds = tastes.songs @ tastes.users[user] + tastes.popularity + generator.gumbel(size=songs)
        order = np.argpartition(-odds, activity[user] - 1)
        picks = order[: activity[user]]
        distance = odds - odds[picks].min()
        nearer = distance > margin
        closest[nearer], margin[nearer] = user, distance[nearer]
        picked[picks] = True
        chosen.append(picks)
    missed = np.flatnonzero(~picked)
    log.info("%s songs were picked by nobody and go to the user who came closest", f"{len(missed):,}")
    pairs = pl.DataFrame(
        {
            "user": np.concatenate([np.repeat(np.arange(users), activity), closest[missed]]),
            "song": np.concatenate([*chosen, missed]),
        }
    ).sort("user", "song")
    user, song = pairs["user"].to_numpy(), pairs["song"].to_numpy()
    liking = np.einsum("nd,nd->n", tastes.users[user], tastes.songs[song]) / TASTE_DEVIATION
    return pairs.with_columns(count=pl.Series(draw_counts(liking, generator))).cast(PLAYS)


def draw_activity(users: int, songs: int, generator: np.random.Generator) -> np.ndarray:
    """Draw how many different songs each user plays: about 45 on average and heavy-tailed.

    At least ``FEWEST_SONGS`` and at most half of the songs. Returns int64 [users].
    """
    drawn = FEWEST_SONGS + np.floor(generator.lognormal(np.log(27), 0.9, size=users)).astype(np.int64)
    return np.clip(drawn, min(FEWEST_SONGS, songs), max(min(FEWEST_SONGS, songs), songs // 2))


def draw_counts(liking: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw the plays of each pair from a power law: mostly 1 to 3, now and then hundreds.

    The tail's exponent is 1/0.6 for a song as liked as the average one, and heavier for a favourite.

    Parameters
    ----------
    liking
        [n] taste in standard deviations.

    Returns
    -------
    int64 [n], 1 to ``MOST_COUNT``.
    """
    weight = np.clip(0.6 + 0.08 * liking, 0.3, 0.9)
    pareto = np.exp(weight * generator.standard_exponential(len(liking)))
    return np.minimum(np.floor(pareto), MOST_COUNT).astype(np.int64)


def _standardised(values: np.ndarray) -> np.ndarray:
    """Centre each column and divide by its standard deviation (columns without any stay at zero)."""
    centred = values - values.mean(axis=0)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, 1.0)


def _deviation(users: np.ndarray, songs: np.ndarray) -> float:
    """Standard deviation of the inner products over all pairs, for songs [n, d] with columns of zero mean."""
    return float(np.sqrt(np.mean(np.einsum("ud,de,ue->u", users, songs.T @ songs / len(songs), users))))
