"""Single values of a history: names, numbers, ids and times, checked."""

import datetime
import math
import re
from typing import Any

UTC = datetime.UTC

NOT_TEXT = "not valid UTF-8"
NUL = "NUL byte"
NO_TIME = "no time"
NOT_A_TIME = "time is neither a date and time nor Unix seconds"
EARLIEST = 1e8  # Unix seconds, in 1973: an earlier time is a clock that was not set

_ISRC = re.compile("[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_LAST_FM = re.compile(r"(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2}))?")
_NUMBER = re.compile(r"-?\d+(\.\d*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class NotAListen(Exception):
    """A line is no listen; the message is the reason."""


def text_of(value: Any) -> str | None:
    """Return a name without blanks around it; None if there is none.

    Raises
    ------
    NotAListen
        It has bytes that are not text, which were read as surrogates.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise NotAListen(NOT_TEXT) from error
    if "\0" in value:
        raise NotAListen(NUL)
    return value.strip() or None


def number_of(value: Any) -> float | None:
    """Return a number that is not negative, from a number or its text; None if there is none."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) and len(value) < 300:
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < math.inf and value < 1e300 else None


def thousandths(value: Any) -> float | None:
    """Return seconds from milliseconds; None if there are none."""
    number = number_of(value)
    return None if number is None else number / 1000


def length_of(seconds: float | None) -> float | None:
    """Return the seconds of a song, which programs write as 0 where they do not know them."""
    return seconds or None


def isrc_of(value: Any) -> str | None:
    """Return an ISRC in capitals without hyphens; None for anything else. Of several, the first."""
    value = value[0] if isinstance(value, list) and value else value
    text = value.strip().upper().replace("-", "") if isinstance(value, str) else ""
    return text if _ISRC.fullmatch(text) else None


def seconds_of(value: Any, zone: datetime.tzinfo = UTC) -> float | None:
    """Return a time as Unix seconds; None where the clock was not set (before 1973).

    Parameters
    ----------
    value : Unix seconds (or milli- or microseconds, known by their size), a date and time as ISO 8601 writes it, or
        as Last.fm does: ``22 May 2014 20:11``
    zone : of times that do not say theirs

    Raises
    ------
    NotAListen
        There is no time, or it is none of these.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        raise NotAListen(NO_TIME)
    if isinstance(value, str):
        value = value.strip()
        value = float(value) if _NUMBER.fullmatch(value) and len(value) < 30 else _moment(value, zone)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e18:
        raise NotAListen(NOT_A_TIME)
    value = value / 1e6 if value >= 1e14 else value / 1e3 if value >= 1e11 else float(value)
    return value if value >= EARLIEST else None


def is_spoken_date(text: str) -> bool:
    """Return whether a time is written as Last.fm writes it."""
    return bool(_LAST_FM.fullmatch(text.strip()))


def _moment(text: str, zone: datetime.tzinfo) -> float:
    try:
        if parts := _LAST_FM.fullmatch(text):
            day, month, year, hour, minute, second = parts.groups(default="0")
            date = (int(year), _MONTHS.index(month.lower()) + 1, int(day))
            moment = datetime.datetime(*date, int(hour), int(minute), int(second))
        else:
            moment = datetime.datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError) as error:
        raise NotAListen(NOT_A_TIME) from error


def inner(record: Any, *keys: str) -> dict[str, Any]:
    """Return an object within an object; an empty one if there is none."""
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return record if isinstance(record, dict) else {}
