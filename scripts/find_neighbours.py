"""Find the nearest songs by usage pattern, from plays and from sound, and count how often they share the artist."""

from pathlib import Path

import numpy as np

from coldwave.analysis.names import artists_of
from coldwave.analysis.neighbour_text import artist_columns, artist_notes, neighbour_columns, neighbour_notes
from coldwave.analysis.neighbours import ARTISTS, NEIGHBOURS, artist_table, chosen_queries, neighbour_table
from coldwave.analysis.tags import USAGE
from coldwave.analysis.usage_patterns import pattern_root, unit_patterns, usable
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.exhibits.files import spreadsheet_csv, write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run
from coldwave.split.parts import TEST


def main(
    *,
    songs: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    predictions: list[Path],
    table: Path,
    markdown: Path,
    csv: Path,
    artists: Path,
    artists_markdown: Path,
    artists_csv: Path,
    options: dict,
) -> None:
    """``options``: neighbours (the settings) and data."""
    catalogue = read_table(songs, ["song_id", "title", "artist", "plays"])
    test = (read_table(split, ["part"])["part"] == TEST).to_numpy()
    root = pattern_root(read_array(user_factors, memory_map=True))
    vectors = {USAGE: song_factors} | {model_and_seed(path)[0]: path for path in predictions}
    units = {name: unit_patterns(read_array(path, memory_map=True), root) for name, path in vectors.items()}
    complete = np.logical_and.reduce([usable(array) for array in units.values()])
    artist, _, known = artists_of(catalogue)
    settings, candidates = options["neighbours"], np.flatnonzero(complete)
    number, groups = settings["number"], None if settings["same_artist"] else artist
    queries = chosen_queries(catalogue, test, complete, artist, settings["queries"])
    found = neighbour_table(catalogue, units, queries, candidates, number, groups)
    counted = artist_table(units, np.flatnonzero(test & complete), candidates, number, artist, known)
    write_table(table, found, NEIGHBOURS)
    write_table(artists, counted, ARTISTS)
    write_text(csv, spreadsheet_csv(found))
    write_text(artists_csv, spreadsheet_csv(counted))
    about, missing = [options["data"]], int((~complete).sum())
    columns, notes = neighbour_columns(found, catalogue), neighbour_notes(settings, missing)
    write_exhibit_table(markdown, "Nearest songs by predicted usage patterns", about, columns, len(columns), notes)
    title, columns = "How often the nearest songs are by the same artist", artist_columns(counted)
    write_exhibit_table(artists_markdown, title, about, columns, 1, artist_notes(counted))


run(main)
