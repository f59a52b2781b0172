"""The report's map, on which songs can be looked up: what the page's script draws, and says of each song."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.analysis.map_text import main_tags
from coldwave.exhibits.files import Exhibit
from coldwave.shown import one_line

WIDTH = 1000  # of the map; coordinates are whole numbers
NAME, TAG = 80, 40  # most letters of a title or an artist, and of a tag
TAGS = 4  # of a song
GROUPS = 6  # that have a colour of their own; the rest are "other"
CLASSES = 4  # of popularity


class Places(NamedTuple):
    """What the map is made from: ``song``, ``x`` and ``y``, an exhibit, what is said of it, and its most songs."""

    table: pl.DataFrame
    figure: Exhibit
    words: str
    at_most: int


class SongMap(NamedTuple):
    """The map: what the script reads (``data``, for JSON), and how many songs are on it, of how many."""

    data: dict
    shown: int
    of: int


def song_map(places: Places, songs: pl.DataFrame, heard: Collection[int] = ()) -> SongMap | None:
    """Take songs for the page's map, and what it says of them; None without any.

    If there are more than ``places.at_most``, those that can be heard on the page come first, and the rest are taken
    evenly from all others, in the order of the catalogue.

    Parameters
    ----------
    songs : of the catalogue, in its order: ``song``, ``song_id``, ``title``, ``artist``, ``tags``, ``plays``
    heard : songs that the page has an excerpt of
    """
    table = places.table
    if table.is_empty():
        return None
    chosen = table[thinned(table["song"].is_in(list(heard)).to_numpy(), places.at_most)]
    own = songs[chosen["song"]]
    titles = [
        one_line((title or "").strip() or song_id, NAME) for title, song_id in own.select("title", "song_id").rows()
    ]
    artists = [one_line((artist or "").strip(), NAME) for artist in own["artist"].to_list()]
    tagged = [[one_line(tag, TAG) for tag in each] for each in own["tags"].fill_null([]).to_list()]
    tags = [each[:TAGS] for each in tagged]
    names = sorted({tag for each in tags for tag in each})
    place = {name: number for number, name in enumerate(names)}
    x, y, height = on_the_page(chosen["x"].to_numpy(), chosen["y"].to_numpy())
    data = {
        "height": height,
        "song": chosen["song"].to_list(),
        "x": x.tolist(),
        "y": y.tolist(),
        "title": titles,
        "artist": artists,
        "tags": [[place[tag] for tag in each] for each in tags],
        "tag": names,
        "plays": own["plays"].to_list(),
        "colours": {
            "tag": by_name(_most_frequent(tagged)),
            "artist": by_name(_most_frequent([[name] if name else [] for name in artists])),
            "popularity": by_plays(own["plays"].to_numpy()),
        },
    }
    return SongMap(data, len(chosen), len(table))


def _most_frequent(names: list[list[str]]) -> list[str | None]:
    return main_tags(pl.Series(names, dtype=pl.List(pl.String)), GROUPS)


def thinned(first: np.ndarray, at_most: int) -> np.ndarray:
    """Choose rows: those of ``first``, bool [rows], and others at even steps, up to ``at_most``; int64, sorted."""
    kept, others = np.flatnonzero(first)[:at_most], np.flatnonzero(~first)
    room = min(at_most - len(kept), len(others))
    return np.sort(np.concatenate([kept, others[np.arange(room) * len(others) // max(room, 1)]]))


def on_the_page(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Fit coordinates, float [songs], to the map: whole numbers, as wide as the map, ``y`` down; and the map's height.

    Both have the same scale, so that distances keep their proportions.
    """
    widest = max(np.ptp(x), np.ptp(y)) or 1.0
    scale = WIDTH / (np.ptp(x) if np.ptp(x) > widest / 2 else widest)
    across = np.rint((x - (x.min() + x.max()) / 2) * scale + WIDTH / 2).astype(np.int64)
    down = np.rint((y.max() - y) * scale).astype(np.int64)
    return across, down, int(down.max())


def by_name(names: Sequence[str | None]) -> dict:
    """Colour songs by a name that each has, or None: the groups, largest first, and the group of each song.

    The last group is "other", if a song has none.
    """
    counts = {name: names.count(name) for name in dict.fromkeys(names) if name is not None}
    groups = sorted(counts, key=lambda name: (-counts[name], name))
    numbers = {name: number for number, name in enumerate(groups)}
    return {
        "groups": [*groups, "other"] if None in names else groups,
        "other": None in names,
        "of": [numbers.get(name, len(groups)) for name in names],
    }


def by_plays(plays: np.ndarray) -> dict:
    """Colour songs by their plays, int [songs], in classes of about as many songs each, fewest plays first."""
    edges = np.unique(np.quantile(plays, np.arange(1, CLASSES + 1) / CLASSES, method="lower"))
    own = np.searchsorted(edges, plays)
    ends = [(int(plays[own == place].min()), int(plays[own == place].max())) for place in range(len(edges))]
    words = [f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in ends]
    return {"groups": [f"{text} play{'s' * (text != '1')}" for text in words], "other": False, "of": own.tolist()}
