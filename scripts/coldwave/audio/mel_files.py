"""Mel-spectrograms that others have made, a file for each song, in place of audio."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from coldwave.audio.file_check import check_file
from coldwave.audio.log_mel import POWER_FLOOR, stored
from coldwave.audio.status import AudioError
from coldwave.errors import InputError
from coldwave.files import read_array

MOST_NUMBERS = 2**26  # of a part in memory: 256 MiB, six hours of 48 bands at 62.5 frames a second
DECIBEL = math.log(10) / 10  # in natural logs of the power


@dataclass(frozen=True)
class LogMels:
    """The settings that log-mels depend on, whatever they are made of: in Hz, samples and seconds."""

    sample_rate: int
    hop: int
    mel_bands: int
    duration: float | None
    offset: float | str
    min_seconds: float
    timeout: float | None

    name: ClassVar[str] = "log_mel"
    words: ClassVar[str] = "log-mels"
    dtype: ClassVar[type] = np.float16

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Pick the settings out of a rule's options."""
        return cls(**{field.name: options[field.name] for field in fields(cls)})

    @property
    def width(self) -> int:
        """Bands of a frame."""
        return self.mel_bands


@dataclass(frozen=True)
class Mels(LogMels):
    """How mel-spectrograms are read; an ``Extractor`` that decodes nothing, so nothing is kept in the cache.

    ``sample_rate`` and ``hop`` are those that they were made with: frames are ``hop / sample_rate`` seconds apart.
    ``mel_unit`` is what their numbers are: ``db`` or ``ln`` (logs of the power, 10 log10 and natural), or ``power``.
    """

    mel_unit: str

    def key(self) -> str:
        """Return an empty key: nothing is kept."""
        return ""

    def read(self, path: str | Path) -> tuple[np.ndarray, float]:
        """Read the wanted part of a file as log-mels as they are stored, float16 [frames, bands], and its seconds.

        The file is an NPY of numbers, [bands, frames] or [frames, bands]; where both would do, the first. As of audio,
        the part lasts ``duration`` seconds and begins at ``offset``, or is the middle. Powers are raised to the floor
        of the log-mels.

        Raises
        ------
        AudioError
            With one of ``coldwave.audio.status.STATUSES``.
        """
        check_file(path)
        part = self._part(self._bands_last(_mapped(path)))
        with np.errstate(all="ignore"):
            logs = self._logs(part.astype(np.float32))
            rows = np.ascontiguousarray(stored(np.maximum(logs, np.float32(math.log(POWER_FLOOR)))))
        if not np.isfinite(rows).all():
            raise AudioError("not_finite", "its numbers are too large for log-mels: is audio.mel_unit right?")
        if rows.min() == rows.max():
            raise AudioError("silent", f"a constant of {float(rows.min()):.3g}, and nothing else")
        return rows, (len(rows) - 1) * self.hop / self.sample_rate

    def _bands_last(self, mel: np.ndarray) -> np.ndarray:
        if mel.ndim == 2 and mel.dtype.kind in "fiu" and self.mel_bands in mel.shape:
            return mel.T if mel.shape[0] == self.mel_bands else mel
        wanted = f"numbers [{self.mel_bands}, frames] (audio.mel_bands)"
        raise AudioError("unsupported", f"{mel.dtype} {list(mel.shape)}, not {wanted}"[:200])

    def _frames(self, seconds: float) -> int:
        """Return how many frames so many seconds of audio have."""
        return 1 + math.floor(round(seconds * self.sample_rate, 6)) // self.hop

    def _part(self, mel: np.ndarray) -> np.ndarray:
        frames = len(mel) if self.duration is None else min(self._frames(self.duration), len(mel))
        middle = self.offset == "middle"
        begin = (len(mel) - frames) // 2 if middle else round(self.offset * self.sample_rate / self.hop)
        part = mel[begin : begin + frames]
        if len(part) < self._frames(self.min_seconds):
            seconds = max(0, len(part) - 1) * self.hop / self.sample_rate
            raise AudioError("too_short", f"{seconds:.2f} s of frames, {self.min_seconds:g} s are needed")
        if part.size > MOST_NUMBERS:
            raise AudioError("too_long", f"{len(part):,} frames: take a part of them (audio.duration)")
        return part

    def _logs(self, part: np.ndarray) -> np.ndarray:
        """Make natural logs of the power; that of a power of 0 is minus infinity."""
        if bad := np.count_nonzero(np.isnan(part) | np.isposinf(part)):
            raise AudioError("not_finite", f"{bad:,} numbers are not finite")
        if self.mel_unit == "power":
            if (part < 0).any():
                raise AudioError("unsupported", "a power is below 0: is audio.mel_unit right?")
            return np.log(part)
        return part * np.float32(DECIBEL) if self.mel_unit == "db" else part


def _mapped(path: str | Path) -> np.ndarray:
    """Map a file, so that a header that promises terabytes takes no memory."""
    try:
        mel = read_array(path, memory_map=True)
    except InputError as error:
        raise AudioError("unreadable", _no_mel(path)) from error
    if not isinstance(mel, np.ndarray):  # an archive of several
        raise AudioError("unreadable", _no_mel(path))
    return mel


def _no_mel(path: str | Path) -> str:
    return (
        f"{Path(path).name} is not a whole NPY file: the run hears mel-spectrograms that others have made "
        "(audio.source: mel), and makes none of audio"
    )
