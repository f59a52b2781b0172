"""The codebook, and the counts of words."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.bow.codebook import (
    count_shard,
    count_words,
    frame_scale,
    learn_codebook,
    sample_frames,
    sample_sizes,
)
from coldwave.bow.mfcc import mfcc
from coldwave.errors import InputError


class Songs:
    """Log-mels of some songs in memory."""

    def __init__(self, arrays):
        self.arrays = arrays
        self.lengths = np.array([len(array) for array in arrays])
        self.asked = set()

    def frames(self, song):
        self.asked.add(song)
        return self.arrays[song]


def log_mels(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((length, 32)).astype(np.float16) for length in lengths]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), st.integers(1, 5000))
def test_sample_sizes_sum_to_what_is_wanted_or_what_there_is(frames, total):
    frames = np.array(frames)
    sizes = sample_sizes(frames, total, np.random.default_rng(0))
    assert np.all((sizes >= 0) & (sizes <= frames))
    chosen = frames[sizes > 0].sum()
    assert sizes.sum() == min(total, chosen)
    if total >= 50 * len(frames):
        assert np.all(sizes > 0)


def test_only_training_songs_are_sampled():
    # a mistake found in re-implementations: the codebook learnt on all songs
    songs = Songs(log_mels([60, 70, 0, 80, 90]))
    training = np.array([True, False, True, True, False])
    frames = sample_frames(songs, training, coefficients=5, total=100, seed=1)
    assert frames.shape == (100, 15)
    assert songs.asked == {0, 3}
    allowed = np.concatenate([mfcc(songs.arrays[song], 5) for song in (0, 3)])
    assert all(np.any(np.all(allowed == frame, axis=1)) for frame in frames)


def test_no_training_song_with_audio_is_an_error():
    with pytest.raises(InputError, match="no training song"):
        sample_frames(Songs(log_mels([0, 50])), np.array([True, False]), 5, 10, 1)


def test_scale_is_the_standard_deviation_and_never_zero():
    frames = np.random.default_rng(0).standard_normal((500, 4)).astype(np.float32) * [1, 10, 0.1, 0]
    scale = frame_scale(frames.astype(np.float32), standardize=True)
    assert scale[:3] == pytest.approx(frames.std(axis=0)[:3], rel=1e-5)
    assert scale[3] == 1
    assert np.all(frame_scale(frames, standardize=False) == 1)


def test_the_codebook_finds_clusters_that_are_there():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((6, 4)) * 50
    frames = (centres[rng.integers(6, size=3000)] + rng.standard_normal((3000, 4))).astype(np.float32)
    found = learn_codebook(frames, words=6, seed=1)
    distances = np.linalg.norm(found[:, None] - centres[None], axis=2)
    assert np.all(distances.min(axis=0) < 1)
    assert np.array_equal(found, learn_codebook(frames, words=6, seed=1))


def test_more_words_than_frames_is_an_error_that_names_the_key():
    with pytest.raises(InputError, match=r"bow\.words = 10"):
        learn_codebook(np.zeros((9, 3), dtype=np.float32), 10, 1)


def test_each_frame_counts_for_its_nearest_mean():
    rng = np.random.default_rng(0)
    frames = rng.standard_normal((400, 7)).astype(np.float32)
    codebook = rng.standard_normal((30, 7)).astype(np.float32)
    nearest = np.argmin(((frames[:, None] - codebook[None]) ** 2).sum(axis=2), axis=1)
    assert np.array_equal(count_words(frames, codebook), np.bincount(nearest, minlength=30))


def test_a_shards_counts_sum_to_each_songs_frames():
    arrays = log_mels([40, 25, 60])
    table = pl.DataFrame({"song_id": ["a", "gone", "b", "c"], "start": [0, 40, 40, 65], "frames": [40, 0, 25, 60]})
    codebook = np.random.default_rng(1).standard_normal((9, 15)).astype(np.float32)
    scale = np.full(15, 2.0, dtype=np.float32)
    counts = count_shard(np.concatenate(arrays), table, codebook, scale, coefficients=5)
    sums = dict(counts.group_by("song_id").agg(pl.col("count").sum()).iter_rows())
    assert sums == {"a": 40, "b": 25, "c": 60}
    expected = count_words(mfcc(arrays[1], 5) / scale, codebook)
    found = counts.filter(pl.col("song_id") == "b")
    assert dict(found.select("word", "count").iter_rows()) == {w: c for w, c in enumerate(expected) if c}
