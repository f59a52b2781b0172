"""Tags of songs, as songs tables write them."""

import ast
from typing import Any


def tags_of(value: Any, separator: str | None) -> list[str]:
    """Read the tags of a song, each once: a list, a text such as ``['rock', 'pop']``, or one with separators."""
    if value is None:
        return []
    value = _listed(value) if isinstance(value, str) else value
    items = value if isinstance(value, list) else str(value).split(separator) if separator else [str(value)]
    return list(dict.fromkeys(text for item in items if item is not None and (text := str(item).strip())))


def _listed(text: str) -> str | list[Any]:
    """Read a text such as ``['rock', 'pop']``, as programs in Python write lists; leave any other text as it is."""
    if not (text.startswith("[") and text.endswith("]")):
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
