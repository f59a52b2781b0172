"""What is asked of an export, and the models that it is about."""

from pathlib import Path
from typing import NamedTuple

from coldwave.errors import InputError
from coldwave.use.files import RunFiles
from coldwave.use.models import Model, find_model, seeds_of
from coldwave.use.run import Run


class Asked(NamedTuple):
    """A path to write to, and options; None is the default of each export."""

    out: Path
    model: str | None = None
    seed: int | None = None
    n: int | None = None
    among: str | None = None
    index: str | None = None
    licence: str | None = None


def one_model(run: Run, asked: Asked) -> tuple[Model, list[str]]:
    """Find the model that is named, or the one that recommends by default, and why it does.

    Raises
    ------
    InputError
        The run has no such model or seed.
    """
    name, notes = (asked.model, []) if asked.model is not None else run.default_model
    return find_model(run.files, name, asked.seed), notes


def all_models(files: RunFiles, asked: Asked) -> list[Model]:
    """List the models that are named, or all, each with the seed that is named, or with all of its seeds.

    A seed leaves out models that do not depend on chance, unless it is the run's first.

    Raises
    ------
    InputError
        The run has no such model, or none of its models has the seed.
    """
    found = []
    for name in [asked.model] if asked.model is not None else list(files.config["models"]):
        first = find_model(files, name)
        found += [Model(files, first.name, seed) for seed in seeds_of(files, name) if asked.seed in (None, seed)]
    if not found:
        seeds = ", ".join(map(str, files.seeds))
        raise InputError(f"{files.folder}: nothing was trained with seed {asked.seed}; the run has seeds {seeds}")
    return found
