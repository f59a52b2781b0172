"""A part of a file of plays, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from coldwave.plays.encoded import Encoded

ME = "me"  # the user whose plays all of them are where the source names none
EMPTY_USER = "empty user id"
EMPTY_SONG = "empty song id"


@dataclass(frozen=True)
class Batch:
    """Some lines of one source.

    ``user``, ``song`` (ids), ``count`` (u32) and, where the source tells it, ``time`` (float64, Unix seconds) are those
    of the good lines, and so are ``names`` (artist, title), if the source names songs; ``rejected`` are the others.
    """

    source: str
    lines: int
    blank: int
    user: Encoded
    song: Encoded
    count: pl.Series
    time: pl.Series | None
    rejected: pl.DataFrame
    names: Mapping[str, Encoded] = field(default_factory=dict)

    @property
    def plays(self) -> pl.DataFrame:
        """The good lines: user_id, song_id, count and, where the source tells it, time."""
        columns = {"user_id": self.user.rows(), "song_id": self.song.rows(), "count": self.count}
        return pl.DataFrame(columns if self.time is None else columns | {"time": self.time})

    def filter(self, chosen: pl.Series) -> "Batch":
        """Keep the chosen ones of the good lines: bool."""
        return replace(
            self,
            user=self.user.filter(chosen),
            song=self.song.filter(chosen),
            count=self.count.filter(chosen),
            time=None if self.time is None else self.time.filter(chosen),
            names={name: column.filter(chosen) for name, column in self.names.items()},
        )
