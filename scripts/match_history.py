"""Read listening histories, and match their tracks to the songs of the songs table.

Makes the plays with the ids of songs, what matched how, what did not (a CSV that people fill in), a table for people,
and every line set aside.
"""

import logging
from pathlib import Path

from coldwave.exhibits.files import spreadsheet_csv, write_exhibit_table
from coldwave.files import write_table, write_text
from coldwave.histories.counting import add_dropped, count_dropped
from coldwave.histories.reading import collect, read_history
from coldwave.job import run
from coldwave.matching.disagreeing import note
from coldwave.matching.exhibits import COUNTS, MATCHED_TRACKS, matched_tracks, summary, tier_counts, unmatched_tracks
from coldwave.matching.exhibits import columns as columns_of_tiers
from coldwave.matching.guesses import without_guesses
from coldwave.matching.identifiers import read_redirects
from coldwave.matching.overrides import read_overrides
from coldwave.matching.plays import MATCHED_PLAYS, match_listens, notes, refuse_no_match
from coldwave.plays.catalogue import read_catalogue
from coldwave.plays.tables import write_rejected

log = logging.getLogger(__name__)


def main(
    *,
    source: list[Path],
    catalogue: Path,
    plays: Path,
    matched: Path,
    unmatched: Path,
    rejected: Path,
    table: Path,
    markdown: Path,
    csv: Path,
    options: dict,
    overrides: Path = None,
    redirects: Path = None,
    also: list[Path] = (),
    threads: int = 1,
) -> None:
    """``options``: format (null: known by content), history, likeness, margin, songs, and a line on the data."""
    listens = collect(read_history(source, options["format"], options["history"]))
    songs, _ = read_catalogue(catalogue, options["songs"], threads, also)  # read_plays tells what it sets aside
    found = match_listens(
        listens.table,
        without_guesses(songs) if catalogue.is_dir() else songs,
        options["history"]["repeats_within"],
        likeness=options["likeness"],
        margin=options["margin"],
        overrides=read_overrides(overrides, songs["song_id"].to_list()) if overrides else None,
        redirects=read_redirects(redirects) if redirects else None,
    )
    tracks, matches = found.tracks, found.matches
    counts, left = tier_counts(tracks, matches), unmatched_tracks(tracks, matches, songs)
    log.info(summary(counts), extra={"screen": True})
    write_text(unmatched, spreadsheet_csv(left))  # even if nothing matched, so that people can see why
    refuse_no_match(found, source[0], unmatched)
    if found.dropped:
        log.info("dropped after the matching: %s", count_dropped(found.dropped), extra={"screen": True})
    write_table(plays, found.plays, MATCHED_PLAYS)
    by_song = matched_tracks(tracks, matches, songs)
    disagreeing = [f"{words} They are marked in plays/matched.parquet (names_disagree)." for words in note(by_song)]
    for words in disagreeing:
        log.warning(words)
    write_table(matched, by_song, MATCHED_TRACKS)
    write_rejected(rejected, listens.rejected)
    write_table(table, counts, COUNTS)
    write_text(csv, counts.write_csv())
    about = [options["data"], f"{summary(counts)}."]
    read = notes(add_dropped(listens.dropped, found.dropped), listens.rejected.height, left.height)
    write_exhibit_table(
        markdown, "The history's tracks in the library", about, columns_of_tiers(counts), 2, notes=read + disagreeing
    )


run(main)
