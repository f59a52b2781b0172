"""Frequencies and principal components."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from coldwave.bow.features import COUNTS_SCHEMA, fit_pca, frequencies, project


@pytest.fixture
def matrix():
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.5, 2, (60, 25)) * rng.gamma(1, 1, 25))
    counts[:, 0] += 1
    return sparse.csr_matrix(counts / counts.sum(axis=1, keepdims=True))


def test_frequencies_follow_the_song_index_and_sum_to_one():
    counts = pl.DataFrame(
        {"song_id": ["b", "b", "a", "gone"], "word": [2, 0, 1, 1], "count": [3, 1, 5, 7]}, schema=COUNTS_SCHEMA
    )
    found = frequencies(counts, pl.Series(["a", "silent", "b"]), 4).toarray()
    assert found == pytest.approx(np.array([[0, 1, 0, 0], [0, 0, 0, 0], [0.25, 0, 0.75, 0]]))


def test_pca_keeps_enough_variance_and_not_one_component_more(matrix):
    mean, components = fit_pca([matrix], 0.95)
    dense = matrix.toarray()
    values = np.sort(np.linalg.eigvalsh(np.cov(dense.T)))[::-1]
    kept = np.cumsum(values)[len(components) - 1] / values.sum()
    assert kept >= 0.95
    assert np.cumsum(values)[len(components) - 2] / values.sum() < 0.95
    assert mean == pytest.approx(dense.mean(axis=0), abs=1e-6)
    # what is projected has the variance that the eigenvalues promise
    projected = project(matrix, mean, components)
    assert projected.var(axis=0, ddof=1) == pytest.approx(values[: len(components)], rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.integers(1, 30), st.floats(0.05, 0.99), st.integers(1, 5), st.integers(0, 10**6))
def test_pca_of_blocks_is_scikit_learns_of_all_songs(songs, words, variance, blocks, seed):
    rng = np.random.default_rng(seed)
    matrix = sparse.csr_matrix(
        rng.gamma(0.3, 1, (songs, words)) * rng.integers(0, 2, (songs, words)) + np.eye(songs, words)
    )
    cuts = np.sort(rng.integers(0, songs + 1, blocks - 1))
    parts = [matrix[begin:end] for begin, end in pairwise([0, *cuts.tolist(), songs])]
    mean, components = fit_pca(parts, variance)
    pca = PCA(n_components=variance, svd_solver="covariance_eigh").fit(matrix)
    assert mean == pytest.approx(pca.mean_, abs=1e-6)
    assert components.dtype == np.float32 and components.shape == pca.components_.shape
    # where two components have nearly the same variance, any turn of the two is as good
    gaps = np.abs(np.diff(pca.explained_variance_, append=0, prepend=np.inf))
    clear = np.minimum(gaps[1:], gaps[:-1])[: len(components)] > 1e-6 * pca.explained_variance_[0]
    clear[-1:] = False
    assert np.abs(components - pca.components_)[clear].max(initial=0) < 1e-4


def test_pca_has_the_same_bytes_with_any_number_of_threads():
    # with fewer words BLAS does not share the work
    matrix = sparse.random(300, 800, 0.1, format="csr", random_state=0)
    found = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, user_api="blas"):
            found.append([array.tobytes() for array in fit_pca([matrix], 0.5)])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("threads", [1, 3])
def test_projections_have_the_bytes_of_the_product_at_once(threads):
    rng = np.random.default_rng(0)
    matrix = sparse.random(40, 900, 0.2, "csr", random_state=rng)
    mean, components = rng.normal(size=900).astype(np.float32), rng.normal(size=(600, 900)).astype(np.float32)
    at_once = np.asarray(matrix @ components.T - mean @ components.T, np.float32)
    np.testing.assert_array_equal(project(matrix, mean, components, threads), at_once)


def test_a_song_without_words_gets_nan(matrix):
    mean, components = fit_pca([matrix], 0.9)
    with_empty = sparse.vstack([matrix, sparse.csr_matrix((1, matrix.shape[1]))]).tocsr()
    projected = project(with_empty, mean, components)
    assert np.isnan(projected[-1]).all()
    assert np.isfinite(projected[:-1]).all()
    assert projected.dtype == np.float32


def test_one_song_is_not_enough(matrix):
    with pytest.raises(ValueError, match="two training songs"):
        fit_pca([matrix[:1]], 0.95)
