"""A catalogue of 100,000 songs in 256 shards that changes: which manifests follow, and what is decoded again.

The scripts and the library are the true ones, the audio files real; but songs share files (a catalogue of as many
files would take the test most of its time to write), and the tables of shards that no change touches are simulated.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from coldwave.audio import extraction
from coldwave.audio.extraction import TABLE, Settings, extract_shard, worker_pool
from coldwave.audio.shards import shard_names, shard_of
from coldwave.audio.state import audio_state
from coldwave.plays.tables import SONGS, write_songs

NUMBER, SHARDS, FILES = 100_000, 256, 50
NAMES = shard_names(SHARDS)
OLD = 1_600_000_000_000_000_000  # ns
SETTINGS = Settings(
    sample_rate=22050, window=512, hop=512, mel_bands=8, duration=None, offset=0, min_seconds=0.01, timeout=60
)


class Catalogue:
    """The songs, the files they name, and the folder in which the scripts work on them."""

    def __init__(self, folder: Path, script: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.decoded_file = folder, folder / "decoded.txt"
        self.scripts = {name: script(name) for name in ("shard_songs", "index_audio")}
        decode = extraction.decode

        def counting(path, **settings):  # the workers are forked: they have it too
            with self.decoded_file.open("a") as file:
                file.write(f"{path}\n")
            return decode(path, **settings)

        monkeypatch.setattr(extraction, "decode", counting)
        (folder / "audio").mkdir()
        shared = [self.make_file(f"shared{file}") for file in range(FILES)]
        self.songs = {f"S{song:06}": shared[song % FILES] for song in range(NUMBER)}
        self.songs["S000000"] = self.make_file("own")
        self.plays = 1

    def make_file(self, name: str) -> str:
        """A tenth of a second of noise, another for each name."""
        path = self.folder / "audio" / f"{name}.wav"
        noise = np.random.default_rng(list(name.encode())).normal(0, 0.1, 2205)
        soundfile.write(path, noise, 22050, subtype="PCM_16")
        os.utime(path, ns=(OLD, OLD))
        return str(path)

    @property
    def manifests(self) -> list[Path]:
        return [self.folder / f"manifests/{name}.parquet" for name in NAMES]

    def write(self) -> None:
        """Write songs.parquet as the plays stage does."""
        number = len(self.songs)
        table = pl.DataFrame(
            {
                "song": np.arange(number),
                "song_id": sorted(self.songs),
                "audio": [self.songs[song_id] for song_id in sorted(self.songs)],
                "users": np.full(number, self.plays),
                "plays": np.full(number, self.plays),
            }
        )
        nothing = [pl.lit(None).alias(name) for name in SONGS.keys() - {*table.columns, "tags"}]
        table = table.with_columns(*nothing, pl.lit([], dtype=pl.List(pl.String)).alias("tags"))
        write_songs(self.folder / "songs.parquet", table.select(*SONGS).cast(SONGS))

    def share_out(self) -> set[int]:
        """Write the songs table, run shard_songs, and give the shards whose manifests have changed."""
        self.write()
        before = [path.read_bytes() if path.exists() else None for path in self.manifests]
        self.scripts["shard_songs"](
            songs=self.folder / "songs.parquet",
            manifests=self.manifests,
            cache=self.folder / "cache",
            options={"shards": SHARDS},
            threads=2,
        )
        return {
            shard
            for shard, (path, old) in enumerate(zip(self.manifests, before, strict=True))
            if path.read_bytes() != old
        }

    def extract(self, manifests: list[pl.DataFrame]) -> tuple[list[pl.DataFrame], list[str]]:
        """Extract shards in one pool: their tables, and the files that were decoded for it."""
        self.decoded_file.write_text("")
        place = self.folder / "log_mel.npy"
        with worker_pool(2) as pool:
            tables = [extract_shard(one, place, SETTINGS, self.folder / "cache", pool, 2) for one in manifests]
        return tables, self.decoded_file.read_text().splitlines()

    def index(self, extracted: dict[int, pl.DataFrame]) -> pl.DataFrame:
        """Run index_audio on the tables of all shards: those extracted, and stand-ins for the others."""
        tables = []
        for shard, name in enumerate(NAMES):
            tables.append(self.folder / f"tables/{name}.parquet")
            tables[-1].parent.mkdir(exist_ok=True)
            table = extracted.get(shard)
            if table is None:
                stand_in = pl.read_parquet(self.manifests[shard], columns=["song_id"])
                columns = {"start": 0, "frames": 1, "seconds": 1.0, "status": "ok", "detail": ""}
                table = stand_in.with_columns(**{name: pl.lit(value) for name, value in columns.items()}).cast(TABLE)
            table.write_parquet(tables[-1])
        paths = {"songs": self.folder / "songs.parquet", "index": self.folder / "index.parquet"}
        self.scripts["index_audio"](**paths, tables=tables)
        return pl.read_parquet(paths["index"])


def test_only_what_changed_is_extracted_again(tmp_path, script, monkeypatch):
    catalogue = Catalogue(tmp_path, script, monkeypatch)
    assert catalogue.share_out() == set(range(SHARDS))
    assert sum(pl.read_parquet(path).height for path in catalogue.manifests) == NUMBER
    everything = pl.concat([pl.read_parquet(path) for path in catalogue.manifests]).unique("digest")
    _, decoded = catalogue.extract([everything])  # every file is in the cache from here on
    assert len(decoded) == len(set(decoded)) == FILES + 1

    # refreshed plays
    state = audio_state(tmp_path / "songs.parquet")
    catalogue.plays = 2
    assert catalogue.share_out() == set()
    assert audio_state(tmp_path / "songs.parquet") == state

    # ten more songs
    added = {f"A new song {song}": catalogue.make_file(f"added{song}") for song in range(10)}
    catalogue.songs |= added
    of_added = {shard_of(song_id, SHARDS) for song_id in added}
    assert catalogue.share_out() == of_added
    assert len(of_added) <= 10
    tables, decoded = catalogue.extract([pl.read_parquet(catalogue.manifests[shard]) for shard in sorted(of_added)])
    assert sorted(decoded) == sorted(added.values())
    assert set(pl.concat(tables)["status"]) == {"ok"}

    # another content of one song's file
    Path(catalogue.songs["S000000"]).write_bytes(Path(catalogue.make_file("replacement")).read_bytes())
    assert audio_state(tmp_path / "songs.parquet") != state
    of_replaced = shard_of("S000000", SHARDS)
    assert catalogue.share_out() == {of_replaced}
    _, decoded = catalogue.extract([pl.read_parquet(catalogue.manifests[of_replaced])])
    assert decoded == [catalogue.songs["S000000"]]

    # a song that is gone
    of_removed = shard_of("S000007", SHARDS)
    catalogue.songs.pop("S000007")
    assert catalogue.share_out() == {of_removed}
    (table,), decoded = catalogue.extract([pl.read_parquet(catalogue.manifests[of_removed])])
    assert decoded == []
    assert "S000007" not in table["song_id"]
    with pytest.raises(ValueError, match="in a shard's table and not in the songs table"):
        catalogue.index({of_removed: pl.concat([table, table.head(1).with_columns(song_id=pl.lit("S000007"))])})
    index = catalogue.index({of_removed: table})
    songs = pl.read_parquet(tmp_path / "songs.parquet")
    assert index["song"].to_list() == list(range(NUMBER + 9)) and "S000007" not in songs["song_id"]
    assert index.filter(songs["song_id"] == "S000008")["status"].item() == "ok"
