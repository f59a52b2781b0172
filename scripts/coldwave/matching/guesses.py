"""Names that a folder of audio has from paths, told from those of tags: a guess must not win over a tag."""

import polars as pl

from coldwave.matching.paths import read_layout

NAMES = ("artist", "title", "album")
OTHERS = ("date", "recording_mbid", "track_mbid", "isrc")


def without_guesses(songs: pl.DataFrame) -> pl.DataFrame:
    """Take the names that `read_folder` has read from paths out of a table of the songs of a folder.

    Only a file without any tag is named by its path. A file with the same names in its tags and nothing else in them
    cannot be told from it, and loses them as well: its path, from which matching reads them, says the same.

    Parameters
    ----------
    songs : ``NAMES``, ``OTHERS``, ``tags`` and ``audio``
    """
    bare = pl.all_horizontal(pl.col(name).is_null() for name in OTHERS) & (pl.col("tags").list.len() == 0)
    places = songs.with_row_index("row").filter(bare & pl.col("title").is_not_null())
    rows = places.select("row", *NAMES, "audio").iter_rows()
    guessed = [row for row, *names, audio in rows if audio is not None and read_layout(audio) == tuple(names)]
    is_guess = pl.int_range(pl.len()).is_in(guessed)
    return songs.with_columns(pl.when(~is_guess).then(name).alias(name) for name in NAMES)
