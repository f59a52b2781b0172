"""From word counts to the features of the bag-of-words models: frequencies, reduced by PCA."""

import numpy as np
import polars as pl
import scipy.sparse as sparse

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


def fit_pca(matrix: sparse.csr_matrix, variance: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the fewest principal components that keep a share of the variance (95 % in the paper).

    Works from the words × words covariance, so that the songs need not fit in memory as a dense array.

    Parameters
    ----------
    matrix : float64 CSR [songs, words], training songs only

    Returns
    -------
    the mean, float32 [words], and the components, float32 [d, words]

    Raises
    ------
    ValueError
        Fewer than two songs.
    """
    from sklearn.decomposition import PCA

    if matrix.shape[0] < 2:
        raise ValueError(f"PCA needs at least two training songs with audio, not {matrix.shape[0]}")
    pca = PCA(n_components=variance, svd_solver="covariance_eigh").fit(matrix)
    return pca.mean_.astype(np.float32), pca.components_.astype(np.float32)


def project(matrix: sparse.csr_matrix, mean: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Project songs on the components: float32 [songs, d], NaN where a song has no words."""
    projected = np.asarray(matrix @ components.T - mean @ components.T, dtype=np.float32)
    projected[np.diff(matrix.indptr) == 0] = np.nan
    return projected
