"""What counts as a play, and how histories are read: the options, their defaults and their checks.

This module and what it imports stay small: the workflow checks its config by them.
"""

import datetime
import difflib
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any

from coldwave.errors import InputError
from coldwave.histories.columns import COLUMNS
from coldwave.histories.values import UTC, NotAListen, seconds_of
from coldwave.plays.dates import begin_of, release_date

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


# Settings that only some formats can follow, as only their files tell what these look at
OF_FORMATS = {
    "min_seconds": ("listenbrainz", "spotify", "events", "maloja", "jellyfin"),
    "incognito": ("spotify",),
    "timezone": ("events", "jellyfin"),
    **dict.fromkeys(("columns", "header", "delimiter", "encoding"), ("events",)),
}


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, checked: ``since`` and ``until`` as Unix seconds or None, ``timezone`` as a zone.

    Raises
    ------
    InputError
        Some are unknown or have values that they cannot have (a line each).
    """
    for name in options:
        if name not in DEFAULTS:
            raise InputError(f"{name}: no such option of a history{_meant(str(name), DEFAULTS)}")
    settings = DEFAULTS | dict(options)
    if wrong := mistakes(settings):
        raise InputError("\n".join(f"{name}: {mistake}" for name, mistake in wrong.items()))
    times = {name: None if settings[name] is None else _moment(settings[name]) for name in ("since", "until")}
    zone = UTC if settings["timezone"] is None else zoneinfo.ZoneInfo(settings["timezone"])
    return settings | times | {"timezone": zone}


def mistakes(settings: Mapping[str, Any]) -> dict[str, str]:
    """Say of each option what is wrong with its value, by its name; of a column, ``columns.<its name>``.

    Parameters
    ----------
    settings : options; those that are not there are not looked at
    """
    wrong = {}
    for name in ("min_seconds", "repeats_within"):
        value = settings.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
            wrong[name] = f"{value!r} is not a number of seconds, 0 or more"
    times = {name: settings[name] for name in ("since", "until") if settings.get(name) is not None}
    moments = {name: _moment(value) for name, value in times.items()}
    for name, moment in moments.items():
        if moment is None:
            wrong[name] = f"{times[name]!r} is neither a date, such as 2024-05-31, nor Unix seconds"
    if len(times) == 2 and not wrong.keys() & times and moments["since"] >= moments["until"]:
        wrong["since"] = f"{times['since']} is not earlier than until: {times['until']}"
    if settings.get("timezone") is not None and (mistake := _wrong_zone(settings["timezone"])):
        wrong["timezone"] = mistake
    for column in settings.get("columns") or {}:
        if column not in COLUMNS:
            wrong[f"columns.{column}"] = f"no such column of an event{_meant(column, COLUMNS)}"
    return wrong


def of_other_formats(settings: Mapping[str, Any], name: str) -> dict[str, tuple[str, ...]]:
    """Find the options that differ from their defaults and that a format cannot follow, with the formats that can."""
    return {
        option: formats
        for option, formats in OF_FORMATS.items()
        if name not in formats and settings.get(option, DEFAULTS[option]) != DEFAULTS[option]
    }


def _moment(value: Any) -> float | None:
    if isinstance(value, datetime.date):  # as YAML reads a date, or a date and time
        value = value.isoformat()
    try:
        if isinstance(value, str) and (date := release_date(value)) == value.strip():
            return begin_of(date)
        return seconds_of(value)
    except NotAListen:
        return None


def _wrong_zone(name: Any) -> str | None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        zones = zoneinfo.available_timezones()
        by_words = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones)}  # "Berlin" is Europe/Berlin
        by_words |= {zone.lower(): zone for zone in zones}
        close = difflib.get_close_matches(str(name).lower().replace(" ", "_"), by_words, n=1)
        return f"{name!r} is not a time zone" + (
            f"; did you mean {by_words[close[0]]!r}?" if close else ", such as Europe/Berlin"
        )
    return None


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f": they are {', '.join(known)}"
