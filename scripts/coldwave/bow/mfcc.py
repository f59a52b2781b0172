"""MFCC frames from the stored log-mel: the DCT is linear, so the audio is not decoded again."""

import numpy as np

DECIBELS = 10 / np.log(10)  # of one natural-log unit of power: librosa's MFCCs are of decibels
SHORTEST = 9  # frames that the differences look at


def mfcc(log_mel: np.ndarray, coefficients: int) -> np.ndarray:
    """Compute MFCCs with their first and second differences (section 5.1 of the paper: 13 each).

    Equal to ``librosa.feature.mfcc`` and ``librosa.feature.delta`` on the same spectrogram.

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
    import librosa

    if len(log_mel) < SHORTEST:
        raise ValueError(f"{len(log_mel)} frames: differences need {SHORTEST}")
    static = librosa.feature.mfcc(S=DECIBELS * log_mel.T.astype(np.float32), n_mfcc=coefficients)
    first = librosa.feature.delta(static, order=1)
    second = librosa.feature.delta(static, order=2)
    return np.concatenate([static, first, second]).T.astype(np.float32)
