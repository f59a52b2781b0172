"""RecBole's atomic files: a folder of that data set, whose name is the folder's.

``NAME.inter`` has all plays, and ``NAME.train.inter``, ``NAME.valid.inter`` and ``NAME.test.inter`` those of the parts
of the split, for ``benchmark_filename: [train, valid, test]``. ``NAME.user`` and ``NAME.item`` have all users and
songs, without counts of plays, which would tell of test songs.
"""

import polars as pl

from coldwave.export.asked import Asked
from coldwave.export.ids import cells, plain, token
from coldwave.export.parts import named_plays, plays_of, songs_of, users_of
from coldwave.export.writing import Exported, write_lazy_fields
from coldwave.split.parts import TEST, TRAIN, VALIDATION
from coldwave.use.run import Run

DEFAULT = "recbole/{run}"
TAKES = ()
PARTS = {"train": TRAIN, "valid": VALIDATION, "test": TEST}
_USER, _ITEM = "user_id:token", "item_id:token"


def export(run: Run, asked: Asked) -> Exported:
    """Write the atomic files into a folder."""
    files, name = run.files, asked.out.name
    users, songs = users_of(files), songs_of(files)
    users, songs = users.with_columns(cells(users["user_id"])), songs.with_columns(cells(songs["song_id"]))
    columns = {_USER: "user_id", _ITEM: "song_id", "count:float": "count"}
    tables = {f"{name}.inter": named_plays(plays_of(files), users, songs)}
    for part, meant in PARTS.items():
        tables[f"{name}.{part}.inter"] = named_plays(plays_of(files), users, songs, [meant])
    tables = {path: plays.select(**columns) for path, plays in tables.items()}
    tables[f"{name}.user"] = users.lazy().select(pl.col("user_id").alias(_USER))
    tables[f"{name}.item"] = items(files.songs, songs["song_id"]).lazy()
    return Exported(
        [write_lazy_fields(asked.out / path, table, "\t", header=True) for path, table in tables.items()], []
    )


def items(songs: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Make the table of songs, whose sequences are separated by blanks; a blank in a tag is percent-encoded.

    Parameters
    ----------
    songs : table ``title``, ``artist``, ``album``, ``tags``
    ids : of the songs, as they are to be written
    """
    return pl.DataFrame(
        {
            _ITEM: ids,
            "title:token_seq": plain(songs["title"]),
            "artist:token": plain(songs["artist"]),
            "album:token": plain(songs["album"]),
            "tags:token_seq": [" ".join(map(token, tags)) for tags in songs["tags"].to_list()],
        }
    )
