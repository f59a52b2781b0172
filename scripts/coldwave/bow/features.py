"""From word counts to the features of the bag-of-words models: frequencies, reduced by PCA."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import scipy.sparse as sparse

_SONGS_AT_ONCE = 1024
_COMPONENTS_AT_ONCE = 256  # so few stay in the processor's cache while a song's words are added up
COUNTS_SCHEMA = {"song_id": pl.String, "word": pl.UInt32, "count": pl.UInt32}


def frequencies(counts: pl.DataFrame, song_ids: pl.Series, words: int) -> sparse.csr_matrix:
    """Share of each word among a song's frames, so that a clip's length makes no difference.

    Parameters
    ----------
    counts : table ``song_id``, ``word``, ``count``
    song_ids : the ids in the order of the song index

    Returns
    -------
    float64 CSR [songs, words]; the row of a song without counts is empty
    """
    index = pl.DataFrame({"song_id": song_ids}).with_row_index("song")
    joined = counts.join(index, on="song_id", how="inner", maintain_order="left")
    values = joined["count"].to_numpy().astype(np.float64)
    pairs = (joined["song"].to_numpy(), joined["word"].to_numpy())
    matrix = sparse.csr_matrix((values, pairs), shape=(len(song_ids), words))
    totals = np.asarray(matrix.sum(axis=1)).ravel()
    matrix.data /= np.repeat(totals, np.diff(matrix.indptr))
    return matrix


def fit_pca(blocks: Iterable[sparse.csr_matrix], variance: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the fewest principal components that keep a share of the variance (95 % in the paper).

    Equal to scikit-learn's PCA of all songs, which needs them at once. Here they come in blocks, and what grows with
    them is the time alone: the words × words sums of products are in memory, and some songs as a dense array.

    Parameters
    ----------
    blocks : float64 CSR [songs, words], training songs only
    variance : above 0, below 1

    Returns
    -------
    the mean, float32 [words], and the components, float32 [d, words]

    Raises
    ------
    ValueError
        Fewer than two songs.
    """
    from scipy.linalg import eigh
    from scipy.linalg.blas import dsyrk
    from threadpoolctl import threadpool_limits

    number, total, products = 0, np.zeros(0), None
    for block in blocks:
        if products is None:
            total, products = np.zeros(block.shape[1]), np.zeros((block.shape[1],) * 2, order="F")
        for begin in range(0, block.shape[0], _SONGS_AT_ONCE):
            dense = block[begin : begin + _SONGS_AT_ONCE].toarray()
            number += len(dense)
            total += dense.sum(axis=0)
            # of the symmetric products, those above the diagonal
            products = dsyrk(1.0, dense.T, beta=1.0, c=products, overwrite_c=True)
    if number < 2:
        raise ValueError(f"PCA needs at least two training songs with audio, not {number}")
    mean = total / number
    products -= np.outer(total, mean)
    products /= number - 1
    # From several hundred words on, the last digits of the vectors would depend on the number of threads.
    with threadpool_limits(1, user_api="blas"):
        values, vectors = eigh(products, lower=False, overwrite_a=True, driver="evd", check_finite=False)
    shares = np.cumsum(np.maximum(values[::-1], 0))
    kept = min(int(np.searchsorted(shares / shares[-1], variance, side="right")) + 1, len(values))
    components = vectors.T[::-1][:kept]
    largest = components[np.arange(kept), np.abs(components).argmax(axis=1)]
    return mean.astype(np.float32), (components * np.sign(largest)[:, None]).astype(np.float32)


def project(matrix: sparse.csr_matrix, mean: np.ndarray, components: np.ndarray, threads: int = 1) -> np.ndarray:
    """Project songs on the components: float32 [songs, d], NaN where a song has no words.

    ``threads`` change the time, not a bit of the result.
    """
    offset = mean @ components.T
    projected = np.empty((matrix.shape[0], len(components)), np.float32)

    def project_on(begin: int) -> None:
        some = slice(begin, begin + _COMPONENTS_AT_ONCE)
        projected[:, some] = matrix @ np.ascontiguousarray(components[some].T) - offset[some]

    with ThreadPoolExecutor(threads) as pool:
        deque(pool.map(project_on, range(0, len(components), _COMPONENTS_AT_ONCE)), maxlen=0)
    projected[np.diff(matrix.indptr) == 0] = np.nan
    return projected
