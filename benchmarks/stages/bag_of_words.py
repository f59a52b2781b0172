"""The bag of words' principal components, beside scikit-learn's, and of as many songs as the paper has."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.decomposition import PCA, IncrementalPCA
from timing import Row, compare, own_peak

from coldwave.bow.features import fit_pca, project
from coldwave.files import read_array, write_array, write_rows

FRAMES, VARIANCE = 1292, 0.95  # of 30 s


def _shards(songs: int, words: int, shards: int) -> Iterator[np.ndarray]:
    """Counts of words, uint16 [songs of a shard, words]: each song has words of a few of 200 sounds."""
    rng = np.random.default_rng(0)
    sounds = rng.gamma(0.1, 1, (200, words)).astype(np.float32)
    sounds /= sounds.sum(axis=1, keepdims=True)
    for part in np.array_split(np.arange(songs), shards):
        mixed = rng.gamma(0.1, 1, (len(part), 200)).astype(np.float32)
        mixed /= mixed.sum(axis=1, keepdims=True)
        counts = rng.poisson(FRAMES * (mixed @ sounds)).astype(np.uint16)
        counts[:, 0] += counts.sum(axis=1) == 0
        yield counts


def _shares(counts: np.ndarray) -> csr_matrix:
    return csr_matrix(counts / counts.sum(axis=1, keepdims=True, dtype=np.float64))


def _beside_scikit_learn() -> Row:
    songs, words = 6_000, 1_000
    blocks = [_shares(counts) for counts in _shards(songs, words, 4)]
    whole = vstack(blocks).tocsr()
    kept = len(fit_pca(blocks, VARIANCE)[1])

    def incremental() -> None:
        pca = IncrementalPCA(kept)
        for block in blocks:
            pca.partial_fit(block.toarray())

    exact = {"scikit-learn, PCA of all at once": lambda: PCA(VARIANCE, svd_solver="covariance_eigh").fit(whole)}
    return compare(
        f"bag of words: principal components of {songs:,} songs × {words:,} counts",
        {"coldwave": lambda: fit_pca(blocks, VARIANCE), **exact, "scikit-learn, IncrementalPCA": incremental},
        rounds=3,
        aims={"scikit-learn, PCA of all at once": 1.0},
        note=f"{kept} components",
    )


def _of_the_papers_size() -> Row:
    """Components of all songs and their projection; counts in a file a shard, of which one is read at a time."""
    songs, words, shards = 382_410, 4_000, 256
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{shard:03}.npy" for shard in range(shards)]
        for path, counts in zip(paths, _shards(songs, words, shards), strict=True):
            write_array(path, counts)
        begin = time.perf_counter()
        mean, components = fit_pca((_shares(read_array(path)) for path in paths), VARIANCE)
        rows = np.array_split(np.arange(songs), shards)
        found = (project(_shares(read_array(path)), mean, components, os.cpu_count()) for path in paths)
        write_rows(Path(folder) / "features.npy", (songs, len(components)), zip(rows, found, strict=True))
        seconds = time.perf_counter() - begin
    return Row(
        f"bag of words: principal components of {songs:,} songs × {words:,} counts, and the songs' features",
        {"coldwave": [seconds]},
        most_mb=3000,
        peak_mb={"coldwave": own_peak()},
        note=f"{len(components)} components",
    )


ROWS = {"scikit-learn": _beside_scikit_learn}
LARGE = {"pca": _of_the_papers_size}
