"""Invented ids, titles, artists, albums and release dates, a few of them awkward on purpose.

Commas, quotation marks, apostrophes, accents and other scripts occur in every world, so that the demo itself
tests how tables are read. Likeness to anyone's name is chance.
"""

import datetime
from collections.abc import Callable, Sequence

import numpy as np

AWKWARD_ARTISTS = (
    "Marrow, Finch & Daughters",
    'June "Little Boat" Harrow',
    "Øystein og Nattfergene",
    "Café Lumière",
    "O'Dell's Radio",
    "Μικρό Καράβι",
    "Żółta Łódka",
    "12",
)
AWKWARD_TITLES = (
    "Rain, Again",
    'The "Real" Morning',
    "Où vont les phares ?",
    "夜の汽車",
    "Nothing; Everything",
    "Don't Wait | Wait",
    "1,000 Lanterns",
    "Übermorgen",
    'Salt, "Sand", Sea',
    "0042",
)
# fmt: off
ADJECTIVES = (
    "Amber", "Bitter", "Blue", "Borrowed", "Broken", "Careful", "Clear", "Copper", "Crooked", "Distant", "Early",
    "Electric", "Empty", "Faded", "Feral", "Gentle", "Gilded", "Golden", "Half-Lit", "Hollow", "Idle", "Late",
    "Little", "Long", "Lost", "Lucid", "Mild", "Narrow", "Northern", "Old", "Open", "Pale", "Paper", "Patient",
    "Plain", "Quiet", "Restless", "Salt", "Second", "Silver", "Sleepless", "Slow", "Small", "Soft", "Strange",
    "Sunken", "Tender", "Velvet", "Wandering", "Wild", "Winter", "Young",
)
NOUNS = (
    "Almanac", "Anchor", "Atlas", "Avenue", "Balcony", "Beacon", "Bicycle", "Bridge", "Candle", "Canyon",
    "Carousel", "Chimney", "Compass", "Corridor", "Delta", "Engine", "Feather", "Ferry", "Field", "Garden",
    "Glacier", "Harbour", "Heron", "Horizon", "Island", "Jetty", "Kite", "Ladder", "Lantern", "Lighthouse",
    "Machine", "Meadow", "Mirror", "Moth", "Orchard", "Parade", "Pendulum", "Platform", "Postcard", "Quarry",
    "Radio", "River", "Sail", "Satellite", "Shoreline", "Signal", "Staircase", "Station", "Summer", "Telegram",
    "Thicket", "Tide", "Town", "Valley", "Violet", "Window",
)
# fmt: on
TITLE_PATTERNS = ("{a} {n}", "The {a} {n}", "{n} Song", "{a} Like a {n}", "My {a} {n}", "{n} of {ms}", "No More {ns}")
ARTIST_PATTERNS = ("{a} {n}", "The {a} {ns}", "{n} & {m}", "{a} {n} Club", "{n} Parlour")
ALBUM_PATTERNS = ("{a} {ns}", "{n} and {m}", "The {n} Tapes", "Songs for the {a} {n}", "{a} Days")
ALPHABET = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))


def song_ids(size: int, generator: np.random.Generator) -> list[str]:
    """Draw song ids like those of the Taste Profile: SO and 16 capitals or digits, all different."""
    return _different(size, lambda n: ["SO" + "".join(row) for row in generator.choice(ALPHABET, size=(n, 16))])


def user_ids(size: int, generator: np.random.Generator) -> list[str]:
    """Draw user ids like those of the Taste Profile: 40 hexadecimal digits, all different."""
    return _different(size, lambda n: [generator.bytes(20).hex() for _ in range(n)])


def artist_names(size: int, generator: np.random.Generator) -> list[str]:
    """Draw names of artists, all different; one in twenty, and three at least, is awkward."""
    return _names(size, ARTIST_PATTERNS, AWKWARD_ARTISTS, generator)


def song_titles(size: int, generator: np.random.Generator) -> list[str]:
    """Draw titles of songs, all different; one in twenty, and three at least, is awkward."""
    return _names(size, TITLE_PATTERNS, AWKWARD_TITLES, generator)


def album_titles(artist: np.ndarray, generator: np.random.Generator) -> list[str]:
    """Draw the album of each song: an artist has one album for about five songs.

    Parameters
    ----------
    artist
        [songs] number of the artist of each song.
    """
    volume = [generator.integers(1 + total // 5) for total in np.bincount(artist)[artist]]
    albums = sorted(set(zip(artist.tolist(), map(int, volume), strict=True)))
    titles = dict(zip(albums, _names(len(albums), ALBUM_PATTERNS, (), generator), strict=True))
    return [titles[key] for key in zip(artist.tolist(), map(int, volume), strict=True)]


def release_dates(artist: np.ndarray, album: Sequence[str], generator: np.random.Generator) -> list[str]:
    """Draw the release date of each song, YYYY-MM-DD, that of its album.

    An artist's first album is from 1970 to 2009, and one to four years pass between albums, in the order of their
    titles. Dates are independent of taste and fame.

    Parameters
    ----------
    artist, album
        [songs] number of the artist and title of the album of each song.
    """
    dates: dict[tuple[int, str], str] = {}
    year, before = 0, -1
    for key in sorted(set(zip(artist.tolist(), album, strict=True))):
        year = int(generator.integers(1970, 2010) if key[0] != before else year + generator.integers(1, 5))
        day = datetime.date(year, 1, 1) + datetime.timedelta(days=int(generator.integers(365)))
        dates[key], before = day.isoformat(), key[0]
    return [dates[key] for key in zip(artist.tolist(), album, strict=True)]


def _names(size: int, patterns: Sequence[str], awkward: Sequence[str], generator: np.random.Generator) -> list[str]:
    """Draw different names in random order, with awkward ones among them."""
    special = list(awkward[: min(size, len(awkward), max(3, size // 20))])
    names, seen = special, set(special)
    crowded = 0
    while len(names) < size:
        pattern = patterns[generator.integers(len(patterns))]
        index = generator.integers(len(NOUNS))
        noun, other = NOUNS[index], NOUNS[(index + generator.integers(1, len(NOUNS))) % len(NOUNS)]
        adjective = ADJECTIVES[generator.integers(len(ADJECTIVES))]
        name = pattern.format(a=adjective, n=noun, m=other, ns=_plural(noun), ms=_plural(other))
        if name in seen:
            crowded += 1
            if crowded < 2 * size:
                continue
            name = f"{name} {len(names)}"  # there are too few words for so many names
        names.append(name)
        seen.add(name)
    return [names[index] for index in generator.permutation(size)]


def _plural(noun: str) -> str:
    if noun.endswith("s"):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


def _different(size: int, draw: Callable[[int], list[str]]) -> list[str]:
    """Draw until there are ``size`` different values, in the order in which they first came."""
    values = dict.fromkeys(draw(size))
    while len(values) < size:
        values |= dict.fromkeys(draw(size - len(values)))
    return list(values)
