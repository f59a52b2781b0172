"""The parts of the config schema that follow from the table of kinds."""

import re
from typing import Any

from workflow.kinds import either, names_of

_NAMED = re.compile(r"\{kinds\.(\w+)\}")  # in a text, stands for the kinds with a property: {kinds.tuned}


def with_kinds(schema: dict[str, Any]) -> dict[str, Any]:
    """Complete a schema: the kinds that a model may have, one branch for each, and their names in descriptions."""
    model = schema["properties"]["models"]["additionalProperties"]
    model["properties"]["kind"]["enum"] = names_of()
    model["allOf"] = [  # one branch for each kind, so that a mistake is about that kind's keys
        {"if": {"required": ["kind"], "properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{kind}"}}
        for kind in names_of()
    ]
    return _named(schema)


def _named(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _named(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_named(item) for item in part]
    return (
        _NAMED.sub(lambda found: either([f"`{name}`" for name in names_of(found[1])]), part)
        if isinstance(part, str)
        else part
    )
