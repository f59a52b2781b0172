"""What new songs are placed with: the models of a run, and what is given of the songs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.new_songs.batches import OK
from coldwave.new_songs.embeddings import read_new_embeddings
from coldwave.new_songs.hearing import all_heard
from coldwave.use.files import RunFiles
from coldwave.use.models import Model, find_model, heard_by, seeds_of
from coldwave.use.predicting import PREDICTORS


@dataclass(frozen=True)
class Wanted:
    """What is to be placed, and how.

    Attributes
    ----------
    source : a songs table, or a folder of audio files
    reading : how it is read, as ``new_songs`` of the config: columns, tag_separator, audio_root, audio_pattern, id_from
    embeddings : the tables of embeddings by name, each with ``path``, ``song`` and ``delimiter``
    models : names of models; None takes all that can predict these songs
    users, neighbours : how many are listed of each song
    """

    source: Path
    reading: Mapping[str, Any] = field(default_factory=dict)
    embeddings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: Sequence[str] | None = None
    users: int = 10
    neighbours: int = 5


def placing_models(files: RunFiles, wanted: Wanted) -> list[Model]:
    """Find the models that place songs, with each of their seeds.

    Raises
    ------
    InputError
        There is none, or one that is asked for does not predict new songs, or takes an embedding that is not given.
    """
    names = wanted.models
    for name in names or ():
        model = find_model(files, name)
        if model.settings["kind"] not in PREDICTORS:
            raise InputError(f"model {name} predicts no new songs")
        if not _hears(model, files, wanted):
            lacking = next(heard for heard in heard_by(model) if _lacks(heard, files, wanted))
            raise InputError(f"model {name} needs the table of the new songs' embeddings.{lacking}")
    if names is None:
        kinds = {name: settings["kind"] for name, settings in files.config["models"].items()}
        names = [name for name, kind in kinds.items() if kind in PREDICTORS]
        names = [name for name in names if _hears(find_model(files, name), files, wanted)]
    models = [find_model(files, name, seed) for name in names for seed in seeds_of(files, name)]
    if not models:
        raise InputError(f"{files.folder}: no model of this run can predict new songs from what is given")
    return models


def _hears(model: Model, files: RunFiles, wanted: Wanted) -> bool:
    return not any(_lacks(heard, files, wanted) for heard in heard_by(model))


def _lacks(heard: str, files: RunFiles, wanted: Wanted) -> bool:
    return heard in files.config["embeddings"] and heard not in wanted.embeddings


def read_given(
    files: RunFiles, models: Sequence[Model], embeddings: Mapping[str, Mapping[str, Any]], songs: pl.DataFrame
) -> tuple[dict[str, np.ndarray], list[pl.DataFrame], list[pl.DataFrame]]:
    """Read the embeddings that models take of new songs (``Wanted.embeddings``).

    Returns
    -------
    features by name, float32 [songs, d], NaN rows for songs without; and for each embedding a table ``status``,
    ``detail`` of the songs, and the table of what was set aside
    """
    found, states, rejected = {}, [], []
    for name in (name for name in all_heard(models) if name in files.config["embeddings"]):
        table = embeddings[name]
        how = {"song": table["song"], "delimiter": table["delimiter"], "columns": files.columns_of(name)}
        features, index, aside = read_new_embeddings(
            Path(table["path"]), songs["song_id"].to_list(), how, name, **files.scaling_of(name)
        )
        found[name] = features
        named = pl.when(pl.col("status") != OK).then(pl.format("embeddings.{}: {}", pl.lit(name), "detail"))
        states.append(index.select("status", detail=named.otherwise(pl.lit(""))))
        rejected.append(aside)
    return found, states, rejected
