"""A folder with a small finished run that hears files and plays audio, and clients of its app."""

import json
import os
import time
from pathlib import Path

import numpy as np
import polars as pl
import soundfile
import yaml
from fastapi.testclient import TestClient

import coldwave
from coldwave.errors import InputError
from coldwave.files import read_array, write_array
from coldwave.serve import work
from coldwave.serve.app import make_app
from coldwave.serve.settings import Settings
from tests.coldwave.use.small_runs import write_run

AUDIO = {"sample_rate": 22050, "window": 1024, "hop": 512, "mel_bands": 128, "duration": 30.0, "offset": "middle",
         "min_seconds": 1.0, "timeout": 60.0, "shards": 2}  # fmt: skip
WORDS, FEATURES, KNOWN = 12, 10, 7
HERE = "http://127.0.0.1:8765"
OCTETS = {"Content-Type": "application/octet-stream"}


def write_place(folder: Path) -> Path:
    """Write results/small, whose song 7 sounds like new/known.wav, and audio of the songs 1 and 6."""
    run = write_run(folder / "results/small")
    rng = np.random.default_rng(5)
    for name, shape in (("codebook", (WORDS, 39)), ("pca_components", (FEATURES, WORDS))):
        write_array(run / f"bow/{name}.npy", rng.normal(size=shape).astype(np.float32))
    write_array(run / "bow/frame_scale.npy", np.full(39, 10, dtype=np.float32))
    write_array(run / "bow/pca_mean.npy", np.full(WORDS, 1 / WORDS, dtype=np.float32))
    record = json.loads((run / "provenance.json").read_text())
    record["config"] = yaml.safe_dump(yaml.safe_load(record["config"]) | {"audio": AUDIO, "bow": {"coefficients": 13}})
    (run / "provenance.json").write_text(json.dumps(record))
    for file in ("new/known.wav", "music/1/1.flac", "music/1/6.flac"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        sound = np.sin(2 * np.pi * 440 * np.arange(3 * 22050) / 22050) * rng.uniform(0.2, 0.9, 3 * 22050)
        soundfile.write(folder / file, sound, 22050)
    features = np.array(read_array(run / "bow/features.npy"))
    features[KNOWN] = coldwave.load(run).embed(folder / "new/known.wav", [])["features"]["bow"]
    write_array(run / "bow/features.npy", features)
    return folder


def client_of(folder: Path, **settings) -> TestClient:
    """A client of the app, as of a program on this machine; ``with`` starts the app."""
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
    """Take a while, and then find nothing in the upload."""
    time.sleep(1)
    raise InputError("the upload was slept over")
