"""Read listening histories, and match their tracks to the songs of the songs table.

Makes the plays with the ids of songs, what matched how, what did not (a CSV that people fill in), a table for people,
and every line set aside.
"""

import logging
from pathlib import Path

from coldwave.exhibits.files import spreadsheet_csv, write_exhibit_table
from coldwave.files import write_table, write_text
from coldwave.histories.reading import collect, read_history
from coldwave.job import run
from coldwave.matching.exhibits import COUNTS, MATCHED_TRACKS, matched_tracks, summary, tier_counts, unmatched_tracks
from coldwave.matching.exhibits import columns as columns_of_tiers
from coldwave.matching.identifiers import read_redirects
from coldwave.matching.matching import match_tracks
from coldwave.matching.overrides import read_overrides
from coldwave.matching.plays import MATCHED_PLAYS, matched_plays, notes, without_repeats
from coldwave.matching.tracks import distinct_tracks
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
    threads: int = 1,
) -> None:
    """``options``: format (null: known by content), history, likeness, margin, songs, and a line on the data."""
    formats = dict.fromkeys(source, None) | {source[0]: options["format"]}
    listens = collect(read_history(formats, options=options["history"]))
    songs, _ = read_catalogue(catalogue, options["songs"], threads)  # read_plays tells what it sets aside
    tracks, of_listen = distinct_tracks(listens.table)
    found = match_tracks(
        tracks,
        songs,
        likeness=options["likeness"],
        margin=options["margin"],
        overrides=read_overrides(overrides, songs["song_id"].to_list()) if overrides else None,
        redirects=read_redirects(redirects) if redirects else None,
    )
    counts, left = tier_counts(tracks, found), unmatched_tracks(tracks, found, songs)
    log.info(summary(counts), extra={"screen": True})
    write_text(unmatched, spreadsheet_csv(left))  # even if nothing matched, so that people can see why
    played = matched_plays(listens.table, of_listen, found, source[0], unmatched)
    kept = without_repeats(played, options["history"]["repeats_within"])
    if repeated := played.height - kept.height:
        log.info("%s plays more are the same song again under another name", f"{repeated:,}", extra={"screen": True})
    write_table(plays, kept, MATCHED_PLAYS)
    write_table(matched, matched_tracks(tracks, found, songs), MATCHED_TRACKS)
    write_rejected(rejected, listens.rejected)
    write_table(table, counts, COUNTS)
    write_text(csv, counts.write_csv())
    about = [options["data"], f"{summary(counts)}."]
    read = notes(listens.dropped, listens.rejected.height, left.height)
    write_exhibit_table(markdown, "The history's tracks in the library", about, columns_of_tiers(counts), 2, notes=read)


run(main)
