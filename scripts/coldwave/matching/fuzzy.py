"""The fuzzy tier: tracks whose names are nearly those of a song, and why others match none."""

import numpy as np
import polars as pl

from coldwave.matching.forms import artist_forms
from coldwave.matching.likeness import alike, nearest

NO_ARTIST = "no such artist"
NO_TITLE = "no such title"
AMBIGUOUS = "ambiguous"
BELOW = "below likeness"
OTHER_VERSION = "other version"
OTHER_DURATION = "other duration"
REASONS = (NO_ARTIST, NO_TITLE, AMBIGUOUS, BELOW, OTHER_VERSION, OTHER_DURATION)

NEAR = 70.0  # likeness of artists and titles under which nothing is called near
ARTISTS = 3  # near artists looked at
SCORES = 1 << 24  # computed at once
SECONDS = 3.0  # by which durations of the same recording may differ
REASON = {
    "track": pl.UInt32, "reason": pl.String, "likeness": pl.Float32, "candidates": pl.UInt32, "song": pl.UInt32,
}  # fmt: skip


def match_fuzzily(
    tracks: pl.DataFrame, songs: pl.DataFrame, likeness: float, margin: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Match tracks to songs of nearly the same names.

    A song matches if the artist and the title without notes are each alike enough, the numbers and words of a version
    are the same, and both durations, where they are known, differ by no more than ``SECONDS``. The most alike must be
    ``margin`` ahead of every other such song of another name.

    Parameters
    ----------
    tracks, songs : `reading_forms` of rows "track" and "song"; of several readings of a song the most alike counts
    likeness : 0 to 100, the least; that of a pair is the lower of its artist's and its title's
    margin : in the same unit

    Returns
    -------
    DataFrame
        track, song, rank 0, likeness: all songs of the best name of each track that matches
    DataFrame
        Of the other tracks (``REASON``): the reason, and the nearest song with its likeness, or null
    """
    known = tracks.filter(pl.col("artist_words").is_not_null() & pl.col("base").is_not_null())
    blocks = _artists(known, songs)
    pairs = _pairs(known, songs, blocks, likeness - margin)
    fits = pairs.filter(pl.col("same_marks") & pl.col("same_length"))
    fits = fits.with_columns(best=pl.col("likeness").max().over("track"))
    top = fits.filter(pl.col("best") >= likeness)
    close = top.filter((pl.col("likeness") > pl.col("best") - margin) | (pl.col("likeness") == pl.col("best")))
    works = close.group_by("track").agg(pl.col("work").n_unique().alias("works"))
    top = top.join(works, on="track").filter(pl.col("likeness") == pl.col("best"))
    found = top.filter(pl.col("works") == 1).select("track", "song", rank=pl.lit(0, pl.Int32), likeness="likeness")
    rest = tracks.join(found.select("track").unique(), on="track", how="anti")
    return found, _reasons(rest, pairs, fits, blocks, works, likeness)


def _artists(tracks: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """Pair tracks with the artists of the library: the same ones, or else the most alike."""
    ours = artist_forms(tracks, "track")
    theirs = artist_forms(songs, "song").select("artist", "words").unique().sort("artist")
    words = theirs.select("words").unique()
    same = ours.join(words, on="words").select("track", "words", artist_likeness=pl.lit(100.0, pl.Float32))
    other = ours.join(same, on="track", how="anti")
    queries = other["artist"].unique().sort()
    found = nearest(queries.to_list(), theirs["artist"].to_list(), NEAR, ARTISTS)
    near = pl.DataFrame(
        {
            "artist": queries.gather(found["query"]),
            "near": theirs["words"].gather(found["name"]),
            "artist_likeness": found["likeness"],
        }
    )
    near = other.join(near, on="artist").select("track", "artist_likeness", words="near")
    near = near.group_by("track", "words").agg(pl.col("artist_likeness").max())
    return pl.concat([same, near.select(same.columns)])


def _pairs(tracks: pl.DataFrame, songs: pl.DataFrame, blocks: pl.DataFrame, least: float) -> pl.DataFrame:
    """Compare the titles of each track with those of its artists: pairs above ``least``, and each track's nearest."""
    ours = blocks.join(tracks.select("track", "base"), on="track").sort("words", "track")
    bases = artist_forms(songs, "song").join(songs.select("song", "base"), on="song").drop_nulls("base")
    ours = ours.group_by("words", maintain_order=True).agg("track", "base", "artist_likeness")
    theirs = bases.sort("words", "song").group_by("words", maintain_order=True).agg("song", "base")
    parts = []
    for _, rows, titles, artist, found, names in ours.join(theirs, on="words").iter_rows():
        step = max(1, SCORES // len(names))
        for begin in range(0, len(rows), step):
            part = slice(begin, begin + step)
            scores = np.minimum(alike(titles[part], names, NEAR), np.array(artist[part], dtype=np.float32)[:, None])
            kept = (scores >= least) | (scores == scores.max(axis=1, keepdims=True))
            row, column = np.nonzero(kept & (scores > 0))
            parts.append((np.array(rows[part])[row], np.array(found)[column], scores[row, column]))
    empty = (np.empty(0), np.empty(0), np.empty(0))
    track, song, likeness = (np.concatenate(part) for part in zip(empty, *parts, strict=True))
    table = pl.DataFrame({"track": track, "song": song, "likeness": likeness})
    table = table.cast({"track": pl.UInt32, "song": pl.UInt32, "likeness": pl.Float32})
    table = table.join(songs.select("song", "owner"), on="song").sort("track", -pl.col("likeness"), "song")
    table = table.unique(["track", "owner"], keep="first", maintain_order=True)
    columns = ["marks", "live", "seconds"]
    works = songs.with_columns(work=pl.struct("first_words", "base_key").rank("dense"))
    wide = table.join(tracks.select("track", *columns), on="track")
    wide = wide.join(works.select("song", *columns, "work"), on="song", suffix="_song")
    gap = (pl.col("seconds") - pl.col("seconds_song")).abs()
    return wide.select(
        "track",
        "song",
        "likeness",
        "work",
        same_marks=(pl.col("marks") == pl.col("marks_song")) & (pl.col("live") == pl.col("live_song")),
        same_length=(gap <= SECONDS).fill_null(True),
    )


def _reasons(
    rest: pl.DataFrame,
    pairs: pl.DataFrame,
    fits: pl.DataFrame,
    blocks: pl.DataFrame,
    works: pl.DataFrame,
    likeness: float,
) -> pl.DataFrame:
    artists = blocks.group_by("track").agg(pl.col("artist_likeness").max())
    order = [-pl.col("likeness"), "song"]
    near = pairs.group_by("track").agg(
        pl.col("song", "likeness", "same_marks", "same_length").sort_by(order).first(),
    )
    best = fits.group_by("track").agg(pl.col("likeness").max().alias("best"))
    table = rest.select("track", "base").join(artists, on="track", how="left")
    for other in (near, best, works):
        table = table.join(other, on="track", how="left")
    reason = (
        pl.when(pl.col("base").is_null())
        .then(pl.lit(NO_TITLE))
        .when(pl.col("artist_likeness").fill_null(0) < likeness)
        .then(pl.lit(NO_ARTIST))
        .when(pl.col("best") >= likeness)
        .then(pl.lit(AMBIGUOUS))
        .when(pl.col("likeness").is_null())
        .then(pl.lit(NO_TITLE))
        .when(pl.col("likeness") < likeness)
        .then(pl.lit(BELOW))
        .when(~pl.col("same_marks"))
        .then(pl.lit(OTHER_VERSION))
        .otherwise(pl.lit(OTHER_DURATION))
    )
    candidates = pl.when(pl.col("best") >= likeness).then(pl.col("works")).otherwise(0)
    return table.select("track", reason=reason, likeness="likeness", candidates=candidates, song="song").cast(REASON)
