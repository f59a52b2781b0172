"""How close an estimate of popularity comes, on songs left out and on test songs."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from scipy.stats import rankdata

from coldwave.models.names.groups import Groups

LEFT_OUT, TESTED = "left out", "test"
EVERY, KNOWN, NEW = "all", "known", "new"
CLOSENESS = {
    "model": pl.String,
    "songs": pl.String,  # left out (each song learnt from, by what is learnt of the others) or test
    "artist": pl.String,  # all, known (another song of the artist is learnt from) or new
    "part": pl.String,
    "number": pl.UInt32,  # of songs with an estimate
    "r2": pl.Float64,  # of log(1 + users), 0 for their mean
    "correlation": pl.Float64,  # of ranks
}


def closeness(users: np.ndarray, estimated: np.ndarray) -> tuple[int, float | None, float | None]:
    """Compare estimates with log(1 + users): the number of songs compared, R^2, and the correlation of ranks.

    R^2 lets the estimate have any mean, as a ranking does not depend on it: 1 - variance of the errors / variance. Both
    are None where all songs have the same number of users, the correlation also where all estimates are the same.

    Parameters
    ----------
    users : int [songs]; estimated : [songs], NaN for a song without an estimate, which is left out
    """
    usable = np.isfinite(estimated)
    true, own = np.log1p(users[usable].astype(np.float64)), estimated[usable].astype(np.float64)
    if len(true) < 2 or np.ptp(true) == 0:
        return len(true), None, None
    r2 = float(1 - (true - own).var() / true.var())
    return len(true), r2, float(np.corrcoef(rankdata(true), rankdata(own))[0, 1]) if np.ptp(own) else None


def judge(
    model: str,
    users: np.ndarray,
    parts: Mapping[str, np.ndarray],
    groups: Groups,
    known: np.ndarray,
    test: np.ndarray,
) -> pl.DataFrame:
    """Judge the parts of a model's estimate (``CLOSENESS``); there is no row for artists where no song is.

    Parameters
    ----------
    users : int [songs]; parts : by name, [songs, 1]; known, test : bool [songs], learnt from and tested
    """
    rows = []
    for songs, artist, chosen in strata(groups, known, test):
        rows += [(model, songs, artist, part, *closeness(users[chosen], one[chosen, 0])) for part, one in parts.items()]
    return pl.DataFrame(rows, schema=CLOSENESS, orient="row")


def strata(groups: Groups, known: np.ndarray, test: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield which songs are judged together: their names, and bool [songs]."""
    others = np.bincount(groups.artist[known], minlength=groups.artist.max() + 1)[groups.artist] > known
    for songs, chosen in ((LEFT_OUT, known), (TESTED, test)):
        for artist, of_artist in ((EVERY, chosen), (KNOWN, chosen & others), (NEW, chosen & ~others)):
            if of_artist.any():
                yield songs, artist, of_artist


def closeness_columns(table: pl.DataFrame) -> dict[str, list[str]]:
    """Format the table for people: a row for each model and stratum, a column for each part."""
    parts = table["part"].unique(maintain_order=True).to_list()
    cells: dict[str, list[str]] = {name: [] for name in ("model", "songs", "artist", "number", *parts)}
    for (model, songs, artist), rows in table.group_by("model", "songs", "artist", maintain_order=True):
        told = dict(zip(rows["part"], rows.select("r2", "correlation").iter_rows(), strict=True))
        for name, cell in zip(cells, (model, songs, artist, f"{rows['number'][0]:,}"), strict=False):
            cells[name].append(cell)
        for part in parts:
            values = told.get(part, (None, None))
            cells[part].append(" / ".join("–" if value is None else f"{value:+.2f}" for value in values))
    return cells


def closeness_notes() -> list[str]:
    """How to read the table."""
    return [
        "R² / correlation of ranks, of the logarithm of 1 + the number of users who have played a song. R²: 0 is the "
        "mean of these songs, and below 0 an estimate is worse than that.",
        "Left out: each song learnt from, estimated without its own users. Test: songs that nothing was learnt from. "
        "Artist: whether another song of the artist was learnt from.",
        "Beside the estimate, its parts: what is heard, with the year where it is known, and artist and album alone.",
        "What is estimated is how many users of this data set have played a song. Where songs were served unevenly, "
        "it is also how often a song was served, which says nothing of who will like it.",
    ]
