"""What encoders hear of a song: windows of equal length, of samples or of a spectrogram's frames."""

import numpy as np

from coldwave.audio.log_mel import POWER_FLOOR, mel_power

MUSICNN = {"sample_rate": 16000, "window": 512, "hop": 256, "mel_bands": 96, "scale": "compressed"}
FRAMES = 187  # of a window of MusiCNN's

# How the power of a mel band becomes the number that a network was trained on, by the name that the config has for it.
SCALES = {
    "natural": lambda power: np.log(np.maximum(power, np.float32(POWER_FLOOR))),
    "decibel": lambda power: 10 * np.log10(np.maximum(power, np.float32(POWER_FLOOR))),
    "compressed": lambda power: np.log10(1 + 10000 * power),
}


def spectrogram(
    signal: np.ndarray, *, sample_rate: int, window: int, hop: int, mel_bands: int, scale: str
) -> np.ndarray:
    """Return mel bands on a scale of ``SCALES``: float32 [frames, mel_bands] of float32 [samples]."""
    return SCALES[scale](mel_power(signal, sample_rate, window, hop, mel_bands))


def windows(values: np.ndarray, length: int) -> np.ndarray:
    """Cut [samples or frames, ...] into windows that do not overlap: [n, length, ...].

    A rest that fills no window is left out. What is shorter than one is repeated until it fills it.
    """
    if len(values) < length:
        values = np.resize(values, (length, *values.shape[1:]))
    number = len(values) // length
    return values[: number * length].reshape(number, length, *values.shape[1:])
