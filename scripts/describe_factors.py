"""Describe the first factors by the artists at their two ends."""

from pathlib import Path

from coldwave.analysis.factor_ends import ENDS, HIGH, LOW, artist_ends, principal_axes, songs_needed
from coldwave.analysis.factor_text import end_columns, end_notes
from coldwave.analysis.names import artists_of
from coldwave.analysis.usage_patterns import pattern_root, usage_patterns
from coldwave.exhibits.files import spreadsheet_csv, write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run
from coldwave.split.parts import TRAIN


def main(
    *,
    songs: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    table: Path,
    markdown: Path,
    csv: Path,
    options: dict,
) -> None:
    """``options``: factors (the settings) and data."""
    settings = options["factors"]
    training = (read_table(split, ["part"])["part"] == TRAIN).to_numpy()
    artist, names, _ = artists_of(read_table(songs, ["song_id", "title", "artist"]))
    patterns = usage_patterns(read_array(song_factors), pattern_root(read_array(user_factors, memory_map=True)))
    needed = songs_needed(artist[training], settings["artists"], settings["min_songs"])
    axes = principal_axes(patterns, training, settings["number"])
    ends = artist_ends(axes, artist, names, training, settings["artists"], needed)
    write_table(table, ends, ENDS)
    write_text(csv, spreadsheet_csv(ends))
    write_exhibit_table(
        markdown,
        "Artists at both ends of the first factors",
        [options["data"]],
        end_columns(ends, HIGH, LOW),
        3,
        end_notes(needed),
    )


run(main)
