"""Elliot's tables for its ``fixed`` strategy: ``train.tsv``, ``validation.tsv`` and ``test.tsv`` in a folder.

Lines are ``user``, ``song``, ``count``, separated by tabs, without a header.
"""

from coldwave.export.asked import Asked
from coldwave.export.ids import cells
from coldwave.export.parts import named_plays, plays_of, songs_of, users_of
from coldwave.export.writing import Exported, write_lazy_fields
from coldwave.split.parts import PARTS
from coldwave.use.run import Run

DEFAULT = "elliot"
TAKES = ()
NOTE = "Elliot recommends only songs of train.tsv, so that it ranks none of the test songs: no song is in both tables."


def export(run: Run, asked: Asked) -> Exported:
    """Write the plays of each part of the split into a folder."""
    users, songs = users_of(run.files), songs_of(run.files)
    users, songs = users.with_columns(cells(users["user_id"])), songs.with_columns(cells(songs["song_id"]))
    tables = {part: named_plays(plays_of(run.files), users, songs, [part]) for part in PARTS}
    columns = ("user_id", "song_id", "count")
    written = [
        write_lazy_fields(asked.out / f"{part}.tsv", table.select(*columns), "\t") for part, table in tables.items()
    ]
    return Exported(written, [NOTE])
