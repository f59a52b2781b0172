"""The tags that an encoder hears in the songs of a run: a table of all, and one for people of the most played."""

import numpy as np
import polars as pl

from coldwave.analysis.names import song_labels
from coldwave.encoders.tags import highest, ordered, tag_names

SHOWN, NAMED = 10, 3  # songs, and tags of each
HEARD = {
    "song": pl.UInt32,
    "song_id": pl.String,
    "title": pl.String,
    "artist": pl.String,
    "plays": pl.UInt64,
    "tags": pl.String,
    "heard": pl.String,
}
ABOUT = (
    "The tags that the network hears in the most played songs that have usable audio, best first. The number is the "
    "mean over windows of the network's output, from 0 to 1. It was taught by tags that people have given to other "
    "songs: common tags are heard more often, and none of these was given to the song itself."
)


def tag_table(tags: np.ndarray, network: str) -> pl.DataFrame:
    """Name tags, float32 [songs, tags]: row n is song n, a column a tag, null for songs without usable audio."""
    columns = {name: tags[:, place] for place, name in enumerate(tag_names(network))}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float32)).fill_nan(None)


def most_played(songs: pl.DataFrame, heard: pl.DataFrame) -> pl.DataFrame:
    """Pick the most played songs with usable audio, and the tags heard in them (``HEARD``).

    Parameters
    ----------
    songs : table ``song``, ``song_id``, ``title``, ``artist``, ``tags``, ``plays``, row n that of song n
    heard : as `tag_table` gives it
    """
    audible = songs.filter(heard.to_series(0).is_not_null())
    shown = audible.sort(["plays", "song"], descending=[True, False]).head(SHOWN)
    values = heard[shown["song"].to_list()].to_numpy()
    said = [highest(ordered(heard.columns, row), NAMED) for row in values]
    return shown.with_columns(pl.col("tags").list.join(", "), pl.Series("heard", said, dtype=pl.String)).select(
        pl.col(name).cast(kind) for name, kind in HEARD.items()
    )


def heard_columns(shown: pl.DataFrame) -> dict[str, list[str]]:
    """Format `most_played` for people."""
    return {
        "song": song_labels(shown),
        "its own tags": [tags or "–" for tags in shown["tags"]],
        "heard": shown["heard"].to_list(),
        "plays": [f"{plays:,}" for plays in shown["plays"]],
    }
