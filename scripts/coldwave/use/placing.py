"""Place a new song: what its neighbours are called, and for which users it stands out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import read_table
from coldwave.use.hearing import Heard
from coldwave.use.lift import Lift, best_users
from coldwave.use.neighbours import SOUND
from coldwave.use.resources import Resources
from coldwave.use.scoring import SOUND as BY_SOUND
from coldwave.use.vectors import Chosen

LISTENERS = {
    "rank": pl.UInt32,
    "user_id": pl.String,
    "score": pl.Float64,
    "mean": pl.Float64,
    "deviation": pl.Float64,
    "lift": pl.Float64,
}
TAGS = {"tag": pl.String, "songs": pl.UInt32, "share": pl.Float64, "share_of_all": pl.Float64}


class Placed(NamedTuple):
    """Where a new song belongs.

    Attributes
    ----------
    similar : the nearest songs (``coldwave.use.neighbours.SIMILAR``)
    tags : of the nearest songs by sound (``TAGS``)
    listeners : the users whose score of the song is highest beside their scores of other songs (``LISTENERS``)
    model : by which listeners are scored
    vectors : what was heard, by name: features, and predictions of models
    heard : how much each tag fits, as an encoder of the run hears the file, best first; empty without one
    """

    similar: pl.DataFrame
    tags: pl.DataFrame
    listeners: pl.DataFrame
    model: str
    vectors: dict[str, np.ndarray]
    heard: Mapping[str, float] = MappingProxyType({})


def listeners_by_lift(
    resources: Resources, heard: Heard, n: int, model: str | None = None, seed: int | None = None
) -> tuple[pl.DataFrame, str]:
    """List the users with the highest lift for a file (``LISTENERS``), and the model that scores them.

    Raises
    ------
    InputError
        The model cannot hear a file, or, where none is named, nothing in the run can.
    """
    chosen = resources.chosen(model, seed, BY_SOUND)
    resources.check_hears(chosen)
    names = read_table(resources.files.path("plays/users.parquet"), ["user_id"])["user_id"]
    if chosen.model:
        users = np.asarray(chosen.model.users)
    else:  # few users, whose vectors the run does not have
        users = np.stack([_vector_of(resources, name, chosen) for name in names])
    vector = resources.vector(heard, chosen)
    columns = best_users(Lift(users, chosen.scorer.heard), names, users, vector, n)
    table = pl.DataFrame(columns).with_row_index("rank", offset=1)
    return table.select(list(LISTENERS)).cast(LISTENERS), chosen.name


def _vector_of(resources: Resources, user: str, chosen: Chosen) -> np.ndarray:
    """Return a user's vector, NaN where no song that the user has played can be heard."""
    try:
        return resources.listener(user, None, chosen).vector
    except InputError:
        return np.full(chosen.scorer.heard.shape[1], np.nan, dtype=np.float32)


def tags_of_nearest(songs: pl.DataFrame, similar: pl.DataFrame) -> pl.DataFrame:
    """Count the tags of the nearest songs by sound (``TAGS``), the commonest first, of equal ones the rarest overall.

    Parameters
    ----------
    songs : table ``song``, ``tags``, of all songs; similar : ``coldwave.use.neighbours.SIMILAR``
    """
    near = similar.filter(by=SOUND)["song"]
    tagged = songs.select("song", pl.col("tags").list.eval(pl.element().str.to_lowercase()).list.unique().alias("tag"))
    tagged = tagged.explode("tag").drop_nulls("tag")
    every = tagged.group_by("tag").agg(share_of_all=pl.len() / songs.height)
    found = tagged.filter(pl.col("song").is_in(near.implode())).group_by("tag").agg(songs=pl.len())
    table = found.join(every, on="tag").with_columns(share=pl.col("songs") / max(1, len(near)))
    return table.sort(["songs", "share_of_all", "tag"], descending=[True, False, False]).select(list(TAGS)).cast(TAGS)
