"""A search for settings that can be stopped at any time and resumed to the same result.

Optuna proposes the settings of a trial from the trials before it, and every trial is saved when it is done. Each trial
seeds the sampler by its number, so a resumed search proposes the same settings as one without a break.
"""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.errors import InputError
from coldwave.files import read_table, write_table
from coldwave.progress import duration

log = logging.getLogger(__name__)

Setting = float | int | str | bool
COLUMNS = {"trial": pl.UInt32, "value": pl.Float64, "seconds": pl.Float64, "failure": pl.String}


def columns_of(space: Mapping[str, Mapping[str, Any]]) -> dict[str, type[pl.DataType]]:
    """Columns of the table of trials: ``COLUMNS``, and one for each setting, which is text if its choices are."""
    types = {}
    for name, values in space.items():
        given = values["choices"] if "choices" in values else [values["low"], values["high"]]
        whole = all(isinstance(value, int) and not isinstance(value, bool) for value in given)
        number = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in given)
        types[name] = pl.Int64 if whole else pl.Float64 if number else pl.String
    return COLUMNS | types


def distributions(space: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Make Optuna's distribution of each setting.

    Parameters
    ----------
    space : from each setting to its ``choices``, or to ``low``, ``high`` and ``log``; whole numbers at both ends
        give whole numbers between them
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    made = {}
    for name, values in space.items():
        if "choices" in values:
            made[name] = CategoricalDistribution(values["choices"])
        elif columns_of({name: values})[name] == pl.Int64:
            made[name] = IntDistribution(values["low"], values["high"], log=values["log"])
        else:
            made[name] = FloatDistribution(values["low"], values["high"], log=values["log"])
    return made


def search(
    evaluate: Callable[[dict[str, Setting]], float],
    space: Mapping[str, Mapping[str, Any]],
    start: Mapping[str, Setting],
    trials: int,
    seed: int,
    saved: Path,
    minutes: float | None = None,
) -> pl.DataFrame:
    """Look for the settings with the highest value.

    The first trial has the settings ``start``, inside the space or not, so the best trial is never worse. Settings that
    cannot be evaluated (``evaluate`` raises ``InputError``) have no value, and the search goes on.

    Parameters
    ----------
    evaluate : from settings to their value
    space : see `distributions`
    trials : number of trials in all, including those saved before
    saved : file of the trials; if it exists, the search goes on from it
    minutes : no trial but the first begins later than this after the call

    Returns
    -------
    one row a trial, columns as in `columns_of`
    """
    schema, within = columns_of(space), distributions(space)
    table = _saved_trials(saved, schema)
    begin = time.monotonic()
    for number in range(len(table), trials):
        if minutes is not None and number and time.monotonic() - begin > 60 * minutes:
            log.info("stopped after %s of %s trials: %s minutes are over", number, trials, f"{minutes:g}")
            break
        settings = dict(start) if number == 0 else _proposal(table, within, seed + number)
        row = {"trial": number, **_evaluated(evaluate, settings), **settings}
        table = pl.concat([table, pl.DataFrame([row], schema=schema)])
        write_table(saved, table, schema)
        _log_trial(table, trials)
    return table


def best_trial(table: pl.DataFrame) -> dict[str, Any]:
    """Find the row with the highest value, the first of equal ones.

    Raises
    ------
    InputError
        No trial has a value.
    """
    valued = table.drop_nulls("value")
    if valued.is_empty():
        raise InputError(f"none of {len(table)} trials could be evaluated; the first failed: {table['failure'][0]}")
    return valued.sort(["value", "trial"], descending=[True, False]).row(0, named=True)


def _saved_trials(saved: Path, schema: Mapping[str, Any]) -> pl.DataFrame:
    if not saved.exists():
        return pl.DataFrame(schema=schema)
    table = read_table(saved)
    log.info("%d trials were done before: going on from %s", len(table), saved)
    return table


def _proposal(table: pl.DataFrame, within: Mapping[str, Any], seed: int) -> dict[str, Setting]:
    """Propose settings for the next trial, from the trials so far and the seed alone.

    Trials outside the space, as the first may be, and trials without a value are ignored.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    for row in table.drop_nulls("value").iter_rows(named=True):
        settings = {name: row[name] for name in within}
        if all(_contains(within[name], value) for name, value in settings.items()):
            study.add_trial(optuna.trial.create_trial(value=row["value"], params=settings, distributions=dict(within)))
    proposed = study.ask(dict(within)).params
    return {name: _readable(value, within[name]) for name, value in proposed.items()}


def _readable(value: Setting, distribution: Any) -> Setting:
    """Round a number to three digits, so that it is easy to read and copy, and keep it within the range."""
    if not isinstance(value, float):
        return value
    return min(max(float(f"{value:.3g}"), distribution.low), distribution.high)


def _contains(distribution: Any, value: Setting) -> bool:
    if hasattr(distribution, "choices"):
        return value in distribution.choices
    return distribution.low <= value <= distribution.high


def _evaluated(evaluate: Callable[[dict[str, Setting]], float], settings: dict[str, Setting]) -> dict[str, Any]:
    begin = time.monotonic()
    value, failure = None, None
    try:
        value = float(evaluate(settings))
    except InputError as error:
        failure = str(error)
    return {"value": value, "seconds": time.monotonic() - begin, "failure": failure}


def _log_trial(table: pl.DataFrame, trials: int) -> None:
    row = table.row(-1, named=True)
    settings = ", ".join(f"{name} {row[name]:.4g}" if isinstance(row[name], float) else f"{name} {row[name]}"
                         for name in table.columns if name not in COLUMNS)  # fmt: skip
    if row["value"] is None:
        outcome = f"no value ({row['failure']})"
    else:
        best = best_trial(table)
        outcome = f"{row['value']:.5f}, best {best['value']:.5f} (trial {best['trial']})"
    log.info("trial %d of %d: %s; %s; %s", row["trial"] + 1, trials, outcome, settings, duration(row["seconds"]))
