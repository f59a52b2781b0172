"""The codebook of the bag of words: k-means over a sample of training frames, and the words of a song's frames."""

from typing import Protocol

import numpy as np
import polars as pl
from scipy.cluster.vq import vq

from coldwave.bow.features import COUNTS_SCHEMA
from coldwave.bow.mfcc import mfcc
from coldwave.errors import InputError
from coldwave.progress import track

FRAMES_PER_SONG = 50  # fewer waste the work on a song's MFCCs; more sample fewer songs
FRAMES_AT_ONCE = 2048  # whose distances to all words are in memory


class FrameSource(Protocol):
    """Where log-mel frames come from: the memory-mapped shards, or arrays in a test."""

    lengths: np.ndarray  # int [songs], frames of each song, 0 without usable audio

    def frames(self, song: int) -> np.ndarray:
        """Log-mel of a song: [frames, mel bands]."""


def sample_sizes(frames: np.ndarray, total: int, rng: np.random.Generator) -> np.ndarray:
    """Choose how many frames to take from each song, as evenly as the songs' lengths allow.

    Takes all songs, or a random part of them if ``total`` would leave fewer than 50 frames to each.

    Parameters
    ----------
    frames : int [songs], frames that each song has
    total : frames wanted altogether

    Returns
    -------
    int64 [songs], none above ``frames``; their sum is ``total``, or all frames if there are fewer
    """
    sizes = np.zeros(len(frames), dtype=np.int64)
    number = min(len(frames), max(1, total // FRAMES_PER_SONG))
    order = rng.permutation(len(frames))[:number]
    left = total
    for rank, song in enumerate(sorted(order, key=lambda song: frames[song])):
        sizes[song] = min(frames[song], -(-left // (number - rank)))
        left -= sizes[song]
    return sizes


def sample_frames(source: FrameSource, training: np.ndarray, coefficients: int, total: int, seed: int) -> np.ndarray:
    """Draw MFCC frames of training songs: float32 [about ``total``, 3 * coefficients].

    Parameters
    ----------
    training : bool [songs]

    Raises
    ------
    InputError
        No training song has usable audio.
    """
    rng = np.random.default_rng(seed)
    songs = np.flatnonzero(training & (source.lengths > 0))
    if len(songs) == 0:
        raise InputError("no training song has usable audio: see the statuses in audio/index.parquet")
    sizes = sample_sizes(source.lengths[songs], total, rng)
    sampled = []
    for song, size in track(list(zip(songs[sizes > 0], sizes[sizes > 0], strict=True)), "songs sampled"):
        frames = mfcc(source.frames(int(song)), coefficients)
        sampled.append(frames[np.sort(rng.choice(len(frames), size, replace=False))])
    return np.concatenate(sampled)


def frame_scale(frames: np.ndarray, standardize: bool) -> np.ndarray:
    """Standard deviation of each coefficient, or ones: float32 [coefficients]; frames are divided by it."""
    if not standardize:
        return np.ones(frames.shape[1], dtype=np.float32)
    scale = frames.std(axis=0, dtype=np.float64)
    return np.where(scale > 0, scale, 1).astype(np.float32)


def learn_codebook(frames: np.ndarray, words: int, seed: int, threads: int = 1) -> np.ndarray:
    """Cluster frames by mini-batch k-means: float32 [words, coefficients].

    Raises
    ------
    InputError
        There are fewer frames than words.
    """
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    if len(frames) < words:
        raise InputError(f"bow.words = {words:,}: the training songs have only {len(frames):,} frames; lower it")
    batch = max(4096, 4 * words)
    means = MiniBatchKMeans(words, batch_size=batch, n_init=1, max_iter=30, random_state=seed, reassignment_ratio=0)
    with threadpool_limits(threads):
        return means.fit(frames).cluster_centers_.astype(np.float32)


def count_words(frames: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Count the frames nearest to each word's mean: int64 [words], which sum to the number of frames."""
    return np.bincount(nearest_words(frames, codebook), minlength=len(codebook))


def nearest_words(frames: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Find the word whose mean is nearest to each frame, of equally near ones the first: int [frames]."""
    means = codebook.astype(np.float64)
    blocks = [frames[start : start + FRAMES_AT_ONCE] for start in range(0, len(frames), FRAMES_AT_ONCE)]
    return np.concatenate([vq(block.astype(np.float64), means)[0] for block in blocks])


def count_shard(
    log_mel: np.ndarray,
    table: pl.DataFrame,
    codebook: np.ndarray,
    scale: np.ndarray,
    coefficients: int,
    threads: int = 1,
) -> pl.DataFrame:
    """Count the words of every song of a shard.

    Parameters
    ----------
    log_mel : [frames of the shard, mel bands]
    table : ``song_id``, ``start`` and ``frames`` of each song in it; a song without frames has no counts
    codebook : float32 [words, 3 * coefficients], of frames divided by ``scale``

    Returns
    -------
    table ``song_id``, ``word``, ``count``, only counts above 0
    """
    from threadpoolctl import threadpool_limits

    columns: dict[str, list] = {"song_id": [], "word": [], "count": []}
    usable = table.filter(table["frames"] > 0)
    with threadpool_limits(threads):
        for song_id, start, frames in track(
            usable.select("song_id", "start", "frames").iter_rows(), "songs counted", usable.height
        ):
            counts = count_words(mfcc(log_mel[start : start + frames], coefficients) / scale, codebook)
            words = np.flatnonzero(counts)
            columns["song_id"] += [song_id] * len(words)
            columns["word"] += words.tolist()
            columns["count"] += counts[words].tolist()
    return pl.DataFrame(columns, schema=COUNTS_SCHEMA)
