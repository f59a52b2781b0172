"""Ids as text that other tools read: no field is broken, and no id is taken for another or for a missing value.

What must not stand in a field is percent-encoded, as in addresses, so that `urllib.parse.unquote` gives the id back.
"""

import re
from urllib.parse import quote

import polars as pl

# Blanks and line ends of all kinds, control characters, and what begins an escape, a quoted field or a file.
_UNSAFE = '[\\s\\p{Cc}%"\ufeff]'
_UNSAFE_CHARACTER = re.compile('[\\s\x00-\x1f\x7f-\x9f%"\ufeff]')
_WHOLE = r"^(?:0|[1-9][0-9]{0,17})$"  # a number that is written in one way only
_MISSING = {"#n/a", "#n/a n/a", "#na", "-1.#ind", "-1.#qnan", "1.#ind", "1.#qnan", "<na>", "n/a", "na", "nan", "-nan",
            "null", "none"}  # fmt: skip


def tokens(ids: pl.Series) -> pl.Series:
    """Percent-encode blanks, control characters, double quotes and percent signs, so that fields can be split at
    blanks."""
    if not ids.str.contains(_UNSAFE).any():
        return ids
    return ids.map_elements(token, return_dtype=pl.String)


def cells(ids: pl.Series) -> pl.Series:
    """Make `tokens` that a reader of tables which guesses types takes for nothing else.

    Such a reader (pandas by default) makes ``007`` the number 7, ``1e3`` one thousand, and ``NA`` a missing value. The
    first character of such an id is percent-encoded as well. Ids that are all whole numbers stay.
    """
    if ids.str.contains(_WHOLE).all():
        return ids
    found = tokens(ids)
    guessed = found.map_elements(_is_guessed, return_dtype=pl.Boolean)
    return found.map_elements(_disguised, return_dtype=pl.String) if guessed.any() else found


def plain(names: pl.Series) -> pl.Series:
    """Put names on one line, with single blanks and without double quotes; a missing value stays one.

    A name that would be read as a missing value, such as that of a band called None, is disguised as in `cells`.
    """
    found = names.str.replace_all('"', "'").str.replace_all("[\\s\\p{Cc}\ufeff]+", " ").str.strip_chars(" ")
    missing = found.str.to_lowercase().is_in(list(_MISSING))
    return found if not missing.any() else found.set(missing, None).fill_null(found.map_elements(_disguised, pl.String))


def token(text: str) -> str:
    """Make one token, as `tokens` does."""
    return _UNSAFE_CHARACTER.sub(lambda found: quote(found[0], safe=""), text)


def _is_guessed(text: str) -> bool:
    if text.lower() in _MISSING or text.lower() in ("true", "false"):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _disguised(text: str) -> str:
    return f"%{ord(text[0]):02X}{text[1:]}" if text and text[0] < "\x80" and _is_guessed(text) else text
