"""What plays tell of songs beside how often they were played: their names, and when each was first heard."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from coldwave.plays.encoded import Encoded

BETWEEN = " - "  # the artist and the title, in the id of a song without one


def id_or_names(song: str, names: Sequence[str]) -> pl.Expr:
    """The id in the column ``song``; where it is empty, what the columns ``names`` say, if none of them is empty."""
    if not names:
        return pl.col(song)
    told = pl.all_horizontal(pl.col(name) != "" for name in names)
    made = pl.when((pl.col(song) == "") & told).then(pl.concat_str(names, separator=BETWEEN))
    return made.otherwise(pl.col(song)).alias(song)


class Told:
    """Gathers what plays tell of songs that are numbered from 0 as they come (``coldwave.plays.codes``)."""

    def __init__(self) -> None:
        self._first = np.full(1, np.inf)
        self._names: dict[str, list[pl.Series]] = {}
        self._timed = False
        self._named = 0  # songs of which the names are known

    def add(self, song: np.ndarray, size: int, time: pl.Series | None, names: Mapping[str, Encoded]) -> None:
        """Add rows: numbers of songs u32 [n], of which there are ``size`` by now, times (Unix seconds) and names.

        A song's names are those of its first row.
        """
        if time is not None:
            self._timed = True
            if size > len(self._first):
                more = np.full(max(size, 2 * len(self._first)) - len(self._first), np.inf)
                self._first = np.concatenate([self._first, more])
            np.minimum.at(self._first, song, time.to_numpy())
        if names:
            rows = np.flatnonzero(song >= self._named)
            rows = pl.Series(rows[np.unique(song[rows], return_index=True)[1]])
            for name, column in names.items():
                place = rows if column.of_rows is None else column.of_rows.gather(rows)
                self._names.setdefault(name, []).append(column.values.gather(place))
            self._named = size

    def table(self, song_ids: pl.Series, place: np.ndarray) -> pl.DataFrame:
        """What is told of the songs: ``song_id`` and, if they were told, ``first_play`` and the names, null if empty.

        Parameters
        ----------
        song_ids : sorted; place : u32 [songs], the position among them of each number
        """
        order = np.empty(len(place), dtype=np.uint32)
        order[place] = np.arange(len(place), dtype=np.uint32)
        table = pl.DataFrame({"song_id": song_ids})
        if self._timed:
            table = table.with_columns(first_play=pl.Series(self._first[order]))
        for name, parts in self._names.items():
            told = pl.concat(parts).gather(pl.Series(order))
            table = table.with_columns(told.alias(name).replace("", None))
        return table
