"""What counts as a play, and how histories are read: the options, their defaults and their checks."""

import datetime
import difflib
import zoneinfo
from collections.abc import Mapping
from typing import Any

from coldwave.errors import InputError
from coldwave.histories.values import UTC, NotAListen, seconds_of
from coldwave.plays.dates import release_date
from coldwave.plays.times import begin_of

DEFAULTS: dict[str, Any] = {
    "since": None,  # only listens at this time or later: a date, a date and time, or Unix seconds
    "until": None,  # only earlier ones
    "min_seconds": 30,  # a listen that is known to be shorter is no play, unless the song was played whole
    "incognito": False,  # whether listens in a private session are plays
    "repeats_within": 30,  # seconds: the same song by the same user begun again within them is one play; 0: never
    "user": None,  # whose listens all of them are; null: whose the files say
    "timezone": None,  # of times that do not say theirs; null: UTC
    "columns": None,  # of `events`: names of columns, or numbers from 1
    "header": True,  # of `events`
    "delimiter": None,  # of `events`
    "encoding": None,  # of `events`
}


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, checked: ``since`` and ``until`` as Unix seconds or None, ``timezone`` as a zone.

    Raises
    ------
    InputError
        One is unknown or has a value that it cannot have.
    """
    for name in options:
        if name not in DEFAULTS:
            close = difflib.get_close_matches(str(name), DEFAULTS, n=1)
            guess = f"; did you mean {close[0]}?" if close else f": they are {', '.join(DEFAULTS)}"
            raise InputError(f"{name}: no such option of a history{guess}")
    settings = DEFAULTS | dict(options)
    for name in ("min_seconds", "repeats_within"):
        value = settings[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
            raise InputError(f"{name}: {value!r} is not a number of seconds, 0 or more")
    for name in ("since", "until"):
        settings[name] = None if settings[name] is None else _moment(name, settings[name])
    if settings["since"] is not None and settings["until"] is not None and settings["since"] >= settings["until"]:
        raise InputError(f"since: {options['since']} is not earlier than until: {options['until']}")
    settings["timezone"] = _zone(settings["timezone"])
    return settings


def _moment(name: str, value: Any) -> float:
    if isinstance(value, datetime.date):  # as YAML reads a date, or a date and time
        value = value.isoformat()
    try:
        if isinstance(value, str) and (date := release_date(value)) == value.strip():
            return begin_of(date)
        seconds = seconds_of(value)
    except NotAListen:
        seconds = None
    if seconds is None:
        raise InputError(f"{name}: {value!r} is neither a date, such as 2024-05-31, nor Unix seconds")
    return seconds


def _zone(name: str | None) -> datetime.tzinfo:
    if name is None:
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"timezone: {name!r} is not a time zone, such as Europe/Berlin") from error
