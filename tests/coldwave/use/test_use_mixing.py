"""Songs near some and not near others, against loops over pairs; variety against its definition; caps in order."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.use import mixing
from coldwave.use.mixing import ENOUGH_OF_ALBUM, ENOUGH_OF_ARTIST, SAME_RECORDING, TIE, limit, near, nearness


def cosine(x, y):
    return sum(a * b for a, b in zip(x, y, strict=True)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y))


def brute_force(seeds, others, vectors):
    """The formula of `nearness`, pair by pair."""
    return [
        sum(cosine(v, s) for s in seeds) / len(seeds) - max([0.0, *(cosine(v, o) for o in others)]) for v in vectors
    ]


def drawn(random, *shape):
    return random.normal(size=shape).astype(np.float32)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(0, 3), st.integers(1, 12), st.integers(1, 5))
def test_without_variety_it_is_plain_sorting(seed, k, m, n, d):
    random = np.random.default_rng(seed)
    seeds, others, vectors = drawn(random, k, d), drawn(random, m, d), drawn(random, n, d)
    wanted = brute_force(seeds.tolist(), others.tolist(), vectors.tolist())
    assert nearness(seeds, others, vectors) == pytest.approx(wanted, abs=1e-9)
    order = near(seeds, others, vectors, seed=seed)
    assert sorted(order) == list(range(n))
    assert [round(wanted[row], 9) for row in order] == sorted((round(one, 9) for one in wanted), reverse=True)
    assert np.array_equal(order, near(seeds, others, vectors, variety=0.0, seed=seed + 1))


def test_a_and_b_and_not_c():
    a, b, c = np.eye(3)
    songs = np.array([a + b, a, a + b + c, c, -c + a + b, a + b])
    assert near(np.array([a, b]), None, songs).tolist() == [0, 5, 2, 4, 1, 3]
    assert near(np.array([a, b]), c[None], songs).tolist() == [0, 5, 4, 1, 2, 3], "an opposite of c draws nobody"
    assert near(np.array([a, b]), np.empty((0, 3)), songs).tolist() == near(np.array([a, b]), None, songs).tolist()


def test_scale_does_not_matter():
    random = np.random.default_rng(0)
    seeds, others, vectors = drawn(random, 2, 8), drawn(random, 2, 8), drawn(random, 50, 8)
    scaled = vectors * random.uniform(0.1, 10, size=(50, 1))
    assert np.array_equal(near(seeds, others, vectors), near(3 * seeds, 0.1 * others, scaled))


def test_songs_without_a_vector_are_left_out():
    vectors = np.array([[1, 0], [np.nan, 1], [0, 0], [0, 1], [np.inf, 0], [1, 1]], dtype=np.float32)
    for variety in (0.0, 0.5):
        assert near(vectors[:1], None, vectors, variety=variety).tolist()[:1] == [0]
        assert sorted(near(vectors[:1], None, vectors, variety=variety)) == [0, 3, 5]
    among = np.array([False, True, True, True, True, True])
    assert near(vectors[:1], None, vectors, among=among).tolist() == [5, 3]
    assert near(vectors[:1], None, vectors[1:3], variety=0.5).tolist() == []


@pytest.mark.parametrize(
    ("seeds", "others", "variety", "message"),
    [
        (np.empty((0, 2)), None, 0.0, "name at least one"),
        (np.array([[np.nan, 1.0]]), None, 0.0, "a song to be near to has no vector"),
        (np.ones((1, 2)), np.zeros((1, 2)), 0.0, "a song not to be near to has no vector"),
        (np.ones((1, 2)), None, 1.1, "variety: 1.1 is not from 0"),
        (np.ones((1, 2)), None, math.nan, "variety: nan"),
    ],
)
def test_wrong_input(seeds, others, variety, message):
    with pytest.raises(InputError, match=message):
        near(seeds, others, np.ones((3, 2)), variety=variety)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.floats(0.01, 1))
def test_each_song_has_the_highest_marginal_relevance_of_those_left(seed, n, variety):
    random = np.random.default_rng(seed)
    seeds, vectors = drawn(random, 2, 4), drawn(random, n, 4)
    score = brute_force(seeds.tolist(), [], vectors.tolist())
    order = near(seeds, None, vectors, variety=variety, seed=seed).tolist()
    assert sorted(order) == list(range(n)) and score[order[0]] == pytest.approx(max(score))
    for taken in range(1, n):
        relevance = {
            row: (1 - variety) * score[row] - variety * max(cosine(vectors[row], vectors[c]) for c in order[:taken])
            for row in order[taken:]
        }
        assert relevance[order[taken]] >= max(relevance.values()) - TIE - 1e-6


def test_the_seed_decides_and_nothing_else():
    random = np.random.default_rng(1)
    seeds, vectors = drawn(random, 2, 8), drawn(random, 400, 8)
    one = near(seeds, None, vectors, variety=0.3, seed=1)
    assert np.array_equal(one, near(seeds, None, vectors, variety=0.3, seed=1))
    assert any(not np.array_equal(one[:25], near(seeds, None, vectors, variety=0.3, seed=s)[:25]) for s in range(2, 9))


def test_variety_grows_and_stays_among_the_nearest():
    random = np.random.default_rng(2)
    seeds, vectors = drawn(random, 1, 8), drawn(random, 1000, 8)
    plain = near(seeds, None, vectors)
    likeness = []
    for variety in (0.0, 0.3, 0.6, 0.9):
        order = near(seeds, None, vectors, variety=variety)
        assert set(order[: mixing.POOL]) == set(plain[: mixing.POOL])
        assert np.array_equal(order[mixing.POOL :], plain[mixing.POOL :])
        unit = mixing.unit_vectors(vectors[order[:25]])
        likeness.append((unit @ unit.T).mean())
    assert likeness == sorted(likeness, reverse=True) and likeness[-1] < likeness[0]


def brute_limit(order, artists, albums, recordings, per_artist, per_album, n):
    """Take a song where the list with it still keeps all caps, by counting that whole list."""
    chosen, skipped = [], Counter()
    for row in order:
        if len(chosen) == n:
            break
        whole = [*chosen, row]
        recorded = [recordings[one] for one in whole if recordings[one] is not None]
        of_artist = sum(artists[one] == artists[row] for one in whole)
        of_album = sum((artists[one], albums[one]) == (artists[row], albums[row]) for one in whole)
        if len(set(recorded)) < len(recorded):
            skipped[SAME_RECORDING] += 1
        elif artists[row] is not None and per_artist is not None and of_artist > per_artist:
            skipped[ENOUGH_OF_ARTIST] += 1
        elif albums[row] is not None and per_album is not None and of_album > per_album:
            skipped[ENOUGH_OF_ALBUM] += 1
        else:
            chosen = whole
    return chosen, dict(skipped)


NAMES = st.none() | st.sampled_from("xyz")
SONGS = st.lists(st.tuples(NAMES, NAMES, st.none() | st.integers(0, 4)), max_size=12)
CAPS = st.none() | st.integers(1, 3)


@settings(deadline=None)
@given(SONGS, CAPS, CAPS, st.none() | st.integers(0, 12), st.randoms())
def test_caps(songs, per_artist, per_album, n, random):
    artists, albums, recordings = zip(*songs, strict=True) if songs else ((), (), ())
    order = random.sample(range(len(songs)), len(songs))
    found = limit(order, artists, albums, recordings, per_artist, per_album, n)
    chosen, skipped = brute_limit(order, artists, albums, recordings, per_artist, per_album, n)
    assert (found.chosen.tolist(), found.skipped) == (chosen, skipped)
    assert found.chosen.dtype == np.int64
    for fewer in range(len(chosen)):
        part = limit(np.array(order), artists, albums, recordings, per_artist, per_album, fewer)
        assert part.chosen.tolist() == chosen[:fewer], "a shorter list begins a longer one"


def test_caps_of_a_hand_made_list():
    artists = ["A", "A", "B", "A", None, None, "B"]
    albums = ["Best", "Best", "Best", "Other", "Best", "Best", None]
    recordings = ["1", "2", "3", "4", None, None, "3"]
    found = limit(range(7), artists, albums, recordings, per_artist=2, per_album=1, n=None)
    assert found.chosen.tolist() == [0, 2, 3, 4]
    assert found.skipped == {ENOUGH_OF_ALBUM: 2, SAME_RECORDING: 1}
    found = limit(range(7), artists, albums, recordings, per_artist=2, per_album=None, n=4)
    assert found.chosen.tolist() == [0, 1, 2, 4] and found.skipped == {ENOUGH_OF_ARTIST: 1}
