"""Draw the map of songs: coloured by their most frequent tags, with some artists named."""

from pathlib import Path

from coldwave.analysis.figures import CATEGORIES, song_map
from coldwave.analysis.map_text import labelled_artists, main_tags, map_caption, map_words
from coldwave.analysis.names import artists_of
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.files import read_table
from coldwave.job import run

ARTISTS = 6


def main(*, map: Path, songs: Path, figure: Path, options: dict) -> None:
    """``options``: model (its name, or None for factors from usage), songs (test or all) and perplexity."""
    places = read_table(map)
    catalogue = read_table(songs, ["song_id", "title", "artist", "tags", "plays"])[places["song"]]
    coordinates = places.select("x", "y").to_numpy()
    artist, names, known = artists_of(catalogue)
    shown = labelled_artists(coordinates, artist, known, catalogue["plays"].to_numpy(), ARTISTS)
    tags = main_tags(catalogue["tags"], len(CATEGORIES))
    caption = map_caption(map_words(options["model"], options["songs"], places.height, options["perplexity"]))
    drawing = song_map(coordinates, tags, [(names[one], row) for one, row in shown], caption)
    write_exhibit_figure(figure, drawing, caption)


run(main)
