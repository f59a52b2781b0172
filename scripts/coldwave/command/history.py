"""Plays of a run's songs, from a listening history of somebody who need not have been in the run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from coldwave.errors import InputError
from coldwave.files import read_table

if TYPE_CHECKING:
    from coldwave.matching.matching import Library
    from coldwave.use.run import Run

NAMED = 5  # users, in an error
OF_ITS_FILE = ("also", "user", "columns", "header", "delimiter", "encoding")  # settings of the run's own history


class Matched(NamedTuple):
    """``plays``, from song ids to counts; ``counts`` by tier and reason, as `tier_counts`; what to say of it.

    ``unmatched`` is a table as `unmatched_tracks`.
    """

    plays: dict[str, int]
    counts: pl.DataFrame
    notes: list[str]
    unmatched: pl.DataFrame


def match_history(
    run: "Run",
    paths: Sequence[Path],
    user: str | None = None,
    overrides: Path | None = None,
    library: "Library | None" = None,
) -> Matched:
    """Read a history, or several, and match its tracks to the songs of a run, with that run's own settings.

    Parameters
    ----------
    user : whose listens are taken; may be left out if the history is of one user
    overrides : a table that says which song a track is (``coldwave.matching.overrides``), in place of the run's own
    library : the run's `songs_to_match`, prepared, where several histories are matched

    Raises
    ------
    InputError
        A history cannot be read, is of several users and none is named, or none of it is among the run's songs.
    """
    from coldwave.histories.counting import add_dropped, count_dropped
    from coldwave.histories.options import DEFAULTS
    from coldwave.histories.reading import collect, read_history
    from coldwave.matching.disagreeing import note
    from coldwave.matching.exhibits import matched_tracks, summary, tier_counts, unmatched_tracks
    from coldwave.matching.matching import prepared
    from coldwave.matching.plays import match_listens

    reading = DEFAULTS | reading_options(run.files.config)
    listens = collect(read_history(list(paths), options=reading))
    table = of_user(listens.table, user, paths)
    library = prepared(songs_to_match(run)) if library is None else library
    songs = library.songs
    found = match_listens(table, library, reading["repeats_within"], **_matching(run, songs, overrides))
    counts, dropped = tier_counts(found.tracks, found.matches), add_dropped(listens.dropped, found.dropped)
    notes = [f"{table['count'].sum():,} plays read; dropped: {count_dropped(dropped)}"]
    notes[0] += f"; {listens.rejected.height:,} lines set aside." if listens.rejected.height else "."
    notes += [f"{summary(counts)}.", *note(matched_tracks(found.tracks, found.matches, songs))]
    plays = found.plays.group_by("song_id").agg(pl.col("count").cast(pl.UInt64).sum()).sort("song_id")
    if plays.height == 0:
        raise InputError(f"{paths[0]}: none of it is among the songs of {run.files.folder}: {summary(counts)}")
    unmatched = unmatched_tracks(found.tracks, found.matches, songs)
    return Matched(dict(plays.iter_rows()), counts, notes, unmatched)


def reading_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run's config says of what counts as a play; nothing where the run is older than these settings."""
    said = _section(config, "history")
    return {name: value for name, value in said.items() if name not in OF_ITS_FILE}


def _matching(run: "Run", songs: pl.DataFrame, overrides: Path | None) -> dict[str, Any]:
    """Return the options of `match_tracks`, of the run's config and with the tables that it names."""
    from coldwave.matching.identifiers import read_redirects
    from coldwave.matching.overrides import read_overrides

    said = _section(run.files.config, "matching")
    options = {name: said[name] for name in ("likeness", "margin") if name in said}
    if overrides is None and said.get("overrides"):
        overrides = run.files.root / said["overrides"]
    if overrides is not None:
        options["overrides"] = read_overrides(overrides, songs["song_id"].to_list())
    if said.get("redirects"):
        options["redirects"] = read_redirects(run.files.root / said["redirects"])
    return options


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return (config.get("plays") or {}).get(name) or {}


def of_user(listens: pl.DataFrame, user: str | None, paths: Sequence[Path]) -> pl.DataFrame:
    """Take the listens of one user; all of them if none is named and the history is of one.

    Listens of which a file does not say whose they are go with any user.

    Raises
    ------
    InputError
        It is of several and none is named, or it has no such user.
    """
    known = listens["user_id"].drop_nulls().unique(maintain_order=True).to_list()
    listed = ", ".join(known[:NAMED]) + (", …" if len(known) > NAMED else "")
    if user is None:
        if len(known) > 1:
            named = ", ".join(map(str, paths))
            raise InputError(f"{named}: listens of {len(known):,} users ({listed}): name one of them")
        return listens
    if user not in known:
        raise InputError(f"{paths[0]}: no listens of {user!r}" + (f"; it has {listed}" if known else ""))
    return listens.filter((pl.col("user_id") == user) | pl.col("user_id").is_null())


def songs_to_match(run: "Run") -> pl.DataFrame:
    """Read the run's songs with all that matching looks at; what the run does not know is null."""
    from coldwave.matching.guesses import OTHERS as GUESSED_BY
    from coldwave.matching.guesses import without_guesses
    from coldwave.matching.matching import SONGS
    from coldwave.plays.suffixes import delimiter_of, is_parquet

    table = read_table(run.files.path("plays/songs.parquet"))
    types: dict[str, Any] = {"seconds": pl.Float64}
    needed = (*SONGS, *GUESSED_BY)
    lacking = [pl.lit(None, types.get(name, pl.String)).alias(name) for name in needed if name not in table.columns]
    table = table.with_columns(lacking)
    source = Path(_section(run.files.config, "songs").get("path") or "")
    of_folder = source.name and delimiter_of(source) is None and not is_parquet(source)
    return (without_guesses(table) if of_folder else table).select(SONGS)
