"""The files that a finished run has learnt, to predict new songs with; none of them is made again."""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from coldwave.digest import digest_file
from coldwave.provenance.comparison import RECORD
from workflow.effective import model_read
from workflow.features import LOG_MEL, sources
from workflow.kinds import row_of
from workflow.wording import short


class NotLearntError(ValueError):
    """The run is not finished, or was made with another config."""


def given(results: str, path: str) -> str:
    """Name a file of a run so that Snakemake takes it as it is.

    Snakemake finds the rule that makes a file by the text of its path. No rule makes this path, so Snakemake never
    plans to make the file again, however old it is. Jobs that read it still rerun if its content has changed.

    Parameters
    ----------
    results : the run's folder
    path : of a file in it
    """
    return f"{results}/../{Path(results).name}/{path}"


def check_learnt(results: str, config: Mapping[str, Any], models: Sequence[str], files: Iterable[str]) -> None:
    """Check that the run is finished, its files are unchanged, and the config is still that of the run.

    Parameters
    ----------
    results : the run's folder
    config : the config now
    models : names of the models that are to predict
    files : learnt files that the vectors of new songs depend on, relative to that folder

    Raises
    ------
    NotLearntError
        One of these is not so; the message says what to do.
    """
    record = Path(results) / RECORD
    if not record.is_file():
        raise NotLearntError(
            f"{results}: the run is not finished (it has no {RECORD}), and new songs need what a finished run has "
            "learnt: run `snakemake` with the same config first"
        )
    try:
        recorded = json.loads(record.read_text(encoding="utf-8"))
        then, digests = yaml.safe_load(recorded["config"]), recorded["outputs"]
        mistakes = [*_changed_settings(then, config, models), *_changed_files(Path(results), digests, files)]
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise NotLearntError(f"{record}: damaged ({error}): delete it and run `snakemake` again") from error
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise NotLearntError(f"{results} was not made with this config: run `snakemake` with it first{lines}")


def _changed_settings(then: Mapping[str, Any], now: Mapping[str, Any], models: Sequence[str]) -> list[str]:
    found = []
    for section, keys in _input_settings(now, models).items():
        *above, last = section.split(".")
        parts = [functools.reduce(lambda part, key: part.get(key, {}), above, config) for config in (then, now)]
        if last in parts[0]:  # else the run's models took another source, and `_changed_model` says so
            found += _differences(section, parts[0][last], parts[1][last], keys)
    for name in models:
        found += _changed_model(name, then["models"].get(name), now["models"][name])
    return found


def _input_settings(config: Mapping[str, Any], models: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """List the other settings that the input of models for a new song depends on: keys by section."""
    settings: dict[str, tuple[str, ...]] = {}
    for model in (config["models"][name] for name in models):
        if row_of(model).hears_log_mels:
            settings["audio"] = tuple(dict.fromkeys((*settings.get("audio", ()), *LOG_MEL)))
        if "features" in model:
            for section, keys in sources(config)[model["features"]].settings.items():
                settings[section] = tuple(dict.fromkeys((*settings.get(section, ()), *keys)))
    return settings


def _changed_model(name: str, learnt: Mapping[str, Any] | None, model: Mapping[str, Any]) -> list[str]:
    """List the changed settings that learning depends on; a setting that has no effect may differ."""
    if learnt is None:
        return [f"models.{name}: the run has no such model"]
    if learnt["kind"] != model["kind"]:
        return _differences(f"models.{name}", learnt, model, ["kind"])
    then, now, machine = model_read(learnt), model_read(model), set(row_of(model).machine)
    return _differences(f"models.{name}", then, now, sorted((then.keys() | now.keys()) - machine))


def _differences(above: str, then: Mapping[str, Any], now: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """Write a line for each of some keys of a section whose value has changed."""
    return [
        f"{above}.{key}: {short(now.get(key))}, but the run was made with {short(then.get(key))}"
        for key in keys
        if then.get(key) != now.get(key)
    ]


def _changed_files(results: Path, digests: Mapping[str, str], files: Iterable[str]) -> list[str]:
    found = []
    for path in files:
        if not (results / path).is_file():
            found.append(f"{path}: there is no such file")
        elif digests.get(path) != digest_file(results / path):
            found.append(f"{path}: it was changed after the run was finished")
    return found
