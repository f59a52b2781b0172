"""``coldwave similar``: the nearest songs to one song."""

from itertools import chain, zip_longest
from pathlib import Path
from typing import Annotated

import typer

from coldwave.command.output import write_json, write_table
from coldwave.command.runs import JsonOption, ModelOption, RunOption, open_run, tell_few

EPILOG = """\b
Examples:
  coldwave similar "golden brown"
  coldwave similar new/song.flac --run mine -n 5
"""


def similar(
    song: Annotated[
        str, typer.Argument(metavar="SONG_OR_FILE", help="a song's id, words of its title and artist, or an audio file")
    ],
    run: RunOption = None,
    number: Annotated[
        int, typer.Option("-n", metavar="N", min=1, help="songs by sound at most, and as many by usage")
    ] = 20,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the songs nearest to one song.

    On the left are those that sound alike (the cosine of song features), on the right those whose predicted listeners
    are alike (the cosine of usage patterns). A file need not be in the run.
    """
    from coldwave.analysis.names import song_labels
    from coldwave.command.songs import find_song
    from coldwave.use.neighbours import SOUND, USAGE

    opened = open_run(run)
    if song in opened.files.song_numbers or not Path(song).is_file():
        song = find_song(opened.songs, song)
    table = opened.similar(song, number, model=model)
    tell_few(opened)
    if as_json:
        write_json({"song": song, "similar": table.drop("song").to_dicts()})
        return
    parts = {by: half for by in (SOUND, USAGE) if (half := table.filter(by=by)).height}
    columns = [list(zip(song_labels(half), half["cosine"], strict=True)) for half in parts.values()]
    rows = enumerate(zip_longest(*columns, fillvalue=("", "")), start=1)
    header = [name for by in parts for name in (f"by {by}", "cosine")]
    write_table(("rank", *header), ((rank, *chain(*pairs)) for rank, pairs in rows), ("rank", "cosine"))
