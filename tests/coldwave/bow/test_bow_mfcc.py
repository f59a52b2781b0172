"""MFCC frames against librosa."""

import librosa
import numpy as np
import pytest

from coldwave.bow.mfcc import mfcc

RATE = 22050


@pytest.fixture(scope="module")
def power():
    rng = np.random.default_rng(0)
    time = np.arange(3 * RATE) / RATE
    signal = 0.3 * np.sin(2 * np.pi * 220 * time * (1 + 0.1 * time)) + 0.05 * rng.standard_normal(len(time))
    return librosa.feature.melspectrogram(y=signal.astype(np.float32), sr=RATE, n_fft=1024, hop_length=512, n_mels=128)


def test_equal_to_librosas_mfcc_and_differences(power):
    decibels = librosa.power_to_db(power, top_db=None)
    static = librosa.feature.mfcc(S=decibels, n_mfcc=13)
    expected = np.vstack([static, librosa.feature.delta(static), librosa.feature.delta(static, order=2)]).T
    found = mfcc(np.log(power).T, 13)
    assert found.shape == (power.shape[1], 39)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-3)


def test_half_precision_of_the_stored_log_mel_costs_little(power):
    exact, stored = (mfcc(np.log(power).T.astype(kind), 13) for kind in (np.float32, np.float16))
    assert np.abs(exact - stored).max() < 0.01 * exact.std(axis=0).max()


def test_too_few_frames_are_refused():
    with pytest.raises(ValueError, match="8 frames"):
        mfcc(np.zeros((8, 128)), 13)
