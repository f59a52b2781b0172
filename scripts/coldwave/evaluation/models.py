"""What tables and figures need to know about a run's models. The workflow takes it from their kinds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

FLOOR, CEILING, EAR = "floor", "ceiling", "ear"  # the ends of the scales of results: random, usage, perfect hearing
FEATURES, LOG_MELS, PREDICTIONS = "features", "log-mels", "predictions"  # what a model hears of a song


class Model(NamedTuple):
    """One model."""

    kind: str  # as the tables name it
    place: int  # of the kind, from the floor to the upper bound; equal places keep the config's order
    end: str = ""  # `FLOOR`, `CEILING` or `EAR`, if its kind is one
    hears: str = ""  # `FEATURES`, `LOG_MELS`, or the `PREDICTIONS` of another audio model; empty if nothing
    what: str = ""  # for a reference, what it is in a few words


def models_of(options: Mapping[str, Mapping[str, Any]]) -> dict[str, Model]:
    """Read models from the options of a rule: from each name to the fields of `Model`."""
    return {name: Model(**fields) for name, fields in options.items()}


def in_order(models: Mapping[str, Model]) -> list[str]:
    """Sort the names of models from the floor to the upper bound; equal places keep their order."""
    return sorted(models, key=lambda name: models[name].place)


def at_end(models: Mapping[str, Model], end: str) -> list[str]:
    """List the models that are an end of the scale: those of the first place, if several kinds are."""
    fitting = [name for name in in_order(models) if models[name].end == end]
    return [name for name in fitting if models[name].place == models[fitting[0]].place]
