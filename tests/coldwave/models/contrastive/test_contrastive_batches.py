"""Batches against loops over their plays."""

from collections import Counter

import numpy as np
import scipy.sparse as sparse
from hypothesis import given
from hypothesis import strategies as st

from coldwave.models.contrastive.batches import batches, make_batch, plays_to_learn


def draw(seed, users=9, songs=12):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix((rng.random((users, songs)) < rng.uniform(0.05, 0.6)).astype(float)), rng


@given(st.integers(0, 2**32 - 1), st.integers(1, 14))
def test_a_batch_is_what_its_plays_say(seed, history):
    played, rng = draw(seed)
    users, songs = plays_to_learn(played)
    if not len(users):
        return
    chosen = rng.integers(len(users), size=5)
    users, songs = users[chosen], songs[chosen]
    batch = make_batch(played, users, songs, history, rng)
    dense = played.toarray() > 0
    assert (np.diff(batch.songs) > 0).all()
    candidates = batch.songs[batch.candidates]
    assert set(candidates) == set(songs) and (candidates[batch.target] == songs).all()
    assert dict(zip(candidates, batch.draws, strict=True)) == Counter(songs)
    for row, (user, song) in enumerate(zip(users, songs, strict=True)):
        others = set(np.flatnonzero(dense[user])) - {song}
        stand = batch.songs[batch.history[row] > 0]
        assert set(stand) <= others and len(stand) == min(history, len(others))
        assert np.allclose(batch.history[row][batch.history[row] > 0], 1 / len(stand))
        assert set(candidates[batch.apart[row]]) == others & set(songs)


@given(st.integers(0, 2**32 - 1))
def test_an_epoch_has_each_play_of_users_with_several_songs_once(seed):
    played, _ = draw(seed)
    dense = played.toarray() > 0
    found = Counter()
    for batch in batches(played, 4, 50, seed, 1):
        assert 1 <= len(batch.target) <= 4
        found.update(batch.songs[batch.candidates][batch.target].tolist())
    several = dense[dense.sum(axis=1) > 1]
    assert found == Counter(np.nonzero(several)[1].tolist())


def test_the_order_depends_on_seed_and_epoch_alone():
    played, _ = draw(3)
    orders = [
        [batch.songs[batch.candidates][batch.target].tolist() for batch in batches(played, 4, 2, seed, epoch)]
        for seed, epoch in ((1, 1), (1, 1), (1, 2), (2, 1))
    ]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2] and orders[0] != orders[3]


def test_songs_that_stand_for_a_user_are_drawn_evenly():
    played = sparse.csr_matrix(np.ones((1, 6)))
    rng = np.random.default_rng(0)
    times = Counter()
    for _ in range(600):
        batch = make_batch(played, np.array([0]), np.array([2]), 2, rng)
        times.update(batch.songs[batch.history[0] > 0].tolist())
    assert set(times) == {0, 1, 3, 4, 5}
    assert all(abs(number - 240) < 60 for number in times.values())  # five standard deviations
