"""Put the tags that a pretrained network gives of the songs in order, and show those of the most played songs."""

from pathlib import Path

from coldwave.encoders.gathering import gathered
from coldwave.encoders.heard_tags import ABOUT, HEARD, heard_columns, most_played, tag_table
from coldwave.encoders.tags import parted
from coldwave.exhibits.files import spreadsheet_csv, write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run


def main(
    *,
    songs: Path,
    index: Path,
    arrays: list[Path],
    tags: Path,
    table: Path,
    markdown: Path,
    csv: Path,
    encoder: str,
    options: dict,
) -> None:
    """``options``: network, and ``about``, sentences of the table for people."""
    found = gathered(read_table(index), {path.stem: read_array(path) for path in arrays})
    heard = tag_table(parted(found, options["network"])[1], options["network"])
    write_table(tags, heard, dict(heard.schema))
    known = read_table(songs, ["song", "song_id", "title", "artist", "tags", "plays"])
    shown = most_played(known, heard)
    write_table(table, shown, HEARD)
    text = [ABOUT, *options["about"]]
    write_exhibit_table(markdown, f"What {encoder} hears", text, heard_columns(shown), left=3)
    write_text(csv, spreadsheet_csv(shown))


run(main)
