"""The files of a run that a rule is given, opened as those of a finished run are."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coldwave.errors import InputError
from coldwave.use.files import RunFiles


class GivenFiles(RunFiles):
    """Some files of a run that may not have ended. No other is read, so that each one read is an input of the rule.

    Parameters
    ----------
    folder : of the run
    paths : the files in it
    config : what is read of the run's config: models, embeddings, encoders, wmf
    seeds : of the run
    """

    def __init__(self, folder: Path, paths: Iterable[Path], config: Mapping[str, Any], seeds: list[int]) -> None:
        self.folder = folder
        self.given = {path.relative_to(folder).as_posix() for path in paths}
        self.config, self.seeds = dict(config), seeds
        self.outputs, self.inputs = {}, {}

    def path(self, name: str) -> Path:
        """Return the path of a file. Raises InputError if it is not among those given."""
        if not self.has(name):
            raise InputError(f"{self.folder / name}: it is read, and is not among the inputs of the rule")
        return self.folder / name

    def has(self, name: str) -> bool:
        """Whether a file is among those given."""
        return name in self.given
