"""A folder with a small finished run that hears files, as people work in one."""

import json
from pathlib import Path

import polars as pl
import pytest

import coldwave
from tests.coldwave.use.workplaces import write_sound, write_workplace

STRANGE = "[bold]Mark[/bold]\x1b[31mup\u202e"


@pytest.fixture(scope="session")
def workplace(tmp_path_factory) -> Path:
    """A folder with results/small, and new/ of two audio files, of which ``known.wav`` sounds like song S007."""
    folder = write_workplace(tmp_path_factory.mktemp("command"))
    write_sound(folder / "new/other.wav", 1500)
    table = folder / "results/small/plays/songs.parquet"
    songs = pl.read_parquet(table)
    title = pl.when(pl.col("song_id") == "S007").then(pl.lit(STRANGE)).otherwise("title")
    songs.with_columns(title=title).write_parquet(table)
    return folder


@pytest.fixture
def here(workplace, monkeypatch) -> Path:
    """The same folder, to be read only, as the current one."""
    monkeypatch.chdir(workplace)
    return workplace


@pytest.fixture
def run(here):
    """The run, open."""
    return coldwave.load(here / "results/small")


def listens(path: Path, tracks: list[tuple[str, str, int]], user: str | None = None) -> Path:
    """Write a history as ListenBrainz does: artist, title and plays of each track."""
    lines, time = [], 1_700_000_000
    for artist, title, plays in tracks:
        for _ in range(plays):
            time += 1000
            metadata = {"artist_name": artist, "track_name": title, "mbid_mapping": None, "additional_info": {}}
            one = {"listened_at": time, "track_metadata": metadata}
            lines.append(json.dumps(one | ({"user_name": user} if user else {})))
    path.write_text("\n".join(lines) + "\n")
    return path
