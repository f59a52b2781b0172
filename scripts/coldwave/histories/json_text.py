"""JSON histories of any size: their arrays element by element, without the whole in memory."""

import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from coldwave.errors import InputError
from coldwave.histories.values import NotAListen

NOT_JSON = "not valid JSON"
NOT_AN_OBJECT = "not a JSON object"
LARGEST_ELEMENT = 1 << 26  # characters
AT_HEAD = 10  # elements that tell what a file is
_CHUNK = 1 << 20
_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODE = json.JSONDecoder().raw_decode

Element = tuple[str | None, Any]  # the key of the outermost object that it stands under, and the value


class _NotJson(Exception):
    """The text breaks JSON's rules, or ends too early."""


def elements(stream: BinaryIO, name: str) -> Iterator[Element]:
    """Yield the elements of an array as (None, element); of an object (key, element) of each array and (key, value).

    Raises
    ------
    InputError
        The text is not JSON, or not whole.
    """
    text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape")
    count = 0
    try:
        for element in _Scanner(text).elements():
            count += 1
            yield element
    except _NotJson as error:
        raise InputError(
            f"{name}: {NOT_JSON} after {count:,} records ({error}): the file is not whole; export it again"
        ) from error


def head_elements(head: bytes) -> list[Element]:
    """Return the first elements, as `elements` does, that are whole among a file's first bytes; none if not JSON."""
    found: list[Element] = []
    try:
        for element in _Scanner(io.StringIO(head.decode("utf-8-sig", "surrogateescape"))).elements():
            found.append(element)
            if len(found) == AT_HEAD:
                break
    except _NotJson:
        pass
    return found


def records_of(values: Iterable[Any]) -> Iterator[tuple[int, str | None, dict[str, Any] | NotAListen]]:
    """Number the elements of an array from 1, as records; one that is no object is none."""
    for number, value in enumerate(values, start=1):
        if isinstance(value, dict):
            yield number, None, value
        else:
            yield number, json.dumps(value, ensure_ascii=False), NotAListen(NOT_AN_OBJECT)


def object_of(line: str) -> dict[str, Any] | NotAListen:
    """Read the JSON object of a line, or say why it is none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return NotAListen(NOT_JSON)
    return record if isinstance(record, dict) else NotAListen(NOT_AN_OBJECT)


class _Scanner:
    """A window on the text, moved on over what is read."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text, self._window, self._at = text, "", 0

    def elements(self) -> Iterator[Element]:
        begin = self._peek()
        if begin == "[":
            yield from ((None, element) for element in self._array())
        elif begin == "{":
            self._at += 1
            while self._next_of("}"):
                key = self._value()
                if self._peek() != ":":
                    raise _NotJson("a colon is missing")
                self._at += 1
                if self._peek() == "[":
                    yield from ((key, element) for element in self._array())
                else:
                    yield key, self._value()
        else:
            raise _NotJson("neither an array nor an object")

    def _array(self) -> Iterator[Any]:
        self._at += 1
        while self._next_of("]"):
            yield self._value()

    def _next_of(self, end: str) -> bool:
        """Move to the next element, over a comma; False at the end."""
        mark = self._peek()
        if mark == ",":
            self._at += 1
            return True
        if mark == end:
            self._at += 1
            return False
        if not mark:
            raise _NotJson("it ends too early")
        return True

    def _peek(self) -> str:
        while True:
            self._at = _BLANKS.match(self._window, self._at).end()
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._more():
                return ""

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = _DECODE(self._window, self._at)
                if end < len(self._window):  # else a number may go on
                    self._at = end
                    return value
                error = "it ends too early"
            except (ValueError, RecursionError) as mistake:
                error = str(mistake)
            if len(self._window) - self._at > LARGEST_ELEMENT or not self._more():
                raise _NotJson(error)

    def _more(self) -> bool:
        more = self._text.read(max(_CHUNK, len(self._window) - self._at))
        self._window, self._at = self._window[self._at :] + more, 0
        return bool(more)
