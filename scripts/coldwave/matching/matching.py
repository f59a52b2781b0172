"""Match the tracks of a listening history to the songs of a library."""

from dataclasses import dataclass

import polars as pl

from coldwave.matching.choice import choose, facts
from coldwave.matching.fuzzy import REASONS
from coldwave.matching.overrides import apply_overrides
from coldwave.matching.paths import same_files
from coldwave.matching.readings import reading_forms, readings
from coldwave.matching.stages import BARE_NAMES, FUZZY, ISRC, MAPPED, NAMES, PATH, RECORDING, Stages

TRACKS = {
    "track": pl.UInt32,
    "artist": pl.String,
    "title": pl.String,
    "album": pl.String,
    "recording_mbid": pl.String,
    "mapped_mbid": pl.String,
    "isrc": pl.String,
    "duration": pl.Float64,
    "path": pl.String,
    "plays": pl.UInt64,
}
SONGS = ("song_id", "title", "artist", "album", "audio", "recording_mbid", "track_mbid", "isrc", "seconds")
MATCHES = {
    "track": pl.UInt32,
    "song_id": pl.String,
    "how": pl.String,
    "likeness": pl.Float32,
    "candidates": pl.UInt32,
    "nearest": pl.String,
}
LIKENESS = 90.0
MARGIN = 3.0

OVERRIDE, NOT_MEANT = "override", "override: none"
TIERS = (OVERRIDE, RECORDING, MAPPED, ISRC, NAMES, BARE_NAMES, FUZZY, PATH)
UNMATCHED = (NOT_MEANT, *REASONS)


@dataclass(frozen=True)
class Library:
    """The songs of a library as they are compared, made once for any number of matchings: `prepared` makes it.

    Attributes
    ----------
    songs : sorted by ``song_id``; facts : as `choice.facts`; forms : as `reading_forms`
    """

    songs: pl.DataFrame
    facts: pl.DataFrame
    forms: pl.DataFrame


def prepared(songs: pl.DataFrame) -> Library:
    """Prepare the songs of a library, as `match_tracks` takes them. Raises ValueError if ids are null or not unique."""
    _check(songs["song_id"])
    songs = songs.sort("song_id")
    known = readings(songs, "audio")
    albums = known.group_by("owner", maintain_order=True).agg(pl.col("album").drop_nulls().first()).sort("owner")
    theirs = facts(songs.with_columns(albums["album"]), "seconds")
    return Library(songs, theirs, reading_forms(known, "song", songs["seconds"]))


def _check(ids: pl.Series) -> None:
    if ids.null_count() or ids.n_unique() != ids.len():
        raise ValueError(f"{ids.name} is null or not unique")


def match_tracks(
    tracks: pl.DataFrame,
    songs: pl.DataFrame | Library,
    *,
    likeness: float = LIKENESS,
    margin: float = MARGIN,
    overrides: pl.DataFrame | None = None,
    redirects: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Find for each track the song of the library that it is, in tiers; later ones see only what is left.

    The tiers are ``TIERS``, in their order. Where several songs fit a track equally well, the file that the history
    names is taken, then the same album, then the nearest duration, then the same spelling, then the first id.

    Parameters
    ----------
    tracks : as in ``TRACKS``, one row a track; all but ``track`` and ``plays`` may be null; durations are in seconds
    songs : the columns ``SONGS``; ``song_id`` is unique, the others may be null, ``seconds`` is a float, ``audio`` a
        path. The ids of tracks and songs may be several: a text with anything between them, or a list of texts. Or
        these songs, `prepared`
    likeness : 0 to 100, the least of a fuzzy match, of its artist and its title
    margin : by how much a fuzzy match must be more alike than the next song of another name
    overrides : ``overrides.OVERRIDES``, as `read_overrides` reads them and checks them against these songs
    redirects : ``from``, ``to``: MBIDs that have been merged into others

    Returns
    -------
    DataFrame
        As in ``MATCHES``, one row a track, sorted by ``track``. ``song_id`` is null if there is none. ``how`` is one of
        ``TIERS``, or says why not (one of ``UNMATCHED``). ``likeness`` belongs to a fuzzy match, or to ``nearest``, the
        nearest song that was refused. ``candidates`` counts the songs that fitted equally well, or were too close to
        tell apart ("ambiguous").

    Raises
    ------
    ValueError
        Song ids or tracks are null or not unique.
    """
    library = songs if isinstance(songs, Library) else prepared(songs)
    _check(tracks["track"])
    tracks, songs = tracks.sort("track"), library.songs
    ids, files = songs["song_id"], same_files(tracks["path"], songs["audio"])
    read, ours = readings(tracks, "path"), facts(tracks, "duration")

    rows = pl.int_range(tracks.height, dtype=pl.UInt32, eager=True)
    left = pl.repeat(True, tracks.height, dtype=pl.Boolean, eager=True)
    found = []
    if overrides is not None and overrides.height:
        said = apply_overrides(tracks, ids, overrides)
        how = pl.when(pl.col("song").is_null()).then(pl.lit(NOT_MEANT)).otherwise(pl.lit(OVERRIDE))
        found.append(said.with_columns(candidates=pl.col("song").is_not_null().cast(pl.UInt32), how=how))
        left &= ~rows.is_in(said["track"].to_list())
    stages = Stages(
        tracks=reading_forms(read, "track", tracks["duration"]),
        songs=library.forms,
        likeness=likeness,
        margin=margin,
    )
    for how, pairs_of in stages.all(tracks, songs, files, redirects):
        pairs = pairs_of(left)
        chosen = choose(pairs, ours, library.facts, ids, files)
        if "likeness" in pairs.columns:
            alike = pairs.group_by("track", "song").agg(pl.col("likeness").max())
            chosen = chosen.join(alike, on=["track", "song"])
        found.append(chosen.with_columns(how=pl.lit(how)))
        left &= ~rows.is_in(chosen["track"].to_list())
    return _table(tracks["track"], ids, left, found, stages.reasons)


def _table(
    numbers: pl.Series, ids: pl.Series, left: pl.Series, found: list[pl.DataFrame], reasons: pl.DataFrame
) -> pl.DataFrame:
    refused = reasons.filter(left.gather(reasons["track"]))
    refused = refused.select(
        "track", "candidates", "likeness", song=pl.lit(None, pl.UInt32), how="reason", nearest="song"
    )
    table = pl.concat([*found, refused], how="diagonal_relaxed").sort("track")
    if table.height != numbers.len():
        raise AssertionError(f"{numbers.len()} tracks, and {table.height} are told of")
    place = pl.col("song", "nearest").cast(pl.UInt32)
    table = table.with_columns(place)
    return table.select(
        track=numbers,
        song_id=ids.gather(table["song"]),
        how="how",
        likeness="likeness",
        candidates="candidates",
        nearest=ids.gather(table["nearest"]),
    ).cast(MATCHES)
