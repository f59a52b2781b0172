"""How messages about mistakes in the config show keys and values."""

from collections.abc import Mapping
from typing import Any

Keys = tuple[str | int, ...]  # of a setting, from its section on


def yaml_number(text: str) -> str:
    """Write a number as YAML 1.1 reads it: an exponent needs a point before it and a sign."""
    mantissa, exponent, power = text.partition("e")
    if not exponent:
        return text
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{power if power[0] in '+-' else '+' + power}"


def short(value: Any) -> str:
    """Show a value as YAML would, cut to a length that fits a line."""
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    text = yaml_number(str(value)) if isinstance(value, float) else str(value)
    text = repr(value) if isinstance(value, (str, list)) else text
    return text if len(text) <= 60 else f"{text[:56]}…{text[-1] if isinstance(value, (str, list)) else ''}"
