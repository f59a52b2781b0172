"""A made-up play history of any size, as the Taste Profile writes it, by a stated law."""

import hashlib
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.files import replacing

BLOCK = 20_000  # users whose lines are made at once


def write_triplets(path: Path, users: int, songs: int, lines: int, seed: int = 0) -> None:
    """Write about ``lines`` lines ``user TAB song TAB count``, unless the file is there.

    The n-th song is played in proportion to (n + 10) ** -0.9. A user has 10 lines and, by a geometric law, as many more
    as make the mean right. A count is geometric with mean 2.8. The lines of a user stand together, and some name a
    song again. Ids have the form of the Taste Profile's: 40 hexadecimal digits, and SO with 16 characters.
    """
    if path.exists():
        return
    rng = np.random.default_rng(seed)
    song_ids = _ids("song", songs).str.slice(0, 16).str.to_uppercase()
    song_ids = pl.select(pl.concat_str(pl.lit("SO"), song_ids)).to_series()
    played = np.cumsum((np.arange(songs) + 10.0) ** -0.9)
    user_ids = _ids("user", users)
    with replacing(path) as temporary, temporary.open("wb") as file:
        for begin in range(0, users, BLOCK):
            of_users = 9 + rng.geometric(1 / (lines / users - 9), min(BLOCK, users - begin))
            drawn = np.searchsorted(played, rng.random(of_users.sum()) * played[-1], side="right")
            columns = {
                "user": user_ids.gather(np.repeat(np.arange(begin, begin + len(of_users)), of_users)),
                "song": song_ids.gather(drawn),
                "count": rng.geometric(1 / 2.8, len(drawn)),
            }
            pl.DataFrame(columns).write_csv(file, include_header=False, separator="\t")


def _ids(kind: str, number: int) -> pl.Series:
    return pl.Series("id", [hashlib.sha1(f"{kind} {place}".encode()).hexdigest() for place in range(number)])
