"""Cut a short excerpt from the middle of what the run hears of a song, as an MP3 file."""

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import soundfile

from coldwave.audio.cache import extraction_key, numbers_of

SAMPLE_RATE = 24_000  # Hz
# Of libsndfile: for MPEG-2 at a constant rate, 0 is 160 and 1 is 8 kbit/s. This is 40.
COMPRESSION = (160 - 40) / (160 - 8)
FADE = 0.05  # seconds


@dataclass(frozen=True)
class Cut:
    """How excerpts are cut: an `Extractor` whose rows are the bytes of an MP3 file."""

    excerpt: float  # seconds
    duration: float | None
    offset: float | str
    min_seconds: float
    timeout: float | None

    sample_rate: ClassVar[int] = SAMPLE_RATE
    name: ClassVar[str] = "excerpts"
    words: ClassVar[str] = "excerpts"
    dtype: ClassVar[type] = np.uint8
    width: ClassVar[int] = 1

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Cut":
        """Pick the settings out of a rule's options: those of the run's audio, and ``seconds`` of an excerpt."""
        audio = {name: options["audio"][name] for name in ("duration", "offset", "min_seconds", "timeout")}
        return cls(excerpt=options["seconds"], **audio)

    def key(self) -> str:
        """Return the cache's key."""
        return extraction_key(numbers_of(self), (sys.modules[__name__],))

    def rows(self, audio: np.ndarray) -> np.ndarray:
        """Make the bytes, uint8 [n, 1]."""
        return np.frombuffer(mp3(middle(audio, round(self.excerpt * SAMPLE_RATE))), dtype=np.uint8)[:, None]


def middle(audio: np.ndarray, samples: int) -> np.ndarray:
    """Take the middle of a signal, float32 [n], and fade it in and out; all of a shorter one."""
    start = max(0, (len(audio) - samples) // 2)
    part = audio[start : start + samples].astype(np.float32)
    fade = min(round(FADE * SAMPLE_RATE), len(part) // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    part[:fade] *= ramp
    part[len(part) - fade :] *= ramp[::-1]
    return part


def mp3(signal: np.ndarray) -> bytes:
    """Write a signal, float32 [n] at ``SAMPLE_RATE``, as MP3. A signal that is too loud is made softer, not cut off."""
    file, loudest = io.BytesIO(), float(np.abs(signal).max(initial=0))
    how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": COMPRESSION}
    soundfile.write(file, signal / max(1.0, loudest), SAMPLE_RATE, **how)
    return file.getvalue()
