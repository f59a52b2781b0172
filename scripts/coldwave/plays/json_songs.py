"""JSON arrays of objects, such as songs and playlists, element by element."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coldwave.errors import InputError
from coldwave.histories.json_text import NOT_AN_OBJECT, elements
from coldwave.plays.rejections import TEXT_LENGTH

NOT_UTF8 = "not valid utf-8"


def json_songs(path: Path) -> Iterator[tuple[int, str, dict[str, Any] | str]]:
    """Yield the number of each element, counted from 1, its text, cut, and the object, or why it is none.

    Raises
    ------
    InputError
        The file is missing, or not the whole of a JSON array.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    with stream:
        for line, (key, value) in enumerate(elements(stream, str(path)), start=1):
            if key is not None:
                raise InputError(f"{path}: a JSON object, where an array of objects is expected")
            text = json.dumps(value, ensure_ascii=False)
            try:
                text.encode()
            except UnicodeEncodeError:
                yield line, text.encode("utf-8", "replace").decode()[:TEXT_LENGTH], NOT_UTF8
                continue
            yield line, text, value if isinstance(value, dict) else NOT_AN_OBJECT


def json_header(path: Path) -> list[str]:
    """Return the keys of the first object.

    Raises
    ------
    InputError
        As `json_songs`, or there is no object.
    """
    for _, _, value in json_songs(path):
        if isinstance(value, dict):
            return list(value)
    raise InputError(f"{path}: there is no object in this JSON array (plays.songs.path)")
