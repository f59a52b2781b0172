"""Files of a run of any size, made up in the form in which the rules exchange them."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.bow.features import COUNTS_SCHEMA
from coldwave.files import write_array, write_table
from coldwave.plays.tables import PLAYS, SONGS, USERS, write_plays, write_songs, write_users
from coldwave.split.parts import SCHEMA as SPLIT

MOST_SPREAD = 1.5  # standard deviation of the logarithm of how popular songs are


@dataclass(frozen=True)
class Size:
    """How large a run is. Users and songs follow from the plays, in the proportions of the Taste Profile."""

    plays: int = 100_000
    users: int = 0
    songs: int = 0
    test_share: float = 0.2
    factors: int = 50
    width: int = 200  # of the song features
    words: int = 500
    shards: int = 4
    frames: int = 1292  # of each song's log-mels: 30 s

    @property
    def number_of_users(self) -> int:
        """Users, of which each has 47 songs by default."""
        return self.users or max(200, self.plays // 47)

    @property
    def number_of_songs(self) -> int:
        """Songs, of which each has 126 users by default."""
        return self.songs or max(200, self.plays // 126)


class Files:
    """The files of one size in a folder. Each is made when it is first asked for."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder, self.size = folder, size
        self.users_number, self.songs_number = size.number_of_users, size.number_of_songs

    def _rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng(list(name.encode()))

    def once(self, name: str, make: Callable[[Path], None]) -> Path:
        """A file of the folder, which ``make`` writes if it is not there yet."""
        if not (path := self.folder / name).exists():
            make(path)
        return path

    def array(self, name: str, make: Callable[[], np.ndarray]) -> Path:
        """An array of the folder."""
        return self.once(name, lambda path: write_array(path, make()))

    def _vectors(self, name: str, rows: int, columns: int) -> Path:
        draw = self._rng(name).standard_normal
        return self.array(name, lambda: draw((rows, columns), dtype=np.float32))

    @functools.cached_property
    def table(self) -> pl.DataFrame:
        """The plays: popularity of songs and activity of users are log-normal; counts are geometric."""
        if (path := self.folder / "plays.parquet").exists():
            return pl.read_parquet(path)
        rng = self._rng("plays")
        wanted = self.size.plays
        songs = _drawn(rng, self.songs_number, wanted)
        users = _drawn(rng, self.users_number, wanted)
        key = np.unique(users.astype(np.uint64) << np.uint64(32) | songs.astype(np.uint64))
        counts = rng.geometric(0.4, len(key))
        return pl.DataFrame({"user": key >> np.uint64(32), "song": key & np.uint64(2**32 - 1), "count": counts}).cast(
            PLAYS
        )

    @functools.cached_property
    def plays(self) -> Path:
        """plays.parquet."""
        return self.once("plays.parquet", lambda path: write_plays(path, self.table))

    def _totals(self, of: str, number: int) -> pl.DataFrame:
        sums = self.table.group_by(of).agg(pl.len().alias("pairs"), pl.col("count").sum().alias("plays"))
        rows = pl.DataFrame({of: np.arange(number, dtype=np.uint32)}).join(
            sums, on=of, how="left", maintain_order="left"
        )
        return rows.with_columns(pl.col("pairs", "plays").fill_null(0))

    @functools.cached_property
    def users(self) -> Path:
        """users.parquet, with ids as long as the Taste Profile's."""
        return self.once("users.parquet", lambda path: write_users(path, self._users()))

    def _users(self) -> pl.DataFrame:
        totals = self._totals("user", self.users_number)
        ids = _ids(self._rng("users"), self.users_number, 40, "")
        return totals.select("user", user_id=ids, songs="pairs", plays="plays").cast(USERS)

    @functools.cached_property
    def song_ids(self) -> pl.Series:
        """The songs' ids, as long as the Million Song Dataset's."""
        return _ids(self._rng("songs"), self.songs_number, 16, "SO")

    @functools.cached_property
    def songs(self) -> Path:
        """songs.parquet: five songs an artist, three an album, three tags each."""
        return self.once("songs.parquet", lambda path: write_songs(path, self._songs()))

    def _songs(self) -> pl.DataFrame:
        totals, number = self._totals("song", self.songs_number), np.arange(self.songs_number)
        rng = self._rng("tags")
        tags = rng.choice([f"tag {i}" for i in range(60)], (self.songs_number, 3))
        columns = {
            "song_id": self.song_ids,
            "title": pl.Series([f"Title {n}" for n in number], dtype=pl.String),
            "artist": pl.Series([f"Artist {n // 5}" for n in number], dtype=pl.String),
            "album": pl.Series([f"Album {n // 3}" for n in number], dtype=pl.String),
            "date": pl.Series((1950 + number % 70).astype(str).tolist(), dtype=pl.String),
            "tags": pl.Series(tags.tolist(), dtype=pl.List(pl.String)),
            "audio": pl.Series([f"/audio/{n:08}.mp3" for n in number], dtype=pl.String),
        }
        frame = totals.select("song", users="pairs", plays="plays").with_columns(**columns)
        missing = [name for name in SONGS if name not in frame.columns]
        return frame.with_columns(pl.lit(None).alias(name) for name in missing).select(*SONGS).cast(SONGS)

    @functools.cached_property
    def split(self) -> Path:
        """split.parquet: a tenth are validation songs, and the test songs as the size says."""
        draw = self._rng("split").random(self.songs_number)
        part = np.where(draw < self.size.test_share, "test", np.where(draw > 0.9, "validation", "train"))
        frame = pl.DataFrame({"song": np.arange(self.songs_number), "part": part}).cast(SPLIT)
        return self.once("split.parquet", lambda path: write_table(path, frame, SPLIT))

    @functools.cached_property
    def user_factors(self) -> Path:
        """user_factors.npy."""
        return self._vectors("user_factors.npy", self.users_number, self.size.factors)

    @functools.cached_property
    def song_factors(self) -> Path:
        """song_factors.npy."""
        return self._vectors("song_factors.npy", self.songs_number, self.size.factors)

    @functools.cached_property
    def features(self) -> Path:
        """features.npy of the songs."""
        return self._vectors("features.npy", self.songs_number, self.size.width)

    def predictions(self, *models: str) -> list[Path]:
        """Song vectors of some models."""
        return [self._vectors(f"predictions/{name}/1.npy", self.songs_number, self.size.factors) for name in models]

    def counts(self) -> list[Path]:
        """Word counts of the songs, a table a shard: a frame in two is of another word, up to half of the words."""
        shares = np.array_split(np.arange(self.songs_number), self.size.shards)
        write = functools.partial(write_table, schema=COUNTS_SCHEMA)
        return [
            self.once(f"counts/{shard}.parquet", lambda path, songs=songs: write(path, self._counted(songs)))
            for shard, songs in enumerate(shares)
        ]

    def _counted(self, songs: np.ndarray) -> pl.DataFrame:
        rng, different = np.random.default_rng(len(songs)), min(self.size.words, self.size.frames) // 2
        words = rng.random((len(songs), self.size.words), dtype=np.float32).argpartition(different, axis=1)
        words = np.sort(words[:, :different].astype(np.uint32), axis=1)
        columns = {"song_id": self.song_ids.gather(np.repeat(songs, different)), "word": words.ravel()}
        return pl.DataFrame(columns | {"count": rng.geometric(0.5, words.size).astype(np.uint32)})


def _drawn(rng: np.random.Generator, number: int, times: int) -> np.ndarray:
    """Draw indices below ``number`` with log-normal weights."""
    weights = np.cumsum(np.exp(MOST_SPREAD * rng.standard_normal(number)))
    return np.searchsorted(weights, rng.random(times) * weights[-1], side="right").clip(max=number - 1)


def _ids(rng: np.random.Generator, number: int, digits: int, prefix: str) -> pl.Series:
    """Draw hexadecimal ids, sorted and unique."""
    text = rng.bytes(number * digits // 2).hex()
    ids = [prefix + text[i : i + digits] for i in range(0, number * digits, digits)]
    return pl.Series(sorted(ids), dtype=pl.String)
