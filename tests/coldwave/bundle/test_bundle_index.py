"""Indexes against all inner products, and their recall counted one by one."""

import faiss
import numpy as np
import pytest

from coldwave.bundle import index as module
from coldwave.bundle.index import APPROXIMATE, EXACT, make_index, recall
from coldwave.errors import InputError


@pytest.fixture(scope="module")
def vectors():
    """Songs in groups, of which some have no vector, and users."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(40, 12))
    songs = centres[rng.integers(0, 40, 6000)] + 0.5 * rng.normal(size=(6000, 12))
    songs = (songs * rng.lognormal(0, 0.4, (6000, 1))).astype(np.float32)
    songs[::17] = np.nan
    users = (centres[rng.integers(0, 40, 300)] + rng.normal(size=(300, 12))).astype(np.float32)
    return songs, users


def best_of(songs, user, n):
    """The best songs of a user, by sorting all scores."""
    scores = {song: float(np.dot(user.astype(float), vector)) for song, vector in enumerate(songs.astype(float))}
    known = [song for song, score in scores.items() if score == score]
    return sorted(known, key=lambda song: -scores[song])[:n]


def test_an_exact_index_answers_as_brute_force(vectors, tmp_path):
    songs, users = vectors
    made = make_index(songs, users)
    assert (made.kind, made.songs, made.recall) == (EXACT, np.isfinite(songs[:, 0]).sum(), 1.0)
    faiss.write_index(made.faiss, str(tmp_path / "songs.faiss"))
    scores, found = faiss.read_index(str(tmp_path / "songs.faiss")).search(users[:20], 15)
    for user, own, value in zip(users[:20], found, scores, strict=True):
        assert own.tolist() == best_of(songs, user, 15)
        assert value == pytest.approx(songs[own] @ user, rel=1e-5)


def test_an_approximate_index_says_the_recall_that_it_has(vectors, tmp_path):
    songs, users = vectors
    made = make_index(songs, users, APPROXIMATE)
    assert made.kind == APPROXIMATE and 1 <= made.searched < made.cells
    assert len(made.users) == 150 and made.at == module.AT
    faiss.write_index(made.faiss, str(tmp_path / "songs.faiss"))
    again = faiss.read_index(str(tmp_path / "songs.faiss"))
    answers = again.search(users[made.users], made.at)[1]
    shares = [
        len(set(best_of(songs, users[user], made.at)) & set(own.tolist())) / made.at
        for user, own in zip(made.users, answers, strict=True)
    ]
    assert made.recall == pytest.approx(np.mean(shares), abs=1e-9)
    assert 0.9 < made.recall < 1
    again.nprobe = 1  # which looks at less, and so finds less
    assert recall(again, songs, users[made.users], made.at) < made.recall


def test_users_for_whom_all_songs_tie_are_not_asked(vectors):
    songs, users = vectors
    mixed = np.zeros((3 * len(users), users.shape[1]), np.float32)
    mixed[1::3] = users
    made, alone = make_index(songs, mixed, APPROXIMATE), make_index(songs, users, APPROXIMATE)
    assert np.array_equal(made.users, 3 * alone.users + 1)
    assert (made.searched, made.recall) == (alone.searched, alone.recall)


@pytest.mark.parametrize("kind", [EXACT, APPROXIMATE])
def test_no_recall_is_said_where_nobody_can_be_asked(vectors, kind):
    songs, users = vectors
    made = make_index(songs, np.zeros_like(users), kind)
    assert made.recall is None and len(made.users) == 0
    assert made.searched == made.cells


def test_an_approximate_index_is_the_same_each_time(vectors):
    made = [faiss.serialize_index(make_index(*vectors, APPROXIMATE).faiss) for _ in range(2)]
    assert np.array_equal(*made)


def test_many_songs_get_an_approximate_index(vectors, monkeypatch):
    songs, users = vectors
    known = int(np.isfinite(songs[:, 0]).sum())
    for most, kind in ((known, EXACT), (known - 1, APPROXIMATE)):
        monkeypatch.setattr(module, "MOST_EXACT", most)
        assert make_index(songs, users).kind == kind
    assert make_index(songs, users, EXACT).kind == EXACT


@pytest.mark.parametrize("kind", [EXACT, APPROXIMATE])
def test_one_user_and_few_songs(vectors, kind):
    songs, users = vectors
    made = make_index(songs[:13], users[:1], kind)
    assert (made.songs, made.at, made.recall) == (12, 2, 1.0)
    with pytest.raises(InputError, match="nothing to index"):
        make_index(np.full((3, 4), np.nan, np.float32), users[:, :4], kind)


def test_songs_that_tie_are_as_good_as_each_other():
    songs = np.ones((50, 3), np.float32)
    assert make_index(songs, np.ones((4, 3), np.float32)).recall == 1.0
