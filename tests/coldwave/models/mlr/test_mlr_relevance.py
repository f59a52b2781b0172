"""Similar songs against a dense computation, and what queries are made of."""

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse

from coldwave.errors import InputError
from coldwave.models.mlr.relevance import choose_queries, similar_songs
from coldwave.models.training_plays import training_plays


@pytest.fixture
def played():
    rng = np.random.default_rng(0)
    dense = (rng.random((40, 30)) < rng.uniform(0.02, 0.4, 30)).astype(float)
    dense[:, 7] = 0  # a song without listeners
    return dense


def test_similar_songs_are_those_of_the_dense_cosine(played, monkeypatch):
    monkeypatch.setattr("coldwave.models.mlr.relevance.BLOCK", 7)
    listeners, common = played.sum(axis=0), played.T @ played
    with np.errstate(invalid="ignore"):
        cosines = np.nan_to_num(common / np.sqrt(np.outer(listeners, listeners)))
    np.fill_diagonal(cosines, 0)
    queries = np.array([3, 7, 0, 12, 29, 5, 6, 8, 9, 10])
    for query, found in zip(queries, similar_songs(sparse.csr_matrix(played), queries, 6), strict=True):
        ranked = sorted(range(30), key=lambda song: (-cosines[query, song], song))
        assert found.tolist() == [song for song in ranked[:6] if cosines[query, song] > 0]


def test_a_query_has_its_similar_songs_and_others(played):
    matrix = sparse.csr_matrix(played)
    queries = choose_queries(matrix, 12, 4, 9, seed=3)
    assert len(queries.rows) in (11, 12)  # the song without listeners may be drawn, and is then left out
    assert 7 not in queries.rows
    assert (np.diff(queries.rows) > 0).all()
    for row, relevant, irrelevant in zip(*queries, strict=True):
        assert relevant.tolist() == next(similar_songs(matrix, np.array([row]), 4)).tolist()
        assert len(irrelevant) == len(set(irrelevant)) == 9
        assert not {row, *relevant} & set(irrelevant)


def test_all_songs_are_taken_where_there_are_no_more(played):
    queries = choose_queries(sparse.csr_matrix(played), 1000, 4, 1000, seed=3)
    assert queries.rows.tolist() == [song for song in range(30) if song != 7]
    for row, relevant, irrelevant in zip(*queries, strict=True):
        assert sorted([row, *relevant, *irrelevant]) == list(range(30))


def test_the_seed_decides(played):
    first, again, other = (choose_queries(sparse.csr_matrix(played), 12, 4, 9, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first.irrelevant, again.irrelevant, strict=True))
    assert first.rows.tolist() == again.rows.tolist() != other.rows.tolist()


def test_no_similar_songs_at_all_is_an_error():
    with pytest.raises(InputError, match="no pair of songs to learn from"):
        choose_queries(sparse.csr_matrix(np.eye(5)), 5, 2, 5, seed=1)


def test_only_training_songs_with_features_count():
    plays = pl.DataFrame({"user": [0, 0, 1, 2, 2], "song": [0, 3, 1, 2, 3]})
    features = np.zeros((4, 2))
    features[1] = np.nan
    songs, matrix = training_plays(plays, features, np.array([True, True, False, True]), 4)
    assert songs.tolist() == [0, 3]
    assert matrix.toarray().tolist() == [[1, 1], [0, 0], [0, 1], [0, 0]]
