"""Check the config before any job starts, and return it in one canonical form.

Snakemake's own ``validate`` stops at the first mistake. Here all mistakes are reported at once, one line each. What
comes out is made of builtins only. Every key is in the schema's order and every number of the schema's type, so two
ways to write the same config rerun nothing.
"""

import difflib
import functools
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from workflow.consistency import cross_checks, paths
from workflow.kind_schema import with_kinds
from workflow.kinds import names_of, stood_on
from workflow.wording import Keys, short, yaml_number

SCHEMA = Path(__file__).parent / "schemas" / "config.schema.yaml"
LARGEST = 2**63  # no number in a config may be as large
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times faster, if PyYAML has it
NULL_AS_TEXT = ("null", "None")
RENAMED = {"tune": "tuning"}  # sections by their former names
CLOSE = 0.65  # likeness of two words at which one is taken for the other, misspelt


class SettingsError(ValueError):
    """All mistakes in a config, one line each."""

    def __init__(self, mistakes: list[str], note: str | None = None):
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = [f"{count} in the config:", *(f"  {mistake}" for mistake in mistakes)]
        super().__init__("\n".join(lines + ([f"  Note on the data: {note}"] if note else [])))


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check a config and return a new one: nulled entries removed, defaults filled in, in canonical order.

    Raises
    ------
    SettingsError
        The config has mistakes; the message lists all of them.
    """
    mistakes: dict[Keys, str] = {}
    given = _plain(config, load_schema(), (), mistakes)
    # `--config world=null` arrives as text, and jobs on a cluster then get Python's None as text
    for section in ("world", "warm"):
        if given.get(section) in NULL_AS_TEXT:
            given[section] = None
    _expand_paths(given)
    for keys, mistake in _schema_mistakes(given):
        mistakes.setdefault(keys, mistake)
    # a second time, because no default may replace a value that is wrong
    sound = _without(_canonical(_without(given, mistakes), load_schema()), mistakes)
    for cross_check in cross_checks(sound):
        try:
            for keys, mistake in cross_check:
                mistakes.setdefault(keys, mistake)
        except KeyError:  # the check needs a key that is itself wrong or missing
            if not mistakes:
                raise
    if mistakes:
        order = {section: place for place, section in enumerate(load_schema()["properties"])}
        ordered = sorted(mistakes.items(), key=lambda item: order.get(item[0][0], -1))
        of_paths = any("environment variable" in mistake for mistake in mistakes.values())
        lines = [f"{_dotted(keys)}: {mistake}" for keys, mistake in ordered]
        raise SettingsError(lines, sound.get("data_note") if of_paths else None)
    return sound


def over_default(config: Mapping[str, Any], default: Path) -> dict[str, Any]:
    """Lay a config over the default one, key by key.

    Snakemake does so as well, but not for a module, and it puts the keys of the upper config first. The order of models
    counts (in tables, and where the first of a kind is taken), so those of the default config must come first. Models
    of the default config that only the demo world has are left out where there is none, and so are those that stand on
    a model that the config removes.
    """
    with default.open(encoding="utf-8") as file:
        below = yaml.load(file, Loader=_LOADER)
    both = _laid_over(below, config)
    if isinstance(models := both["models"], Mapping):
        demo = names_of("demo") if both.get("world") in (None, *NULL_AS_TEXT) else []
        removed = {name for name, model in models.items() if model is None}
        gone = {
            name
            for name, model in below["models"].items()
            if models.get(name) == model and (model["kind"] in demo or removed.intersection(stood_on(model)))
        }
        both["models"] = {name: model for name, model in models.items() if name not in gone}
    return both


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        under = both.get(key)
        both[key] = _laid_over(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return both


def check_files(config: Mapping[str, Any]) -> None:
    """Check that the files and folders that the config names exist, unless the workflow makes them.

    Raises
    ------
    SettingsError
        Files or folders are missing; the message lists all of them.
    """
    named = {keys: path for keys, path in paths(config).items() if keys != ("cache",) and "<" not in path}
    missing = {keys: path for keys, path in named.items() if not Path(path).exists()}
    if missing:
        here = Path.cwd()
        raise SettingsError(
            [f"{_dotted(keys)}: there is no {path!r} (looked for in {here})" for keys, path in missing.items()],
            config["data_note"],
        )


def options(config: Mapping[str, Any], section: str, *keys: str) -> dict[str, Any]:
    """Pick the settings of one section that a rule reads, sorted, for its ``params``.

    Raises
    ------
    KeyError
        There is no such section or key: a mistake in the rule.
    """
    values = config.get(section)
    if not isinstance(values, Mapping):
        raise KeyError(f"{section!r} is not a section of the config" + (", it is null" if section in config else ""))
    if missing := [key for key in keys if key not in values]:
        raise KeyError(f"section {section!r} has no {', '.join(map(repr, missing))}")
    return {key: _sorted(values[key]) for key in sorted(keys)}


def as_text(config: Mapping[str, Any]) -> str:
    """Write a checked config as YAML that can be read back as a config file."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=120)


@functools.cache
def load_schema() -> dict[str, Any]:
    """Read the schema of the config, and complete it from the table of kinds."""
    with SCHEMA.open(encoding="utf-8") as file:
        return with_kinds(yaml.load(file, Loader=_LOADER))


def _of_kind(part: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """Find the schema that describes ``value``: that of its kind, if it is a model."""
    kind = value.get("kind") if "allOf" in part and isinstance(value, Mapping) else None
    return load_schema()["$defs"][kind] if kind in names_of() else part


def _alternatives(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return part.get("anyOf", [part])


def _types(part: Mapping[str, Any]) -> set[str]:
    """List the types that a schema accepts; none if it does not say."""
    named = [alternative.get("type", []) for alternative in _alternatives(part)]
    return {name for names in named for name in ([names] if isinstance(names, str) else names)}


def _plain(value: Any, part: Mapping[str, Any], keys: Keys, mistakes: dict[Keys, str], entry: bool = False) -> Any:
    """Copy to builtins, without the keys that null removes: those without a default, and those of the user's entries.

    ``entry`` says that the value is in a mapping that the user has named, such as a model.
    """
    if isinstance(value, Mapping):
        part = _of_kind(part, value)
        known = part.get("properties", {})
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                mistakes[(*keys, str(key))] = f"a key must be text, and {short(key)} is not: write it in quotes"
                continue
            sub = known.get(key, part.get("additionalProperties"))
            if isinstance(sub, Mapping):
                optional = key not in part.get("required", []) and (entry or "default" not in sub)
                if item is None and optional and "null" not in _types(sub):
                    continue
            else:
                sub = {}
            plain[key] = _plain(item, sub, (*keys, key), mistakes, entry or key not in known)
        return plain
    if isinstance(value, (list, tuple)):
        return [_plain(item, part.get("items", {}), (*keys, place), mistakes) for place, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        mistakes[keys] = f"{value} is not a finite number"
    elif isinstance(value, (int, float)) and abs(value) >= LARGEST:
        mistakes[keys] = f"{short(value)} is too large"
    return value


def _expand_paths(config: dict[str, Any]) -> None:
    """Expand environment variables (``$NAME``, ``${NAME}``) and home folders in paths."""
    try:
        named = paths(config)
    except AttributeError:  # a section is not a mapping; the schema says so
        return
    for keys, path in named.items():
        if isinstance(path, str):
            *above, last = keys
            functools.reduce(lambda part, key: part[key], above, config)[last] = os.path.expanduser(  # noqa: PTH111
                os.path.expandvars(path)
            )


def _without(config: dict[str, Any], mistakes: Mapping[Keys, str]) -> dict[str, Any]:
    """Copy a plain config without the keys that are wrong, so that the rest can be checked against each other."""

    def copied(value: Any, keys: Keys) -> Any:
        if isinstance(value, dict):
            return {key: copied(item, (*keys, key)) for key, item in value.items() if (*keys, key) not in wrong}
        return value

    # one wrong item makes its list wrong
    wrong = {keys[: next((i for i, key in enumerate(keys) if isinstance(key, int)), None)] for keys in mistakes}
    return copied(config, ())


def _canonical(value: Any, part: Mapping[str, Any]) -> Any:
    """Fill in defaults, put keys in the schema's order (free names keep theirs) and give numbers the schema's type."""
    part = _of_kind(part, value)
    if isinstance(value, dict):
        if isinstance(part.get("additionalProperties"), dict):
            return {key: _canonical(item, part["additionalProperties"]) for key, item in value.items()}
        known = part.get("properties", {})
        filled = {key: value[key] if key in value else sub.get("default") for key, sub in known.items()}
        return {key: _canonical(filled[key], known[key]) for key in known if key in value or "default" in known[key]}
    if isinstance(value, list):
        items = next((one["items"] for one in _alternatives(part) if "items" in one), {})
        return [_canonical(item, items) for item in value]
    types = _types(part)
    if isinstance(value, int) and not isinstance(value, bool) and "number" in types and "integer" not in types:
        return float(value)
    if isinstance(value, float) and value.is_integer() and "integer" in types and "number" not in types:
        return int(value)
    return value


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, (list, tuple)) else value


# The messages about mistakes


def _schema_mistakes(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for error in Draft202012Validator(load_schema()).iter_errors(config):
        keys, value, part = tuple(error.absolute_path), error.instance, error.schema
        if error.validator == "additionalProperties":
            for key in value:
                if key not in part["properties"]:
                    yield (*keys, key), _unknown(key, part["properties"])
        elif error.validator == "required":
            for key in part["required"]:
                if key not in value:
                    yield (*keys, key), f"is missing; it must be {allowed(part['properties'][key])}"
        elif "propertyNames" in error.absolute_schema_path:
            yield (*keys, value), f"{short(value)} is not {allowed(part)}"
        else:
            yield keys, _refused(keys, value, part, error)


def _refused(keys: Keys, value: Any, part: Mapping[str, Any], error: ValidationError) -> str:
    if error.validator == "uniqueItems":
        return f"{short(value)} names the same value twice"
    text = " is text," if isinstance(value, str) and "string" not in _types(part) else " is"
    return f"{short(value)}{text} not {allowed(part)}{_hint(keys, value, part)}"


def _unknown(key: str, known: Mapping[str, Any]) -> str:
    sections = load_schema()["properties"]
    places = {name: section for name, section in sections.items() if section.get("properties") is not known}
    places |= {f"models of kind {kind}": load_schema()["$defs"][kind] for kind in names_of()}
    elsewhere = [name for name, place in places.items() if key != "kind" and key in place.get("properties", {})]
    close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=CLOSE)
    if key in RENAMED and RENAMED[key] in known:
        return f"the section {key} is called {RENAMED[key]} now: rename it"
    words = "unknown key"
    words += f"; it is a key of {' and of '.join(elsewhere)}" if elsewhere else ""
    words += f"; did you mean {close[0]!r}?" if close else ""
    return words if elsewhere or close else f"{words}; the keys here are {', '.join(known)}"


def _hint(keys: Keys, value: Any, part: Mapping[str, Any]) -> str:
    """Say what to write instead, if it can be guessed."""
    types = _types(part)
    if value is None or isinstance(value, (Mapping, list)):
        return "; leave it out to keep its defaults" if value is None and "object" in types else ""
    choices = [choice for alternative in _alternatives(part) for choice in alternative.get("enum", [])]
    if close := difflib.get_close_matches(str(value).lower(), choices, n=1, cutoff=CLOSE):
        return f"; did you mean {close[0]!r}?"
    if not isinstance(value, str):
        return "; write it in quotes" if "string" in types and not choices else ""
    command_line = " (--config turns values inside a section into text: use --configfile)" if len(keys) > 1 else ""
    if types & {"number", "integer"} and _is_number(value):
        number = yaml_number(value.strip().lower())
        if number != value:
            return f"; YAML needs a point and a sign in such a number: write {number}"
        return f"; write it without quotes{command_line}"
    if "boolean" in types:
        return f"; write it without quotes{command_line}"
    if "null" in types and value.lower() in ("none", "null", "~"):
        return f"; write null without quotes{command_line}"
    return ""


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", text, re.IGNORECASE) is not None


def allowed(part: Mapping[str, Any]) -> str:
    """Say in words what a schema accepts: its title, or its types and bounds."""
    if "title" in part:
        return part["title"]
    if "anyOf" in part:
        return " or ".join(allowed(alternative) for alternative in part["anyOf"])
    if "enum" in part:
        return f"one of {', '.join(part['enum'])}" if len(part["enum"]) > 1 else repr(part["enum"][0])
    low, above = part.get("minimum"), part.get("exclusiveMinimum")
    high, below = part.get("maximum"), part.get("exclusiveMaximum")
    bounds = [f"from {low}"] * (low is not None) + [f"above {above}"] * (above is not None)
    bounds += [f"{'to' if above is None else 'and at most'} {high}"] * (high is not None)
    bounds += [f"and below {below}"] * (below is not None)
    items = _plural(allowed(part["items"])) if "items" in part else ""
    words = {
        "integer": " ".join(["a whole number", *bounds]),
        "number": " ".join(["a number", *bounds]),
        "string": "text of at least one character" if part.get("minLength") else "text",
        "boolean": "true or false",
        "array": f"a list of{' one or more' if part.get('minItems') else ''} {items}",
        "object": "a mapping of keys to values",
        "null": "null",
    }
    types = part["type"]
    return " or ".join(words[name] for name in ([types] if isinstance(types, str) else types))


def _plural(words: str) -> str:
    return words.removeprefix("a ").replace("number", "numbers", 1)


def _dotted(keys: Keys) -> str:
    named = [key if isinstance(key, int) or re.fullmatch(r"[\w.-]+", key) else short(key) for key in keys]
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in named).removeprefix(".")
