"""What is heard: levels, differences, and that order-only traits are in the order of frames alone."""

from dataclasses import replace

import librosa
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from coldwave.world.styles import ORDER_ONLY, Style, draw_styles, styles_of
from coldwave.world.synthesis import RATE, render

HOP = 512
SECONDS = 5


def log_mel(samples: np.ndarray) -> np.ndarray:
    power = librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=1024, hop_length=HOP, n_mels=128)
    return np.log(power + 1e-7)


@pytest.fixture(scope="module")
def catalogue():
    """96 songs by 24 artists, with order-only traits by the toss of a coin, and their log-mels."""
    table = draw_styles(96, 24, np.random.default_rng(5))
    coins = np.random.default_rng(6).permuted(np.tile([[-1], [1]], (48, 2)), axis=0)
    styles = [
        replace(style, contour=int(coin[0]), beat=int(coin[1]))
        for style, coin in zip(styles_of(table), coins, strict=True)
    ]
    songs = [render(style, SECONDS, np.random.default_rng(song)) for song, style in enumerate(styles)]
    return table["artist"].to_numpy(), styles, songs, [log_mel(song) for song in songs]


@pytest.fixture(scope="module")
def order_free(catalogue):
    """Statistics over frames of the log-mel, and of MFCC with first and second differences; [songs, features]."""
    rows = []
    for mel in catalogue[3]:
        mfcc = librosa.feature.mfcc(S=10 / np.log(10) * mel, n_mfcc=13)
        words = np.vstack([mfcc, librosa.feature.delta(mfcc), librosa.feature.delta(mfcc, order=2)])
        centred = words - words.mean(axis=1, keepdims=True)
        skewness = np.mean(centred**3, axis=1) / words.std(axis=1) ** 3
        quantiles = np.quantile(mel, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1).ravel()
        rows.append(np.concatenate([mel.mean(axis=1), mel.std(axis=1), quantiles, words.std(axis=1), skewness]))
    return np.array(rows)


def rise(mel: np.ndarray, bpm: float) -> float:
    """Onset energy that comes back a little higher one beat later, less that which comes back lower."""
    onsets = np.maximum(mel[12:60, 3:] - mel[12:60, :-3], 0)
    onsets = onsets - onsets.mean(axis=1, keepdims=True)
    onsets = onsets - onsets.mean(axis=0)
    lag = round(60 / bpm * RATE / HOP)
    before, after = onsets[:, :-lag], onsets[:, lag:]
    return sum(np.sum(before[:-up] * after[up:]) - np.sum(before[up:] * after[:-up]) for up in range(2, 7))


def alternation(mel: np.ndarray, bpm: float) -> float:
    """Strength of the period of two beats over that of four in the onsets of the snare's bands."""
    onsets = np.maximum(mel[80:110, 2:] - mel[80:110, :-2], 0).mean(axis=0)
    beats = np.arange(len(onsets)) * HOP / RATE * bpm / 60
    two, four = (abs(np.sum((onsets - onsets.mean()) * np.exp(2j * np.pi * beats / period))) for period in (2, 4))
    return np.log(two / four)


HAND_MADE = {"contour": rise, "beat": alternation}


@pytest.mark.parametrize("trait", ORDER_ONLY)
def test_order_only_traits_are_at_chance_without_order(catalogue, order_free, trait):
    artist, styles, _, _ = catalogue
    labels = [getattr(style, trait) for style in styles]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    guesses = cross_val_predict(model, order_free, labels, groups=artist, cv=GroupKFold(6), method="predict_proba")
    assert 0.33 < roc_auc_score(labels, guesses[:, 1]) < 0.67


@pytest.mark.parametrize("trait", ORDER_ONLY)
def test_order_only_traits_are_plain_from_the_order(catalogue, trait):
    _, styles, _, mels = catalogue
    values = [HAND_MADE[trait](mel, style.bpm) for mel, style in zip(mels, styles, strict=True)]
    assert roc_auc_score([getattr(style, trait) for style in styles], values) > 0.95


@pytest.mark.parametrize("trait", ORDER_ONLY)
def test_order_only_traits_are_plain_within_three_seconds(catalogue, trait):
    _, styles, _, mels = catalogue
    values = [HAND_MADE[trait](mel[:, 40:169], style.bpm) for mel, style in zip(mels, styles, strict=True)]
    assert roc_auc_score([getattr(style, trait) for style in styles], values) > 0.85


@pytest.mark.parametrize("trait", ["brightness", "roughness", "richness"])
def test_order_free_traits_are_heard_without_order(catalogue, order_free, trait):
    artist, styles, _, _ = catalogue
    values = [getattr(style, trait) for style in styles]
    model = make_pipeline(StandardScaler(), Ridge(100.0))
    assert r2_score(values, cross_val_predict(model, order_free, values, groups=artist, cv=GroupKFold(6))) > 0.3


@pytest.mark.parametrize("trait", ORDER_ONLY)
def test_reversing_the_order_keeps_the_average_frame(trait):
    """Over whole cycles of the music, flipping an order-only trait moves the mean frame far less than a new mix."""
    style = Style(tempo=0.5)
    one = log_mel(render(style, 24, np.random.default_rng(3))).mean(axis=1)
    other = log_mel(render(replace(style, **{trait: -1}), 24, np.random.default_rng(3))).mean(axis=1)
    remixed = log_mel(render(style, 24, np.random.default_rng(4))).mean(axis=1)
    assert np.abs(one - other).mean() < 0.2 * np.abs(one - remixed).mean()


def test_levels(catalogue):
    for samples in catalogue[2]:
        assert samples.dtype == np.float32
        assert samples.shape == (SECONDS * RATE,)
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() <= 0.9001
        assert abs(samples.mean()) < 0.01
        level = 20 * np.log10(np.sqrt(np.mean(samples**2)))
        assert -30 < level < -12


def test_songs_differ(catalogue):
    means = np.array([mel.mean(axis=1) for mel in catalogue[3]])
    distances = np.linalg.norm(means[:, None] - means[None], axis=2) + 1e9 * np.eye(len(means))
    assert distances.min() > 1.0


def test_same_generator_same_samples():
    style = Style(density=1.0, pluck=-1.0)
    first, again, other = (render(style, 4, np.random.default_rng(seed)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("extreme", [-2.5, 2.5])
def test_extreme_styles_sound(extreme):
    names = ("tempo", "density", "brightness", "register", "richness", "pluck", "roughness", "percussion")
    style = Style(**dict.fromkeys(names, extreme), harmony=np.sign(extreme) * 2, swing=0.4)
    samples = render(style, 3.5, np.random.default_rng(0))
    assert np.isfinite(samples).all()
    assert 0.01 < np.abs(samples).max() <= 0.9001
