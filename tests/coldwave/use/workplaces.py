"""A folder as people work in one: a small finished run that hears files, and an audio file."""

from pathlib import Path

import numpy as np
import soundfile

import coldwave
from coldwave.files import read_array, write_array
from tests.coldwave.use.small_runs import change_config, write_run

AUDIO = {"sample_rate": 22050, "window": 1024, "hop": 512, "mel_bands": 128, "duration": 30.0, "offset": "middle",
         "min_seconds": 1.0, "timeout": 60.0, "shards": 2}  # fmt: skip
WORDS, FEATURES = 12, 10
KNOWN = 7


def write_workplace(folder: Path) -> Path:
    """Write results/small, and new/known.wav, which sounds like the run's song ``KNOWN``."""
    run = write_run(folder / "results/small")
    rng = np.random.default_rng(5)
    for name, shape in (("codebook", (WORDS, 39)), ("pca_components", (FEATURES, WORDS))):
        write_array(run / f"bow/{name}.npy", rng.normal(size=shape).astype(np.float32))
    write_array(run / "bow/frame_scale.npy", np.full(39, 10, dtype=np.float32))
    write_array(run / "bow/pca_mean.npy", np.full(WORDS, 1 / WORDS, dtype=np.float32))
    change_config(run, audio=AUDIO, bow={"coefficients": 13})
    write_sound(folder / "new/known.wav", 440)
    features = np.array(read_array(run / "bow/features.npy"))
    features[KNOWN] = coldwave.load(run).embed(folder / "new/known.wav", [])["features"]["bow"]
    write_array(run / "bow/features.npy", features)
    return folder


def write_sound(path: Path, pitch: float) -> None:
    """Write three seconds of a noisy tone of ``pitch`` Hz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    loudness = np.random.default_rng(5).uniform(0.2, 0.9, 3 * 22050)
    soundfile.write(path, np.sin(2 * np.pi * pitch * np.arange(3 * 22050) / 22050) * loudness, 22050)
