"""Checks of a blend's settings against each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflow.wording import Keys, short

Mistakes = Iterator[tuple[Keys, str]]


def _weights(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    given, parts = model["weights"], len(model["models"])
    if isinstance(given, str):
        return
    if len(given) != parts:
        yield ("models", name, "weights"), f"{len(given)} weights for {parts} models: give one for each, in their order"
    elif not sum(given):
        yield ("models", name, "weights"), f"all are 0, so that nothing is left of {short(name)}: raise one of them"


CHECKS = (_weights,)
