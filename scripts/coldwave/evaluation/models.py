"""What tables and figures have to know of a run's models: the workflow says it of each, by its kind."""

from collections.abc import Mapping
from typing import Any, NamedTuple

FLOOR, CEILING = "floor", "ceiling"  # the ends of the scale that models stand on
FEATURES, LOG_MELS, PREDICTIONS = "features", "log-mels", "predictions"  # what a model hears of a song


class Model(NamedTuple):
    """One model."""

    kind: str  # as the tables name it
    place: int  # of the kind, from the floor to the upper bound; models of one place are in the config's order
    end: str = ""  # `FLOOR` or `CEILING`, where its kind is one
    hears: str = ""  # `FEATURES`, `LOG_MELS` or, by way of another model, its `PREDICTIONS`; empty where nothing
    what: str = ""  # what it is, in a few words, where the others are measured against it


def models_of(options: Mapping[str, Mapping[str, Any]]) -> dict[str, Model]:
    """Read models from the options of a rule: from each name to the fields of `Model`."""
    return {name: Model(**fields) for name, fields in options.items()}


def in_order(models: Mapping[str, Model]) -> list[str]:
    """The names of models from the floor to the upper bound, those of one place as they are there."""
    return sorted(models, key=lambda name: models[name].place)
