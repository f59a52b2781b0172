"""MFCC frames from the stored log-mel: the DCT is linear, so the audio is not decoded again."""

import numpy as np
from scipy.fft import dct
from scipy.signal import savgol_filter

DECIBELS = 10 / np.log(10)  # of one natural-log unit of power: librosa's MFCCs are of decibels
SHORTEST = 9  # frames that the differences use, as librosa's do


def mfcc(log_mel: np.ndarray, coefficients: int) -> np.ndarray:
    """Compute MFCCs with their first and second differences (section 5.1 of the paper: 13 each).

    Equal to ``librosa.feature.mfcc`` and ``librosa.feature.delta`` on the same spectrogram, from the SciPy functions
    below them: librosa's own take two seconds to load in every job.

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
    first, second = (savgol_filter(static, SHORTEST, order, deriv=order, axis=0, mode="interp") for order in (1, 2))
    return np.concatenate([static, first, second], axis=1).astype(np.float32)
