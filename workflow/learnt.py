"""What a finished run has learnt, as given files: new songs are predicted with them, and none is made again."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from coldwave.digest import digest_file
from workflow.wording import short

RECORD = "provenance.json"

# What the vector of a new song depends on besides the files that were learnt, by section of the config.
DECISIVE = {
    "audio": ("sample_rate", "window", "hop", "mel_bands", "duration", "offset"),
    "bow": ("coefficients",),
}

MACHINE = {"accelerator", "devices", "nodes", "precision"}  # where and how a network was trained, not what is predicted


class NotLearntError(ValueError):
    """The run is not finished, or is another than the config's."""


def given(results: str, path: str) -> str:
    """Name a file of a run so that Snakemake takes it as it is.

    Snakemake finds the rule that makes a file by the text of its path. No rule makes this one, so nothing that is
    behind it is ever planned, however old it is; what reads it still reruns where its content has changed.

    Parameters
    ----------
    results : the run's folder
    path : of a file in it
    """
    return f"{results}/../{Path(results).name}/{path}"


def check_learnt(results: str, config: Mapping[str, Any], models: Iterable[str], files: Iterable[str]) -> None:
    """Check that the run is finished, that its files are as it left them, and that the config is still that of the run.

    Parameters
    ----------
    results : the run's folder
    config : the config now
    models : names of the models that are to predict
    files : what was learnt, relative to that folder, and decides on the vectors of new songs

    Raises
    ------
    NotLearntError
        It says what is wrong, and what to do.
    """
    record = Path(results) / RECORD
    if not record.is_file():
        raise NotLearntError(
            f"{results}: new songs are predicted with what a finished run has learnt, and this one is not finished (it "
            f"has no {RECORD}): run `snakemake` with the same config first"
        )
    try:
        recorded = json.loads(record.read_text(encoding="utf-8"))
        then, digests = yaml.safe_load(recorded["config"]), recorded["outputs"]
        mistakes = [*_changed_settings(then, config, models), *_changed_files(Path(results), digests, files)]
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise NotLearntError(f"{record}: damaged ({error}): delete it and run `snakemake` again") from error
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise NotLearntError(f"{results} is not what this config has learnt: run `snakemake` with it first{lines}")


def _changed_settings(then: Mapping[str, Any], now: Mapping[str, Any], models: Iterable[str]) -> list[str]:
    found = []
    for section, keys in DECISIVE.items():
        for key in keys:
            if then[section][key] != now[section][key]:
                was, is_now = short(then[section][key]), short(now[section][key])
                found.append(f"{section}.{key}: {is_now}, and the run was made with {was}")
    for name in models:
        learnt, model = then["models"].get(name, {}), now["models"][name]
        for key in sorted((model.keys() | learnt.keys()) - MACHINE):
            if learnt and model.get(key) != learnt.get(key):
                was, is_now = short(learnt.get(key)), short(model.get(key))
                found.append(f"models.{name}.{key}: {is_now}, and the run was made with {was}")
        if not learnt:
            found.append(f"models.{name}: the run has no such model")
    return found


def _changed_files(results: Path, digests: Mapping[str, str], files: Iterable[str]) -> list[str]:
    found = []
    for path in files:
        if not (results / path).is_file():
            found.append(f"{path}: there is no such file")
        elif digests.get(path) != digest_file(results / path):
            found.append(f"{path}: it was made since the run was finished")
    return found
