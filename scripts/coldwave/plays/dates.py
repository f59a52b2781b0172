"""Release dates as texts that sort: a year, a month or a day."""

import datetime
import re

_DATE = re.compile(r"(\d{4})(?:\.0)?(?:-(\d{2})(?:-(\d{2}))?(?:[T ].*)?)?")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")


def release_date(text: str) -> str | None:
    """Return ``text`` as YYYY, YYYY-MM or YYYY-MM-DD; None if it is no such date.

    A time of day is cut off, and a year may be a number (``1999.0``). Eight digits are a day, or with 00 for the day,
    or month and day, a month or a year. Sorted as text, a year comes before its months,
    and a month before its days.
    """
    parts = _DATE.fullmatch(_dashed(text.strip()))
    if parts is None:
        return None
    numbers = [int(part) for part in parts.groups() if part]
    try:
        datetime.date(*numbers, *[1] * (3 - len(numbers)))
    except ValueError:
        return None
    return "-".join(part for part in parts.groups() if part)


def _dashed(text: str) -> str:
    """Write eight digits as YYYY-MM-DD, YYYY-MM or YYYY; leave any other text as it is."""
    if not (digits := _DIGITS.fullmatch(text)):
        return text
    year, month, day = digits.groups()
    return f"{year}-{month}-{day}".removesuffix("-00").removesuffix("-00")


def begin_of(date: str) -> float:
    """The Unix second at which a release date, YYYY, YYYY-MM or YYYY-MM-DD, begins in UTC."""
    numbers = [int(part) for part in date.split("-")]
    day = datetime.datetime(*numbers, *[1] * (3 - len(numbers)), tzinfo=datetime.UTC)
    return day.timestamp()
