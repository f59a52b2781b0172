"""Choose the examples that a report shows: users with songs for them, and songs with others like them."""

from typing import NamedTuple

import polars as pl

from coldwave.examples.songs import chosen_songs, compared_by, similar
from coldwave.examples.tables import MODELS, RECOMMENDED, RECOMMENDS, SOUND, USAGE
from coldwave.examples.users import chosen_users, played, recommended
from coldwave.use.models import listening
from coldwave.use.scoring import SOUND as BY_SOUND
from coldwave.use.vectors import Vectors


class Examples(NamedTuple):
    """The tables of ``coldwave.examples.tables``."""

    played: pl.DataFrame
    recommended: pl.DataFrame
    similar: pl.DataFrame
    models: pl.DataFrame


def choose_examples(vectors: Vectors, users: int, songs: int, seed: int) -> Examples:
    """Choose examples: at most so many users and songs.

    Users and songs are chosen by their activity, their popularity and a hash. The model that recommends is the one that
    ranks validation songs best, as where a listener asks for songs (``coldwave.use.choice``): how well a model ranks
    test songs has no say. What there is none of, such as recommendations without an audio model, is left out.
    """
    files, said = vectors.files, []
    shown, lists = chosen_users(files, users, seed), pl.DataFrame(schema=RECOMMENDED)
    features, model = vectors.sound(None), None
    if listening(files):
        chosen = vectors.chosen(None, None, BY_SOUND)
        lists, model = recommended(vectors, chosen, shown), vectors.factor_model()
        features = vectors.sound(chosen.model)
        said.append((RECOMMENDS, chosen.name, chosen.model.seed if chosen.model else None, " ".join(chosen.notes)))
    units = compared_by(vectors, features, model)
    by = {SOUND: (features, None), USAGE: (model.name, model.seed) if model else None}
    said += [(name, *by[name], "") for name in units]
    near = similar(files.songs, chosen_songs(files, units, songs, seed), units)
    return Examples(played(files, shown), lists, near, pl.DataFrame(said, schema=MODELS, orient="row"))
