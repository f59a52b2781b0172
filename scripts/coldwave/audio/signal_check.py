"""Check that a decoded signal is usable: whole, audible and long enough."""

from typing import NamedTuple

import numpy as np

from coldwave.audio.status import AudioError

# Digital silence, and the dither that some encoders add to it: -80 dB of full scale.
SILENCE = 1e-4

# A file is truncated if more than 0.1 s and 1 % of what its header promises are missing: encoders pad, and round.
MISSING_SECONDS = 0.1
MISSING_SHARE = 0.01


class Mono(NamedTuple):
    """A signal averaged over channels, float32 [samples]; if it is silent, ``loudest`` is a channel's highest peak."""

    signal: np.ndarray
    loudest: float = 0.0


def check_signal(mono: Mono) -> None:
    """Raise ``AudioError`` (empty, not_finite or silent) if there is nothing to hear."""
    signal = mono.signal
    if signal.size == 0:
        raise AudioError("empty", "the file has no samples")
    if not np.isfinite(signal).all():
        raise AudioError("not_finite", f"{np.count_nonzero(~np.isfinite(signal)):,} samples are not finite")
    low, high = float(signal.min()), float(signal.max())
    if high - low >= 2 * SILENCE:
        return
    if max(high, -low) >= SILENCE:
        raise AudioError("silent", f"a constant of {low:.3g}, and nothing else")
    if mono.loudest >= SILENCE:
        raise AudioError("silent", f"the channels, with peaks of {_decibels(mono.loudest)}, cancel each other out")
    raise AudioError("silent", f"the highest peak is {_decibels(max(high, -low))}")


def _decibels(peak: float) -> str:
    return f"{20 * np.log10(peak):.0f} dB of full scale" if peak > 0 else "0"


def check_length(samples: int, sample_rate: int, min_seconds: float) -> None:
    """Raise ``AudioError`` (too_short) if there is less audio than needed, beyond the rounding of resampling."""
    if samples + 1 < min_seconds * sample_rate:
        raise AudioError("too_short", f"{samples / sample_rate:.2f} s of audio, {min_seconds:g} s are needed")


def check_delivery(delivered: int, promised: int, rate: int) -> None:
    """Raise ``AudioError`` (truncated) if clearly fewer frames were delivered than the header promised."""
    missing = promised - delivered
    if missing > MISSING_SECONDS * rate and missing > MISSING_SHARE * promised:
        raise AudioError(
            "truncated", f"only {delivered / rate:.2f} s of the {promised / rate:.2f} s that its header promises"
        )
