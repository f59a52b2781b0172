"""Checks the config before any job starts, and hands it out in one canonical form.

Snakemake's own ``validate`` stops at the first mistake; here all of them are told at once, a line each. What
comes out is made of builtins only, with every key in the schema's order and every number of the schema's type,
so that two ways to write the same config rerun nothing.
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
from workflow.wording import Keys, short, yaml_number

SCHEMA = Path(__file__).parent / "schemas" / "config.schema.yaml"
LARGEST = 2**63  # no number in a config is as large
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C, ten times faster, where PyYAML has it
RENAMED = {"tune": "tuning"}  # sections by their former names
CLOSE = 0.65  # likeness of two words from which one is taken for the other misspelt


class SettingsError(ValueError):
    """All mistakes in a config, one line each."""

    def __init__(self, mistakes: list[str], note: str | None = None):
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = [f"{count} in the config:", *(f"  {mistake}" for mistake in mistakes)]
        super().__init__("\n".join(lines + ([f"  What the config says of its data: {note}"] if note else [])))


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check a config and return a new one: nulled entries removed, defaults filled in, in canonical order.

    Raises
    ------
    SettingsError
        Anything is wrong; it lists all mistakes.
    """
    mistakes: dict[Keys, str] = {}
    given = _plain(config, load_schema(), (), mistakes)
    # `--config world=null` arrives as text, and a cluster's jobs are then given Python's None as text
    for section in ("world", "warm"):
        if given.get(section) in ("null", "None"):
            given[section] = None
    _expand_paths(given)
    for keys, mistake in _schema_mistakes(given):
        mistakes.setdefault(keys, mistake)
    # the second time, as no default may stand in for a value that is wrong
    sound = _without(_canonical(_without(given, mistakes), load_schema()), mistakes)
    for cross_check in cross_checks(sound):
        try:
            for keys, mistake in cross_check:
                mistakes.setdefault(keys, mistake)
        except KeyError:  # it looks at a key that is wrong or missing itself
            if not mistakes:
                raise
    if mistakes:
        order = {section: place for place, section in enumerate(load_schema()["properties"])}
        ordered = sorted(mistakes.items(), key=lambda item: order.get(item[0][0], -1))
        of_paths = any("environment variable" in mistake for mistake in mistakes.values())
        lines = [f"{_dotted(keys)}: {mistake}" for keys, mistake in ordered]
        raise SettingsError(lines, sound.get("data_note") if of_paths else None)
    return sound


def default_first(config: Mapping[str, Any], default: Path) -> dict[str, Any]:
    """Put the models that a default config names before all others, in its order.

    Snakemake begins with the keys of what is laid over it. The order of models counts (in tables, and where the first
    of a kind is taken), and a changed setting of one must not move it to the front.
    """
    models = config.get("models")
    if not isinstance(models, Mapping):
        return dict(config)
    with default.open(encoding="utf-8") as file:
        named = yaml.load(file, Loader=_LOADER)["models"]
    ordered = {name: models[name] for name in named if name in models}
    return dict(config) | {"models": ordered | dict(models)}


def check_files(config: Mapping[str, Any]) -> None:
    """Check that what the plays are read from is there, unless the workflow makes it.

    Raises
    ------
    SettingsError
        Files or folders are missing; it lists all of them.
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
    """Pick the settings of one section that a rule reads, sorted: what its ``params`` hold.

    Raises
    ------
    KeyError
        There is no such section or key: a mistake in the rule.
    """
    values = config.get(section)
    if not isinstance(values, Mapping):
        raise KeyError(f"{section!r} is no section of the config" + (", it is null" if section in config else ""))
    if missing := [key for key in keys if key not in values]:
        raise KeyError(f"section {section!r} has no {', '.join(map(repr, missing))}")
    return {key: _sorted(values[key]) for key in sorted(keys)}


def as_text(config: Mapping[str, Any]) -> str:
    """Write a checked config as YAML that can be read back as a config file."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=120)


def describe(schema: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """Write all keys with their defaults and descriptions as a Markdown table.

    ``defaults`` is the default config; a model's keys, named ``models.<KIND>.key``, have theirs in the schema.
    """
    rows = ["| key | default | what it is |", "| --- | --- | --- |"]

    def add(part: Mapping[str, Any], values: Mapping[str, Any], above: str) -> None:
        for key, named in part.get("properties", {}).items():
            there = _resolved(named, None)
            sub = named if "title" in there else {**there, **named}  # a title says in words what is in a mapping
            value = values.get(key, sub.get("default", sub.get("const", {})))
            shown = "" if isinstance(value, Mapping) else f"`{short(value)}`"
            cells = [cell.replace("|", "\\|") for cell in (f"`{above}{key}`", shown, sub["description"])]
            rows.append(f"| {' | '.join(cells)} |")
            add(sub, values.get(key) or {}, f"{above}{key}.")
            if key == "embeddings":
                add(sub["additionalProperties"], {}, "embeddings.<NAME>.")
            if key == "models":
                for kind in _kinds():
                    add(schema["$defs"][kind], {}, f"models.<{kind}>.")

    add(schema, defaults, "")
    return "\n".join(rows) + "\n"


@functools.cache
def load_schema() -> dict[str, Any]:
    """Read the schema of the config, and complete it by what the table of kinds says."""
    with SCHEMA.open(encoding="utf-8") as file:
        return with_kinds(yaml.load(file, Loader=_LOADER))


def _kinds() -> list[str]:
    return load_schema()["properties"]["models"]["additionalProperties"]["properties"]["kind"]["enum"]


def _resolved(part: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """The schema that describes ``value``: a reference followed, and a model's kind looked up."""
    if "$ref" in part:
        return load_schema()["$defs"][part["$ref"].rpartition("/")[2]]
    if "allOf" in part and isinstance(value, Mapping):
        kind = value.get("kind")
        return load_schema()["$defs"][kind] if kind in _kinds() else part
    return part


def _alternatives(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    part = _resolved(part, None)
    return part.get("anyOf", [part])


def _types(part: Mapping[str, Any]) -> set[str]:
    """The types that a schema accepts; none where it does not say."""
    named = [alternative.get("type", []) for alternative in _alternatives(part)]
    return {name for names in named for name in ([names] if isinstance(names, str) else names)}


def _plain(value: Any, part: Mapping[str, Any], keys: Keys, mistakes: dict[Keys, str]) -> Any:
    """Copy to builtins, without the optional keys that are null: null is how an overlay removes an entry."""
    if isinstance(value, Mapping):
        part = _resolved(part, value)
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                mistakes[(*keys, str(key))] = f"a key is text, and {short(key)} is not: write it in quotes"
                continue
            sub = part.get("properties", {}).get(key, part.get("additionalProperties"))
            if isinstance(sub, Mapping):
                if item is None and key not in part.get("required", []) and "null" not in _types(sub):
                    continue
            else:
                sub = {}
            plain[key] = _plain(item, sub, (*keys, key), mistakes)
        return plain
    if isinstance(value, (list, tuple)):
        return [_plain(item, part.get("items", {}), (*keys, place), mistakes) for place, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        mistakes[keys] = f"{value} is not a finite number"
    elif isinstance(value, (int, float)) and abs(value) >= LARGEST:
        mistakes[keys] = f"{short(value)} is too large"
    return value


def _expand_paths(config: dict[str, Any]) -> None:
    """Put in the values of environment variables (``$NAME``, ``${NAME}``) and home folders that paths name."""
    try:
        named = paths(config)
    except AttributeError:  # a section that is no mapping; the schema says so
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

    # one wrong item spoils its list
    wrong = {keys[: next((i for i, key in enumerate(keys) if isinstance(key, int)), None)] for keys in mistakes}
    return copied(config, ())


def _canonical(value: Any, part: Mapping[str, Any]) -> Any:
    """Fill in defaults, put keys in the schema's order (free names keep theirs) and give numbers the schema's type."""
    part = _resolved(part, value)
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


# What a mistake is called


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
                    yield (*keys, key), f"is missing, it must be {_allowed(part['properties'][key])}"
        elif "propertyNames" in error.absolute_schema_path:
            yield (*keys, value), f"{short(value)} is not {_allowed(part)}"
        else:
            yield keys, _refused(keys, value, part, error)


def _refused(keys: Keys, value: Any, part: Mapping[str, Any], error: ValidationError) -> str:
    if error.validator == "uniqueItems":
        return f"{short(value)} names the same value twice"
    text = " is text," if isinstance(value, str) and "string" not in _types(part) else " is"
    return f"{short(value)}{text} not {_allowed(part)}{_hint(keys, value, part)}"


def _unknown(key: str, known: Mapping[str, Any]) -> str:
    sections, kinds = load_schema()["properties"], {kind: load_schema()["$defs"][kind] for kind in _kinds()}
    places = {name: section for name, section in sections.items() if section.get("properties") is not known}
    places |= {f"models of kind {kind}": model for kind, model in kinds.items()}
    elsewhere = [name for name, place in places.items() if key != "kind" and key in place.get("properties", {})]
    close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=CLOSE)
    if key in RENAMED and RENAMED[key] in known:
        return f"the section {key} is called {RENAMED[key]} now: rename it"
    words = "unknown key"
    words += f"; it is a key of {' and of '.join(elsewhere)}" if elsewhere else ""
    words += f"; did you mean {close[0]!r}?" if close else ""
    return words if elsewhere or close else f"{words}; the keys here are {', '.join(known)}"


def _hint(keys: Keys, value: Any, part: Mapping[str, Any]) -> str:
    """What to write instead, where it can be guessed."""
    types = _types(part)
    if value is None or isinstance(value, (Mapping, list)):
        return "; leave it out to keep its defaults" if value is None and "object" in types else ""
    choices = [choice for alternative in _alternatives(part) for choice in alternative.get("enum", [])]
    if close := difflib.get_close_matches(str(value).lower(), choices, n=1, cutoff=CLOSE):
        return f"; did you mean {close[0]!r}?"
    if not isinstance(value, str):
        return "; write it in quotes" if "string" in types and not choices else ""
    command_line = " (--config makes text of values inside a section: use --configfile)" if len(keys) > 1 else ""
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


def _allowed(part: Mapping[str, Any]) -> str:
    """What a schema accepts, in words: its title, or its types and bounds."""
    part = _resolved(part, None)
    if "title" in part:
        return part["title"]
    if "anyOf" in part:
        return " or ".join(_allowed(alternative) for alternative in part["anyOf"])
    if "enum" in part:
        return f"one of {', '.join(part['enum'])}" if len(part["enum"]) > 1 else repr(part["enum"][0])
    low, above = part.get("minimum"), part.get("exclusiveMinimum")
    high, below = part.get("maximum"), part.get("exclusiveMaximum")
    bounds = [f"from {low}"] * (low is not None) + [f"above {above}"] * (above is not None)
    bounds += [f"to {high}"] * (high is not None) + [f"and below {below}"] * (below is not None)
    items = _plural(_allowed(part["items"])) if "items" in part else ""
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
