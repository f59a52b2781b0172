"""MFCC frames from the stored log-mel: the DCT is linear, so the audio is not decoded again."""

import numpy as np
from scipy.fft import dct

DECIBELS = 10 / np.log(10)  # of one natural-log unit of power: librosa's MFCCs are of decibels
SHORTEST = 9  # frames that the differences use, as librosa's do


def mfcc(log_mel: np.ndarray, coefficients: int) -> np.ndarray:
    """Compute MFCCs with their first and second differences (section 5.1 of the paper: 13 each).

    Equal to ``librosa.feature.mfcc`` and ``librosa.feature.delta`` on the same spectrogram, without librosa and
    ``scipy.signal``, which take two seconds to load in every job.

    Parameters
    ----------
    log_mel : [frames, mel bands], natural log of the mel power

    Returns
    -------
    float32 [frames, 3 * coefficients]

    Raises
    ------
    ValueError
        Fewer than 9 frames.
    """
    if len(log_mel) < SHORTEST:
        raise ValueError(f"{len(log_mel)} frames: differences need {SHORTEST}")
    decibels = DECIBELS * log_mel.astype(np.float32)
    static = dct(decibels, type=2, norm="ortho", axis=1)[:, :coefficients]
    first, second = differences(static)
    return np.concatenate([static, first, second], axis=1).astype(np.float32)


def differences(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differentiate by Savitzky and Golay's filters: slopes and second derivatives, float64 [frames, k] both.

    They are those of the line and of the parabola of least squares through the 9 frames around each. At either end
    they are those of the first or last 9 frames, which have the same derivative everywhere.

    Parameters
    ----------
    frames : [frames, k], at least 9 frames
    """
    steps = np.arange(SHORTEST) - SHORTEST // 2
    squares = steps**2 - np.mean(steps**2)
    weights = np.stack((steps / np.sum(steps**2), 2 * squares / np.sum(squares**2)))
    inner = np.lib.stride_tricks.sliding_window_view(frames.astype(np.float64), SHORTEST, axis=0) @ weights.T
    padded = np.pad(inner, ((SHORTEST // 2, SHORTEST // 2), (0, 0), (0, 0)), mode="edge")
    return padded[..., 0], padded[..., 1]
