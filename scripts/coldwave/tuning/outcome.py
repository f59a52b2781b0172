"""What a search leaves: a config overlay for the next run, and the trials as a table for people."""

import hashlib
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from coldwave.exhibits.markdown import number
from coldwave.tuning.search import COLUMNS, Setting, best_trial


def settings_of(row: Mapping[str, Any]) -> dict[str, Setting]:
    """The settings of a trial, from its row in the table."""
    return {name: value for name, value in row.items() if name not in COLUMNS}


def saved_as(options: Mapping[str, Any], state: Any, digests: Mapping[str, str | None], cache: Path) -> Path:
    """Where the trials of a search are saved: a file named by all that its values depend on, but not by its budget."""
    budget = {"trials", "minutes"}
    searched = {key: value for key, value in options["tuning"].items() if key not in budget}
    key = json.dumps([{**options, "tuning": searched}, state, list(digests.values())], sort_keys=True)
    return cache / "tuning" / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.parquet"


def about(trials: pl.DataFrame, model: str, measure: str) -> str:
    """What the search has found, in a sentence."""
    best, first = best_trial(trials), trials.row(0, named=True)
    before = "which had no value" if first["value"] is None else number(first["value"])
    return (
        f"{measure} of {model} on validation songs: {number(best['value'])} in trial {best['trial']}, the best of "
        f"{len(trials)}; with the settings before the search (trial 0), {before}. Test songs took no part in it, so "
        "these are not its results: the best of many trials is luckier than it is good."
    )


def overlay(trials: pl.DataFrame, model: str, text: str) -> str:
    """The best trial's settings as a config file, under ``text`` as a comment."""
    found: dict[str, Any] = {}
    for name, value in settings_of(best_trial(trials)).items():
        section, _, key = name.partition(".")
        part = found.setdefault("wmf", {}) if section == "wmf" else found.setdefault("models", {}).setdefault(model, {})
        part[key] = value
    how = "Lay it over the config that it was found with, as the last file: snakemake --configfile CONFIG THIS"
    comment = textwrap.fill(f"{text} {how}", 116, initial_indent="# ", subsequent_indent="# ")
    return f"{comment}\n{yaml.safe_dump(found, sort_keys=False)}"


def table_for_people(trials: pl.DataFrame, measure: str) -> dict[str, list[str]]:
    """Columns of the pipe table: the trials from the best to the worst, those without a value last."""
    ordered = trials.sort(["value", "trial"], descending=[True, False], nulls_last=True)
    columns = {
        "trial": [f"{trial} (the config)" if trial == 0 else str(trial) for trial in ordered["trial"]],
        f"{measure}, validation": [number(value) for value in ordered["value"]],
        "seconds": [f"{seconds:.1f}" for seconds in ordered["seconds"]],
    }
    for name in trials.columns[len(COLUMNS) :]:
        columns[name] = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in ordered[name]]
    return columns
