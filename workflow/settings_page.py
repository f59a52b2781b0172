"""The page that lists all settings, docs/settings.md, from the schema of the config."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflow.kinds import names_of
from workflow.settings import allowed
from workflow.wording import short

_HEAD = """\
# Settings

<!-- `make pages` writes this page from workflow/schemas/config.schema.yaml. -->

A config is a YAML file that says what differs from [`config.yaml`](../config.yaml), the default run:
`snakemake --configfile mine.yaml`. Several are laid over each other in the order given, key by key. Null removes a
model, or another entry that you have named. Paths may contain `<results>`, the folder of the run, and environment
variables.

The defaults below are those of every run. `config.yaml` adds what is the demo's own: the run's name, the demo world and
its files, the models, and the ranges that a search takes.

The column *paper* gives the value of van den Oord, Dieleman and Schrauwen (2013): *not stated* if they leave it open,
empty if the setting does not apply to them. [reruns.md](reruns.md) lists what runs again after a change of each key.

Sections: {sections}. Kinds of model: {kinds}.
"""
ENTRIES = ("embeddings", "encoders")  # sections of entries that have one schema
_TABLE = ["| key | value | default | paper | what it does |", "| --- | --- | --- | --- | --- |"]


def page(schema: Mapping[str, Any]) -> str:
    """Write the page, with a heading for each section of the config and for each kind of model."""
    keys = schema["properties"]
    sections = {key: sub for key, sub in keys.items() if allowed(sub).startswith("a mapping")}
    loose = schema | {"description": None, "properties": {key: keys[key] for key in keys if key not in sections}}
    names = [f"[`{name}`](#{name})" for name in sections]
    head = _HEAD.format(sections=", ".join(names), kinds=", ".join(f"[`{kind}`](#kind-{kind})" for kind in names_of()))
    parts = [head, _section("## Of the run as a whole", loose)]
    for name, section in sections.items():
        entries = {"properties": {"<name>": section["additionalProperties"]}} if name in ENTRIES else {}
        parts.append(_section(f"## {name}", section | entries))
        if name == "models":
            parts += [_section(f"### Kind {kind}", schema["$defs"][kind]) for kind in names_of()]
    return "\n".join(parts)


def _section(heading: str, section: Mapping[str, Any]) -> str:
    description = section.get("description")
    paper = f" Paper: {section['paper']}." if section.get("paper") else ""
    rows = list(_rows(section, ""))
    lines = [heading, "", *([description + paper, ""] if description else []), *(_TABLE if rows else []), *rows]
    return "\n".join(lines).rstrip() + "\n"


def _rows(part: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, sub in part.get("properties", {}).items():
        if "const" in sub:  # the kind, which the heading names
            continue
        value = allowed(sub).replace(" of at least one character", "")
        inside = "properties" in sub and not value.startswith("a range")
        cells = [f"`{above}{key}`", value, _default(key, sub, part), sub.get("paper", ""), sub["description"]]
        if inside:
            cells[1:3] = "", ""
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        if inside:
            yield from _rows(sub, f"{above}{key}.")


def _default(key: str, sub: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    if key in part.get("required", []):
        return "must be given"
    if "default" not in sub:
        return "left out"
    return f"`{short(sub['default'])}`" if sub["default"] != {} else "empty"
