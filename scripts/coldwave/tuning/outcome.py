"""The results of a search: a config overlay for the next run, and the trials as a table for people."""

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
    """Take the settings of a trial from its row in the table."""
    return {name: value for name, value in row.items() if name not in COLUMNS}


def saved_as(options: Mapping[str, Any], state: Any, digests: Mapping[str, str | None], cache: Path) -> Path:
    """Name the file of a search's trials: by all that their values depend on, but not by the budget."""
    budget = {"trials", "minutes"}
    searched = {key: value for key, value in options["tuning"].items() if key not in budget}
    key = json.dumps([{**options, "tuning": searched}, state, list(digests.values())], sort_keys=True)
    return cache / "tuning" / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.parquet"


def about(trials: pl.DataFrame, model: str, measure: str) -> str:
    """Say what the search has found."""
    best, first = best_trial(trials), trials.row(0, named=True)
    before = "no value" if first["value"] is None else number(first["value"])
    return (
        f"{measure} of {model} on validation songs: {number(best['value'])} in trial {best['trial']}, the best of "
        f"{len(trials)}; with the settings before the search (trial 0), {before}. Test songs took no part in it, so "
        "these are not test results: the best of many trials is in part lucky."
    )


def overlay(trials: pl.DataFrame, model: str, text: str) -> str:
    """Write the best trial's settings as a config file, under ``text`` as a comment."""
    found: dict[str, Any] = {}
    for name, value in settings_of(best_trial(trials)).items():
        section, _, key = name.partition(".")
        part = found.setdefault("wmf", {}) if section == "wmf" else found.setdefault("models", {}).setdefault(model, {})
        part[key] = value
    how = "Lay it over the config that it was found with, as the last file: snakemake --configfile CONFIG THIS"
    comment = textwrap.fill(f"{text} {how}", 116, initial_indent="# ", subsequent_indent="# ")
    return f"{comment}\n{yaml.safe_dump(found, sort_keys=False)}"


def table_for_people(trials: pl.DataFrame, measure: str) -> dict[str, list[str]]:
    """Make the columns of the pipe table: trials from the best to the worst, those without a value last."""
    ordered = trials.sort(["value", "trial"], descending=[True, False], nulls_last=True)
    columns = {
        "trial": [f"{trial} (the config)" if trial == 0 else str(trial) for trial in ordered["trial"]],
        f"{measure}, validation": [number(value) for value in ordered["value"]],
        "seconds": [f"{seconds:.1f}" for seconds in ordered["seconds"]],
    }
    for name in trials.columns[len(COLUMNS) :]:
        columns[name] = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in ordered[name]]
    return columns
