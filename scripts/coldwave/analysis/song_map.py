"""A map of songs (figure 1 of the paper): t-SNE of their usage patterns."""

import logging

import numpy as np
import polars as pl

from coldwave.analysis.map_text import bounded_perplexity

log = logging.getLogger(__name__)

MAP = {"song": pl.UInt32, "x": pl.Float64, "y": pl.Float64}
EXACT = 1000  # from this many songs on, neighbours are approximate
FAR = 10_000  # from this many songs on, forces are interpolated on a grid


def embed(units: np.ndarray, perplexity: float, seed: int, threads: int = 1) -> np.ndarray:
    """Lay out songs in the plane, so that those with similar usage patterns are near each other.

    Distances are Euclidean between vectors of unit length, which order songs as the cosine does. Neighbours are exact
    below a thousand songs. From there on Annoy finds them, on one thread: several would find others each time.

    Parameters
    ----------
    units : float32 [songs, k], of unit length
    threads : for the forces

    Returns
    -------
    float64 [songs, 2]; fewer than four songs are laid out on their first principal components
    """
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.initialization import pca
    from openTSNE.nearest_neighbors import Annoy, Sklearn
    from threadpoolctl import threadpool_limits

    songs = len(units)
    if songs < 4:
        centred = units - units.mean(axis=0) if songs else units
        axes = np.linalg.svd(centred.astype(np.float64), full_matrices=False)[2][:2] if songs else np.zeros((0, 2))
        flat = centred @ axes.T if songs else axes
        return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1]))).astype(np.float64)
    threads = threads if songs >= EXACT else 1  # with few songs, several threads are slower
    bounded = bounded_perplexity(perplexity, songs)
    neighbours = min(songs - 1, int(3 * bounded))
    method = Sklearn if songs < EXACT else Annoy
    index = method(units.astype(np.float64), k=neighbours, metric="euclidean", n_jobs=1, random_state=seed)
    log.info("%s songs, perplexity %.1f", f"{songs:,}", bounded)
    with threadpool_limits(1, user_api="blas"):
        affinities = PerplexityBasedNN(knn_index=index, perplexity=bounded, n_jobs=threads, random_state=seed)
        start = pca(units.astype(np.float64), random_state=seed)
        method = "bh" if songs < FAR else "fft"
        tsne = TSNE(negative_gradient_method=method, n_jobs=threads, random_state=seed)
        return np.asarray(tsne.fit(affinities=affinities, initialization=start))
