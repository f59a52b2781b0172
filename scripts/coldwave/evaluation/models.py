"""What tables and figures need to know about a run's models. The workflow takes it from their kinds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

FLOOR, CEILING = "floor", "ceiling"  # the ends of the scale of results
FEATURES, LOG_MELS, PREDICTIONS = "features", "log-mels", "predictions"  # what a model hears of a song


class Model(NamedTuple):
    """One model."""

    kind: str  # as the tables name it
    place: int  # of the kind, from the floor to the upper bound; equal places keep the config's order
    end: str = ""  # `FLOOR` or `CEILING`, if its kind is one
    hears: str = ""  # `FEATURES`, `LOG_MELS`, or the `PREDICTIONS` of another audio model; empty if nothing
    what: str = ""  # for a reference, what it is in a few words


def models_of(options: Mapping[str, Mapping[str, Any]]) -> dict[str, Model]:
    """Read models from the options of a rule: from each name to the fields of `Model`."""
    return {name: Model(**fields) for name, fields in options.items()}


def in_order(models: Mapping[str, Model]) -> list[str]:
    """Sort the names of models from the floor to the upper bound; equal places keep their order."""
    return sorted(models, key=lambda name: models[name].place)
