"""A folder with a small finished run that hears files and plays audio, and clients of its app."""

import json
import os
import time
from pathlib import Path

import polars as pl
from fastapi.testclient import TestClient

import coldwave
from coldwave.errors import InputError
from coldwave.serve import work
from coldwave.serve.app import make_app
from coldwave.serve.settings import Settings
from tests.coldwave.use.workplaces import write_sound, write_workplace

HERE = "http://127.0.0.1:8765"
OCTETS = {"Content-Type": "application/octet-stream"}


def write_place(folder: Path) -> Path:
    """Write results/small, whose song 7 sounds like new/known.wav, and audio of the songs 1 and 6."""
    for song in (1, 6):
        write_sound(folder / f"music/1/{song}.flac", 100 * song)
    return write_workplace(folder)


def client_of(folder: Path, **settings) -> TestClient:
    """A client of the app, as of a program on this machine; ``with`` starts what works on uploads."""
    app = make_app(coldwave.load(folder / "results/small"), Settings(**settings))
    return TestClient(app, base_url=HERE, raise_server_exceptions=False)


def listens(tracks: list[tuple[str, str, int]]) -> bytes:
    """A history as ListenBrainz writes it: artist, title and plays of each track."""
    lines, when = [], 1_700_000_000
    for artist, title, plays in tracks:
        for _ in range(plays):
            when += 1000
            metadata = {"artist_name": artist, "track_name": title, "mbid_mapping": None, "additional_info": {}}
            lines.append(json.dumps({"listened_at": when, "track_metadata": metadata}))
    return "\n".join(lines).encode()


def hang(path: Path, n: int) -> None:
    """What a worker may do: not end."""
    time.sleep(600)


def crash(path: Path, n: int) -> None:
    """What a worker may do: die."""
    os.abort()


class Odd(Exception):
    """An error that can be sent from a process and not be received."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


def fail(path: Path, n: int) -> None:
    """What a library may do at an upload: raise anything."""
    with work.bounded(path):
        raise Odd("of the library", "")


def panic(path: Path, n: int) -> None:
    """What polars does where it is wrong itself: what it raises is no Exception."""
    with work.bounded(path):
        raise pl.exceptions.PanicException("of polars")


def devour(path: Path, n: int) -> int:
    """What a worker may do: ask for more memory than it gets."""
    with work.bounded(path):
        return len(bytes(1 << 32))


def nap(path: Path, n: int) -> None:
    """Wait for a file ``morning`` beside the upload's folder, and then find nothing in the upload."""
    while not (path.parents[1] / "morning").exists():
        time.sleep(0.05)
    raise InputError("the upload was slept over")
