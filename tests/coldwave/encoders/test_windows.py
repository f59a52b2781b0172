"""What encoders hear, against librosa."""

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.encoders.windows import FRAMES, MUSICNN, spectrogram, windows

NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 48000).astype(np.float32)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("natural", lambda power: np.log(np.maximum(power, 1e-10))),
        ("decibel", lambda power: librosa.power_to_db(power, top_db=None)),
        ("compressed", lambda power: np.log10(1 + 10000 * power)),
    ],
)
def test_the_spectrogram_is_librosas(scale, expected):
    power = librosa.feature.melspectrogram(y=NOISE, sr=16000, n_fft=512, hop_length=256, n_mels=96)
    found = spectrogram(NOISE, **(MUSICNN | {"scale": scale}))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected(power).T, rtol=0, atol=1e-4)


def test_three_seconds_are_a_window_of_musicnn():
    assert windows(spectrogram(NOISE, **MUSICNN), FRAMES).shape == (1, FRAMES, 96)


@given(st.integers(1, 50), st.integers(1, 20))
def test_windows_follow_each_other_and_a_short_song_is_repeated(length, width):
    values = np.arange(2 * length).reshape(length, 2)
    found = windows(values, width)
    assert found.shape == (max(1, length // width), width, 2)
    np.testing.assert_array_equal(found.reshape(-1, 2), np.resize(values, (found.shape[0] * width, 2)))
