"""The table of the factors' ends, in words."""

import polars as pl

from coldwave.exhibits.markdown import percent


def end_columns(ends: pl.DataFrame, high: str, low: str) -> dict[str, list[str]]:
    """A row for each factor and rank: the artist at each end, with its mean loading (``factor_ends.ENDS``)."""
    keys = ends.filter(pl.col("end") == high).select("factor", "rank", "variance").rows()
    cells = {(factor, end, rank): (artist, loading) for factor, end, rank, artist, loading in
             ends.select("factor", "end", "rank", "artist", "loading").iter_rows()}  # fmt: skip
    both = [(cells[factor, high, rank], cells[factor, low, rank]) for factor, rank, _ in keys]
    return {
        "factor": [f"{factor} ({percent(variance)})" if rank == 1 else "" for factor, rank, variance in keys],
        "high end": [one[0] for one, _ in both],
        "low end": [other[0] for _, other in both],
        "at high": [f"{one[1]:+.2f}" for one, _ in both],
        "at low": [f"{other[1]:+.2f}" for _, other in both],
    }


def end_notes(needed: int) -> list[str]:
    """How to read the table."""
    return [
        "The factors are the principal axes of the training songs' usage patterns, each with its share of their "
        "variance. The columns of a factorisation are not unique; these axes are.",
        "An artist's place is the mean of its training songs, in standard deviations of all training songs from their "
        f"mean. Artists with {needed} training {'song' if needed == 1 else 'songs'} or more are shown. The training "
        "song farthest out on a factor is at its high end, so that signs are the same in every run.",
        "The first factor is often popularity.",
    ]
