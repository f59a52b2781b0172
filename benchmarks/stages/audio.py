"""The log-mel of a clip of 30 seconds beside librosa's own functions, and beside bare decoding."""

import tempfile
from pathlib import Path

import librosa
import numpy as np
import soundfile
import soxr
from threadpoolctl import threadpool_limits
from timing import Row, compare

from coldwave.audio.decode import decode
from coldwave.audio.log_mel import POWER_FLOOR, log_mel
from coldwave.world.styles import draw_styles, styles_of
from coldwave.world.synthesis import RATE, render

SECONDS, WINDOW, HOP, BANDS = 30, 1024, 512, 128


def _stereo() -> np.ndarray:
    """Two songs of the demo world, one more to the left and one more to the right: [samples, 2] at 44,100 Hz."""
    rng = np.random.default_rng(0)
    one, other = (render(style, SECONDS, rng) for style in styles_of(draw_styles(2, 2, rng)))
    sides = np.stack([0.6 * one + 0.3 * other, 0.3 * one + 0.6 * other], axis=1)
    return np.clip(soxr.resample(sides, RATE, 44100), -1, 1)


def _bare(path: Path) -> np.ndarray:
    sound = soundfile.read(path, dtype="float32")[0]
    return (sound[:, 0] + sound[:, 1]) / 2


def _log_mel(path: Path) -> np.ndarray:
    return log_mel(decode(path, sample_rate=RATE), RATE, WINDOW, HOP, BANDS)


def _librosa(path: Path) -> np.ndarray:
    signal, _ = librosa.load(path, sr=RATE)
    power = librosa.feature.melspectrogram(y=signal, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=BANDS)
    return np.log(np.maximum(power, POWER_FLOOR)).T


def _clip(suffix: str, name: str, bare: float | None) -> Row:
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        path = Path(folder) / f"clip.{suffix}"
        soundfile.write(path, _stereo(), 44100)
        difference = np.abs(_log_mel(path) - _librosa(path)).max()
        assert difference < 1e-3, difference
        works = {
            "coldwave": lambda: _log_mel(path),
            "bare decoding and mean of channels (soundfile)": lambda: _bare(path),
            "librosa": lambda: _librosa(path),
        }
        aims = dict(zip(list(works)[1:], (bare, round(1 / 2.2, 3)), strict=True)) if bare else {}
        return compare(
            f"audio: log-mel at {RATE:,} Hz of a {name} of {SECONDS} s, 44,100 Hz, stereo", works, 15, aims=aims
        )


ROWS = {"mp3": lambda: _clip("mp3", "mp3", 1.4), "flac": lambda: _clip("flac", "FLAC file", None)}
