"""A folder with a small finished run that hears files, as people work in one."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml

import coldwave
from coldwave.files import read_array, write_array
from tests.coldwave.use.small_runs import write_run

AUDIO = {"sample_rate": 22050, "window": 1024, "hop": 512, "mel_bands": 128, "duration": 30.0, "offset": "middle",
         "min_seconds": 1.0, "timeout": 60.0, "shards": 2}  # fmt: skip
WORDS, FEATURES = 12, 10
STRANGE = "[bold]Mark[/bold]\x1b[31mup\u202e"


@pytest.fixture(scope="session")
def workplace(tmp_path_factory) -> Path:
    """A folder with results/small, and new/ of two audio files, of which ``known.wav`` sounds like song S007."""
    folder = tmp_path_factory.mktemp("command")
    run = write_run(folder / "results/small")
    rng = np.random.default_rng(5)
    for name, shape in (("codebook", (WORDS, 39)), ("pca_components", (FEATURES, WORDS))):
        write_array(run / f"bow/{name}.npy", rng.normal(size=shape).astype(np.float32))
    write_array(run / "bow/frame_scale.npy", np.full(39, 10, dtype=np.float32))
    write_array(run / "bow/pca_mean.npy", np.full(WORDS, 1 / WORDS, dtype=np.float32))
    record = json.loads((run / "provenance.json").read_text())
    record["config"] = yaml.safe_dump(yaml.safe_load(record["config"]) | {"audio": AUDIO, "bow": {"coefficients": 13}})
    (run / "provenance.json").write_text(json.dumps(record))
    (folder / "new").mkdir()
    for name, pitch in (("known", 440), ("other", 1500)):
        sound = np.sin(2 * np.pi * pitch * np.arange(3 * 22050) / 22050) * rng.uniform(0.2, 0.9, 3 * 22050)
        soundfile.write(folder / f"new/{name}.wav", sound, 22050)
    features = np.array(read_array(run / "bow/features.npy"))
    features[7] = coldwave.load(run).embed(folder / "new/known.wav", [])["features"]["bow"]
    write_array(run / "bow/features.npy", features)
    songs = pl.read_parquet(run / "plays/songs.parquet")
    title = pl.when(pl.col("song_id") == "S007").then(pl.lit(STRANGE)).otherwise("title")
    songs.with_columns(title=title).write_parquet(run / "plays/songs.parquet")
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
