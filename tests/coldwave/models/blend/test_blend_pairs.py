"""Pairs are all pairs of a song played and one not played, or a sample; margins are differences of scores."""

import numpy as np

from coldwave.models.blend import pairs as module
from coldwave.models.blend.pairs import draw_pairs, margins


def plays(rng, users=30, songs=17):
    return np.nonzero(rng.random((users, songs)) < rng.random((users, 1)))


def test_all_pairs_and_their_margins_are_those_by_hand(monkeypatch):
    rng = np.random.default_rng(0)
    users, songs = plays(rng)
    found = draw_pairs(users, songs, 17, rng)
    own = {user: set(songs[users == user].tolist()) for user in range(30)}
    expected = {(user, i, j) for user, played in own.items() for i in played for j in range(17) if j not in played}
    listed = list(zip(*(side.tolist() for side in found), strict=True))
    assert len(listed) == len(expected) and set(listed) == expected

    vectors = [(rng.normal(size=(30, width)), rng.normal(size=(17, width))) for width in (3, 5)]
    scales = rng.random((30, 2))
    by_hand = [[scales[user, part] * (x[user] @ (y[i] - y[j])) for part, (x, y) in enumerate(vectors)]
               for user, i, j in listed]  # fmt: skip
    for at_once in (40, 1 << 22):
        monkeypatch.setattr(module, "_SCORES_AT_ONCE", at_once)
        np.testing.assert_allclose(margins(found, *zip(*vectors, strict=True), scales), by_hand, atol=1e-12)


def test_many_pairs_are_sampled_and_many_users_are_spread(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 5000)
    monkeypatch.setattr(module, "MOST_USERS", 40)
    users, songs = plays(np.random.default_rng(1), users=400, songs=300)
    found = draw_pairs(users, songs, 300, np.random.default_rng(2))
    again = draw_pairs(users, songs, 300, np.random.default_rng(2))
    assert all(np.array_equal(one, other) for one, other in zip(found, again, strict=True))
    judges = np.unique(found.user)
    assert len(judges) <= 40 and judges[0] < 20 and judges[-1] > 380 and len(found.user) <= 8000
    known = set(zip(users.tolist(), songs.tolist(), strict=True))
    assert all((user, i) in known and (user, j) not in known for user, i, j in zip(*found, strict=True))
    assert (np.diff(found.user) >= 0).all()


def test_nothing_comes_of_nothing():
    nobody = draw_pairs(np.zeros(0, int), np.zeros(0, int), 5, np.random.default_rng(0))
    everything = draw_pairs(np.zeros(5, int), np.arange(5), 5, np.random.default_rng(0))
    assert len(nobody.user) == len(everything.user) == 0
