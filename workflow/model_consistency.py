"""Checks of a config's models against it and each other: one function for each, as in ``workflow.consistency``."""

import difflib
from collections.abc import Iterator
from typing import Any

from workflow.features import sources
from workflow.kinds import ROWS, Kind, either, names_of, row_of
from workflow.wording import Keys, short


def model_checks(config: dict[str, Any]) -> list[Iterator[tuple[Keys, str]]]:
    """List all checks of a config's models, and of keys that name a model, as ``cross_checks`` does."""
    checks = [_tuned_model(config), _tuned_settings(config), _mapped_model(config)]
    for name, model in config.get("models", {}).items():
        if "features" in model:
            checks += [_features(config, model, name)]
        rows = [row for row in ROWS if row.kind == model.get("kind")]
        checks += [check(config, model, name) for row in rows for check in row.checks]
        if rows:
            checks += [_stood_on(config, model, name), _judged(config, model, name), _demo_alone(config, model, name)]
    return checks


def tuned_model(config: dict[str, Any]) -> str | None:
    """Find the name of the model whose settings are searched; None if there is no such model."""
    fitting = _with(config, "tuned")
    return config["tuning"]["model"] or next(iter(fitting), None)


def _features(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    features, known = model["features"], list(sources(config))
    if features not in known:
        yield (
            ("models", name, "features"),
            f"there is no source of features {short(features)}; {_guess(features, known)}",
        )


def no_embedding(name: str, known: list[str]) -> str:
    """Word the message about a name without an embedding, with what may be meant."""
    return f"there is no {short(name)} in embeddings; {_guess(name, known)}"


def _guess(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"it may be {' or '.join(known)}" if known else "it is empty"


def _with(config: dict[str, Any], having: str) -> list[str]:
    """List the models whose kind has a property."""
    return [name for name, model in config["models"].items() if getattr(row_of(model), having)]


def _stood_on(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    row = row_of(model)
    for key in row.stands_on:
        if isinstance(model[key], str):
            yield from _other_model(config, row, model[key], ("models", name, key))
        else:
            for place, other in enumerate(model[key]):
                yield from _other_model(config, row, other, ("models", name, key, place))


def _judged(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    """Songs that the other model has learnt from cannot tell what this one adds to it."""
    for key in row_of(model).stands_on if model.get("refit") is False else ():
        other = model[key]
        if other in _with(config, "from_audio") and not row_of(config["models"][other]).left_out:
            yield (
                ("models", name, "refit"),
                f"false leaves training songs alone, and {short(other)} ({key}) has learnt from all of them: write "
                f"true, or give {key} a model of kind {either(names_of('left_out'))}",
            )


def _demo_alone(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    if config["world"] is None and row_of(model).demo:
        yield (
            ("models", name, "kind"),
            f"{model['kind']} is told what was planted in the demo world, but world is null: write {name}: null",
        )


def _other_model(config: dict[str, Any], row: Kind, other: str, keys: Keys) -> Iterator[tuple[Keys, str]]:
    """Check a model that one of a row stands on. None stands on another of its own kind, so none stands on itself."""
    fitting = [name for name in _with(config, row.stands_on_having) if config["models"][name]["kind"] != row.kind]
    choice = f"name one of {', '.join(fitting)}" if fitting else "there is none in this config: write null"
    what = {"from_audio": "factors from audio", "predicts_new": "songs that nobody has played"}[row.stands_on_having]
    model = config["models"].get(other)
    if model is None:
        yield keys, f"there is no model {short(other)} that predicts {what}: {choice}"
    elif model["kind"] == row.kind:
        yield keys, f"{short(other)} is of kind {row.kind} itself: name the models that it is made of"
    elif other not in fitting:
        yield keys, f"{short(other)} is of kind {model['kind']}, which does not predict {what}: {choice}"
    elif row.stands_on_having == "from_audio" and model.get("refit") and not row_of(model).left_out:
        yield keys, f"{short(other)} learns from validation songs, which must judge what it adds: give it refit: false"


def _mapped_model(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    keys, name = ("analysis", "map", "model"), config["analysis"]["map"]["model"]
    if name is None:
        return
    fitting = _with(config, "factors")
    choice = f"name one of {', '.join(fitting)}, or write null" if fitting else "write null"
    if name not in config["models"]:
        yield keys, f"there is no model {short(name)}: {choice}"
    elif name not in fitting:
        yield keys, f"{short(name)} is of kind {config['models'][name]['kind']}, whose vectors make no map: {choice}"


def _tuned_model(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    keys, name, fitting = ("tuning", "model"), config["tuning"]["model"], _with(config, "tuned")
    choice = f"name one of {', '.join(fitting)}" if fitting else "there is none in this config: write null"
    if name is None or name in fitting:
        return
    if name not in config["models"]:
        yield keys, f"there is no model {short(name)} whose settings can be searched: {choice}"
    else:
        kind = config["models"][name]["kind"]
        yield keys, f"{short(name)} is of kind {kind}, whose settings cannot be searched: {choice}"


def _tuned_settings(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    name = tuned_model(config)
    model = config["models"].get(name, {})
    if config["tuning"]["settings"] and name is None:
        yield (
            ("tuning", "settings"),
            f"there is no model of kind {either(names_of('tuned'))} to search them for: write {{}}",
        )
        return
    for section, now, called in (("wmf", config["wmf"], "wmf"), ("settings", model, f"model {name}")):
        for key, values in config["tuning"][section].items():
            keys = ("tuning", section, key)
            if section == "settings" and (key == "kind" or key not in now):
                known = ", ".join(other for other in now if other != "kind")
                yield keys, f"{called} has no such setting; it has {known}"
            else:
                # one of a list will be chosen, and the search starts from it
                value = now[key][0] if section == "wmf" and isinstance(now[key], list) else now[key]
                for mistake in _range(values, value):
                    yield keys, mistake


def _range(values: dict[str, Any], now: Any) -> Iterator[str]:
    """Say what is wrong with the range of a setting whose value is ``now``."""
    ends, given = [values.get("low"), values.get("high")], values.get("choices")
    if given is not None and ends != [None, None]:
        yield "has both choices and low or high: keep one of the two"
    elif given is None and None in ends:
        yield "needs low and high, or choices"
    elif isinstance(now, list) or now is None:
        yield f"the setting is {short(now)}, and only single values can be searched"
    elif isinstance(now, (bool, str)):
        if given is None or not all(isinstance(value, type(now)) for value in given):
            yield f"the setting is {short(now)}: give choices of that kind"
    else:
        for value in given or ends:
            whole = isinstance(now, int) and not isinstance(value, int)
            if isinstance(value, (bool, str)) or whole:
                yield f"{short(value)} is not a {'whole ' if isinstance(now, int) else ''}number, as the setting is"
                return
        if given is None and ends[0] > ends[1]:
            yield f"low ({ends[0]}) is above high ({ends[1]})"
        elif given is None and values.get("log") and ends[0] <= 0:
            yield f"low is {ends[0]}, which has no logarithm: raise it, or write log: false"
