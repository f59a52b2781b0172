"""What people are told of a matching: counts by tier, what matched how, what did not, and a line for the log."""

import polars as pl

from coldwave.exhibits.markdown import percent
from coldwave.matching.disagreeing import names_disagree
from coldwave.matching.matching import TIERS, UNMATCHED

COUNTS = {
    "how": pl.String,
    "matched": pl.Boolean,
    "tracks": pl.UInt32,
    "plays": pl.UInt64,
    "share_of_tracks": pl.Float64,
    "share_of_plays": pl.Float64,
}
NAMES = {"artist": pl.String, "title": pl.String, "album": pl.String}
UNMATCHED_TRACKS = NAMES | {
    "song_id": pl.String,
    "plays": pl.UInt64,
    "reason": pl.String,
    "likeness": pl.Float32,
    "nearest": pl.String,
    "nearest_artist": pl.String,
    "nearest_title": pl.String,
}
MATCHED_TRACKS = NAMES | {
    "plays": pl.UInt64,
    "how": pl.String,
    "likeness": pl.Float32,
    "candidates": pl.UInt32,
    "song_id": pl.String,
    "song_artist": pl.String,
    "song_title": pl.String,
    "song_album": pl.String,
    "names_disagree": pl.Boolean,
}


def tier_counts(tracks: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Count tracks and plays of each tier and each reason (``COUNTS``), in the order of the tiers, zeros included."""
    found = tracks.select("track", "plays").join(matches.select("track", "how"), on="track")
    counted = found.group_by("how").agg(tracks=pl.len(), plays=pl.col("plays").sum())
    words = pl.DataFrame({"how": [*TIERS, *UNMATCHED], "matched": [True] * len(TIERS) + [False] * len(UNMATCHED)})
    table = words.join(counted, on="how", how="left", maintain_order="left")
    table = table.with_columns(pl.col("tracks", "plays").fill_null(0))

    def share(name: str) -> pl.Expr:
        return (pl.col(name) / pl.col(name).sum()).fill_nan(0.0)

    return table.with_columns(share_of_tracks=share("tracks"), share_of_plays=share("plays")).cast(COUNTS)


def unmatched_tracks(tracks: pl.DataFrame, matches: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """List what matched no song (``UNMATCHED_TRACKS``), the most played first, with the reason and the nearest song.

    ``song_id`` is empty: filled in by hand, the list is a table of overrides (`read_overrides`). Tracks that differ in
    their identifiers only are one row, with the reason of the most played.
    """
    left = matches.filter(pl.col("song_id").is_null()).join(tracks, on="track")
    left = left.join(_named(songs, "nearest"), left_on="nearest", right_on="song_id", how="left")
    left = left.sort(-pl.col("plays").cast(pl.Int64), "track")
    first = pl.col("how", "likeness", "nearest", "nearest_artist", "nearest_title").first()
    table = left.group_by(list(NAMES), maintain_order=True).agg(pl.col("plays").sum(), first)
    table = table.with_columns(song_id=pl.lit(None, pl.String)).rename({"how": "reason"})
    table = table.sort(-pl.col("plays").cast(pl.Int64), *NAMES, nulls_last=True)
    return table.select(list(UNMATCHED_TRACKS)).cast(UNMATCHED_TRACKS)


def matched_tracks(tracks: pl.DataFrame, matches: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """List what matched, and how (``MATCHED_TRACKS``), the most played first."""
    found = matches.filter(pl.col("song_id").is_not_null()).join(tracks, on="track")
    found = found.join(_named(songs, "song"), on="song_id", how="left")
    found = found.sort(-pl.col("plays").cast(pl.Int64), "track")
    found = found.with_columns(names_disagree(found))
    return found.select(list(MATCHED_TRACKS)).cast(MATCHED_TRACKS)


def columns(counts: pl.DataFrame) -> dict[str, list[str]]:
    """Make the table for people: the tiers and reasons that have a track."""
    rows = counts.filter(pl.col("tracks") > 0)
    cells = {"how": rows["how"].to_list(), "matched": ["yes" if matched else "no" for matched in rows["matched"]]}
    for name in ("tracks", "plays"):
        cells[name] = [f"{number:,}" for number in rows[name]]
        cells[f"share of {name}"] = [percent(share) for share in rows[f"share_of_{name}"]]
    return cells


def _named(songs: pl.DataFrame, prefix: str) -> pl.DataFrame:
    return songs.select("song_id", *(pl.col(name).alias(f"{prefix}_{name}") for name in NAMES))


def summary(counts: pl.DataFrame) -> str:
    """Say in a line how much matched, and how; ``counts`` are those of `tier_counts`."""
    matched, rest = counts.filter("matched"), counts.filter(~pl.col("matched"))
    shares = percent(matched["share_of_plays"].sum()) if counts["plays"].sum() else "none"
    text = (
        f"{matched['tracks'].sum():,} of {counts['tracks'].sum():,} tracks matched, with {matched['plays'].sum():,} of "
        f"{counts['plays'].sum():,} plays ({shares})"
    )
    if ways := _listed(matched):
        text += f": {ways}"
    return f"{text}; not matched: {reasons}" if (reasons := _listed(rest)) else text


def _listed(counts: pl.DataFrame) -> str:
    rows = counts.filter(pl.col("tracks") > 0).select("tracks", "how").iter_rows()
    return ", ".join(f"{how} {tracks:,}" for tracks, how in rows)
