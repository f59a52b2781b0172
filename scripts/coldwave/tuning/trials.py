"""One trial of a search: factorise with some settings, train a model, and rank the validation songs.

Test songs take no part: their plays are removed before anything is fitted. The value of a trial is a measure of the
evaluation, of its ranking of the validation songs for the users who have played one of them.
"""

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.candidates import relevant_songs
from coldwave.evaluation.ranking import rank_songs
from coldwave.evaluation.table_of_measures import COMPARED
from coldwave.split.parts import TEST, TRAIN, VALIDATION
from coldwave.tuning.search import Setting

MEASURES = {one.key: one for one in COMPARED if one.higher}  # measures that a search can use, as it maximises
Teach = Callable[[np.ndarray, np.ndarray, Mapping[str, Any]], np.ndarray]


class SearchData(NamedTuple):
    """What a search may use: plays of training and validation songs, and which songs are which (bool [songs] each)."""

    plays: pl.DataFrame
    training: np.ndarray
    validation: np.ndarray
    users: int


def search_data(plays: pl.DataFrame, split: pl.DataFrame, users: int) -> SearchData:
    """Remove the test songs' plays.

    Raises
    ------
    InputError
        Nobody has played a validation song.
    """
    part = split["part"].to_numpy()
    seen = plays.filter(~pl.col("song").is_in(np.flatnonzero(part == TEST)))
    validation = part == VALIDATION
    if not seen["song"].is_in(np.flatnonzero(validation)).any():
        raise InputError("nobody has played a validation song: raise split.validation in the config")
    return SearchData(seen, part == TRAIN, validation, users)


def search_space(tuning: Mapping[str, Any], wmf: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, dict]:
    """Make the search space: ``wmf.KEY`` and ``model.KEY``, with numbers of the type that the setting has now."""
    space = {}
    for section, now, searched in (("wmf", wmf, tuning["wmf"]), ("model", model, tuning["settings"])):
        for key, values in searched.items():
            whole = not isinstance(now[key], float)
            numbers = {name: value if whole or isinstance(value, bool) else _float(value)
                       for name, value in values.items() if name in ("low", "high", "choices")}  # fmt: skip
            space[f"{section}.{key}"] = numbers if "choices" in numbers else numbers | {"log": values.get("log", False)}
    return space


def start_of(space: Mapping[str, Any], wmf: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Setting]:
    """Take the config's own value for every name of the space."""
    sections = {"wmf": wmf, "model": model}
    return {name: sections[name.partition(".")[0]][name.partition(".")[2]] for name in space}


def _float(value: Any) -> Any:
    return [float(one) for one in value] if isinstance(value, list) else float(value)


def laid_over(
    wmf: Mapping[str, Any], model: Mapping[str, Any], settings: Mapping[str, Setting]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lay the settings of a trial over those of the factorisation and of the model."""
    sections = {"wmf": dict(wmf), "model": dict(model)}
    for name, value in settings.items():
        section, _, key = name.partition(".")
        sections[section][key] = value
    return sections["wmf"], sections["model"]


def validation_score(
    data: SearchData,
    user_factors: np.ndarray,
    predicted: np.ndarray,
    measure: str,
    cutoff: int,
    threads: int,
) -> float:
    """Rank the validation songs for every user who played one, and average the users' values of a measure.

    Parameters
    ----------
    user_factors, predicted : float32 [users, factors], [songs, factors]; a song's row of NaN ranks last
    """
    songs = np.flatnonzero(data.validation)
    starts, relevant = relevant_songs(data.plays, songs, data.users, len(predicted))
    ranking = rank_songs(user_factors, predicted[songs], starts, relevant, cutoff, threads)
    values = getattr(ranking, MEASURES[measure].score)
    if np.isnan(values).all():
        raise InputError("no user has an AUC: each has played all validation songs; raise split.validation")
    return float(np.nanmean(values))


def _quietly(evaluate: Callable[[dict[str, Setting]], float]) -> Callable[[dict[str, Setting]], float]:
    """Let the library log only warnings: the lines of hundreds of trainings would hide those of the trials."""

    @functools.wraps(evaluate)
    def quiet(settings: dict[str, Setting]) -> float:
        library = logging.getLogger("coldwave")
        before = library.level
        library.setLevel(logging.WARNING)
        try:
            return evaluate(settings)
        finally:
            library.setLevel(before)

    return quiet


def evaluator(
    data: SearchData,
    teach: Teach,
    measure: str,
    wmf: Mapping[str, Any],
    model: Mapping[str, Any],
    cutoff: int,
    seed: int,
    threads: int,
) -> Callable[[dict[str, Setting]], float]:
    """Make the function from the settings of a trial to its value; it keeps the factors while wmf's settings stay.

    Parameters
    ----------
    measure : a key of ``MEASURES``
    teach : from user factors, song factors and the model's settings to predicted song factors
    """
    from coldwave.wmf.als import factorise_songs

    known: dict[tuple, tuple[np.ndarray, np.ndarray]] = {}

    @_quietly
    def evaluate(settings: dict[str, Setting]) -> float:
        wmf_settings, model_settings = laid_over(wmf, model, settings)
        key = tuple(wmf_settings.items())
        if key not in known:
            known.clear()
            users, songs, _ = factorise_songs(
                data.plays, data.training, data.users, **wmf_settings, seed=seed, threads=threads
            )
            known[key] = users, songs
        user_factors, song_factors = known[key]
        confidence = {name: wmf_settings[name] for name in ("alpha", "epsilon")}  # for objectives that weigh plays
        predicted = teach(user_factors, song_factors, confidence | model_settings)
        return validation_score(data, user_factors, predicted, measure, cutoff, threads)

    return evaluate
