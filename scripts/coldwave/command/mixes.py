"""Make a playlist by sound, again and again: from what was asked for, which the file keeps as its recipe."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from coldwave.command.playlists import write
from coldwave.command.songs import find_song
from coldwave.errors import InputError
from coldwave.use.journeys import path
from coldwave.use.mixing import limit, near, nearness
from coldwave.use.recordings import names_of

if TYPE_CHECKING:
    from coldwave.use.run import Run


@dataclass(frozen=True)
class Mix:
    """What was asked for, in words that JSON holds."""

    run: str
    seeds: list[str]
    others: list[str] = field(default_factory=list)
    to: str | None = None
    n: int = 25
    variety: float = 0.0
    seed: int = 0
    per_artist: int | None = 3
    path_prefix: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Mixed:
    """A list: ``table`` ``rank``, ``song_id``, ``title``, ``artist``, ``nearness``, and what is to be said of it."""

    run: "Run"
    mix: Mix
    table: pl.DataFrame
    notes: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        return {**asdict(self.mix), "notes": self.notes, "songs": self.table.to_dicts()}

    def write(self, out: Path) -> list[str]:
        """Write it as a playlist, with its recipe; return what is to be said."""
        return write(self.run, out, self.table["song_id"].to_list(), {"command": "playlist", **asdict(self.mix)})


def make_mix(run: "Run", mix: Mix) -> Mixed:
    """Make the list. The recipe of what is returned names songs by their ids.

    Raises
    ------
    InputError
        A song is not in the run or cannot be compared, or a path has no or several beginnings.
    """
    mix = replace(
        mix,
        seeds=[find_song(run.songs, song) for song in mix.seeds],
        others=[find_song(run.songs, song) for song in mix.others],
        to=None if mix.to is None else find_song(run.songs, mix.to),
    )
    if not mix.seeds:
        raise InputError("name a song to be near to: coldwave playlist SEED")
    vectors, numbers = run.sound_vectors(), run.files.song_numbers
    seeds = np.array([numbers[song] for song in mix.seeds])
    if mix.to is not None:
        if len(seeds) != 1 or mix.others:
            raise InputError("--to: a path leads from one song to another: give one SEED, and no --not")
        order, notes = path(seeds[0], numbers[mix.to], vectors, mix.n), []
        ends = vectors[[seeds[0], numbers[mix.to]]]
        closeness = nearness(ends, None, vectors[order])
    else:
        order, notes = _near(run, mix, vectors, seeds)
        closeness = nearness(vectors[seeds], _others(mix, vectors, numbers), vectors[order])
    table = run.songs[order.tolist()].select("song_id", "title", "artist").with_row_index("rank", offset=1)
    return Mixed(run, mix, table.with_columns(nearness=pl.Series(closeness, dtype=pl.Float64)), notes)


def _others(mix: Mix, vectors: np.ndarray, numbers: dict[str, int]) -> np.ndarray | None:
    return vectors[[numbers[song] for song in mix.others]] if mix.others else None


def _near(run: "Run", mix: Mix, vectors: np.ndarray, seeds: np.ndarray) -> tuple[np.ndarray, list[str]]:
    songs, numbers = run.songs, run.files.song_numbers
    artists, recordings = names_of(songs)
    named = {recordings[song] for song in [*seeds, *(numbers[song] for song in mix.others)]} - {None}
    among = np.array([recording not in named for recording in recordings])
    among[[*seeds, *(numbers[song] for song in mix.others)]] = False
    others = _others(mix, vectors, numbers)
    order = near(vectors[seeds], others, vectors, variety=mix.variety, seed=mix.seed, among=among)
    found = limit(order, artists, songs["album"].to_list(), recordings, mix.per_artist, None, mix.n)
    notes = [f"{count:,} songs passed over: {reason}." for reason, count in found.skipped.items()]
    return found.chosen, notes
