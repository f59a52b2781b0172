"""A catalogue that changes from day to day, as Snakemake sees it: what is extracted again, and what is gone.

(That no more than the changed songs of a shard is decoded, in a catalogue of 100,000, is in
tests/coldwave/audio/test_audio_large_catalogue.py.)
"""

import re
import shutil
from collections import Counter

import polars as pl
import pytest

from coldwave.audio.shards import shard_of

SHARDS = ["000", "001"]
INDEX = ["results/tiny/audio/index.parquet"]
OVERLAY = {
    "world": None,
    "plays": {"path": "plays.txt", "songs": {"path": "songs.csv", "audio_root": "results/tiny/world"}},
}


@pytest.fixture
def place(tiny, tmp_path):
    """A copy of the tiny run, with its plays and songs as data of one's own."""
    place = tiny.copy(tmp_path / "copy")
    shutil.copyfile(place.results / "world/train_triplets.txt", place.folder / "plays.txt")
    shutil.copyfile(place.results / "world/songs.csv", place.folder / "songs.csv")
    return place


def from_cache(place, shard: str) -> tuple[int, int]:
    """The songs of a shard when it was last extracted, and how many of them came from the cache."""
    log = (place.results / f"logs/extract_log_mel/{shard}.log").read_text()
    songs, cached = re.search(r"songs: (\d+) \((\d+) from the cache\)", log).groups()
    return int(songs), int(cached)


def test_songs_come_and_go(place):
    """Three days: plays are refreshed, a song comes, one goes."""
    plays, songs = place.folder / "plays.txt", pl.read_csv(place.folder / "songs.csv")
    lines = [line.split("\t") for line in plays.read_text().splitlines()]
    plays.write_text("".join(f"{user}\t{song}\t{int(count) + 1}\n" for user, song, count in lines))
    outcome = place.make(targets=INDEX, overlay=OVERLAY)
    assert outcome.done == ["read_plays", "shard_songs", "settle_shards", "index_audio"]

    new = next(f"NEW{number}" for number in range(100) if shard_of(f"NEW{number}", 2) == 0)
    sound = place.results / songs["audio"].str.replace("^", "world/")[0]
    content = sound.read_bytes()
    (sound.parent / "new.flac").write_bytes(content + b"\0")  # another file, for its digest
    row = songs.head(1).with_columns(song_id=pl.lit(new), audio=pl.lit("audio/new.flac"))
    pl.concat([songs, row]).write_csv(place.folder / "songs.csv")
    with plays.open("a") as file:
        file.write(f"{lines[0][0]}\t{new}\t3\n")
    assert place.make(targets=INDEX, overlay=OVERLAY).done == [
        "read_plays", "shard_songs", "settle_shards", "extract_log_mel", "index_audio",
    ]  # fmt: skip
    extracted, cached = from_cache(place, "000")
    assert extracted - cached == 1
    assert place.table("audio/index.parquet")["status"].to_list() == ["ok"] * 41
    assert new in place.table("plays/songs.parquet")["song_id"]

    songs.write_csv(place.folder / "songs.csv")
    targets = [*INDEX, "results/tiny/bow/features.npy"]
    done = Counter(place.make(targets=targets, overlay=OVERLAY).done)
    assert done["extract_log_mel"] == 1
    extracted, cached = from_cache(place, "000")
    assert extracted == cached
    assert place.table("plays/songs.parquet").height == place.table("audio/index.parquet").height == 40
    assert len(place.array("bow/features.npy")) == 40
    for table in ("audio/manifests", "audio/log_mel", "bow/counts"):
        assert all(new not in place.table(f"{table}/{shard}.parquet")["song_id"] for shard in SHARDS)
    frames = place.table("audio/log_mel/000.parquet")["frames"].sum()
    assert len(place.array("audio/log_mel/000.npy")) == frames
