import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.audio.log_mel import POWER_FLOOR, log_mel, mel_filters, mel_power, stored


def noise(samples, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, samples).astype(np.float32)


@pytest.mark.parametrize(("rate", "window", "hop", "bands"), [(22050, 1024, 512, 128), (16000, 512, 160, 40)])
def test_equals_librosa(rate, window, hop, bands):
    signal = noise(2 * rate)
    power = librosa.feature.melspectrogram(y=signal, sr=rate, n_fft=window, hop_length=hop, n_mels=bands, power=2.0)
    found = log_mel(signal, rate, window, hop, bands)
    assert found.dtype == np.float32 and found.flags.c_contiguous
    np.testing.assert_allclose(found, np.log(np.maximum(power, 1e-10)).T, rtol=0, atol=4e-6)  # rounding of sums


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([(22050, 1024), (16000, 512), (8000, 256)]), st.integers(1, 200), st.integers(0, 10**6))
def test_power_of_neighbouring_bands_is_the_product_with_all_filters(kind, bands, seed):
    rate, window = kind  # with so many bands, some of the lowest have a filter that lets nothing through
    signal = noise(5 * window, seed)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(signal, window // 2), window)[:: window // 2]
    spectra = np.fft.rfft(frames * scipy.signal.get_window("hann", window))
    power = np.abs(spectra) ** 2 @ mel_filters(rate, window, bands).T.astype(np.float64)
    found = mel_power(signal, rate, window, window // 2, bands)
    np.testing.assert_allclose(found, power, rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(1024, 20_000))
def test_frames_are_centred(samples):
    assert log_mel(noise(samples), 22050, 1024, 512, 16).shape == (1 + samples // 512, 16)


def test_silence_is_at_the_floor():
    silent = log_mel(np.zeros(22050, np.float32), 22050, 1024, 512, 128)
    np.testing.assert_allclose(silent, np.log(POWER_FLOOR), rtol=1e-6)


def test_what_is_stored_is_close_enough_for_mfccs():
    time = np.arange(5 * 22050) / 22050
    loud = np.sin(2 * np.pi * 440 * time) * np.exp(-time)  # from full scale to the floor
    frames = log_mel((loud + 1e-4 * noise(len(time))).astype(np.float32), 22050, 1024, 512, 128)
    assert stored(frames).dtype == np.float16
    np.testing.assert_allclose(stored(frames), frames, atol=2**-7)
    exact, rounded = (
        scipy.fft.dct(x.astype(float) * 10 / np.log(10), norm="ortho")[:, :13] for x in (frames, stored(frames))
    )
    assert np.sqrt(np.mean((exact - rounded) ** 2)) < 0.02 * exact.std(axis=0).min()


def test_the_loudest_possible_signal_fits():
    square = np.sign(np.sin(2 * np.pi * 100 * np.arange(22050) / 22050)).astype(np.float32)
    assert np.isfinite(stored(log_mel(square, 22050, 1024, 512, 128))).all()
    assert np.isfinite(stored(log_mel(square * 1000, 22050, 1024, 512, 128))).all()
