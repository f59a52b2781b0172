"""Pairs of songs by type: against all pairs one by one, scikit-learn within a type, and rankings of what is left."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from coldwave.evaluation.pair_auc import map_within, rank_pairs
from coldwave.evaluation.pair_rows import ALIKE, ARTIST, FAMILIARITY, TYPES
from coldwave.evaluation.pair_types import alike_songs, find_pairs
from coldwave.evaluation.ranking import rank_songs
from coldwave.evaluation.resampling import leave_songs_out


def make_case(seed, users, songs, levels=None, missing=0, share=0.3, artists=5):
    """Plays, songs and split (every third song is for training), and vectors; with ``levels`` many scores tie."""
    rng = np.random.default_rng(seed)
    vectors = [
        (rng.integers(0, levels, (rows, 2)) if levels else rng.normal(size=(rows, 2))).astype(np.float32)
        for rows in (users, songs)
    ]
    vectors[1][rng.choice(songs, missing, replace=False)] = np.nan
    user, song = np.nonzero(rng.random((users, songs)) < share)
    names = [None if number == 0 else f"Artist {number}" for number in rng.integers(0, artists, songs)]
    table = pl.DataFrame(
        {
            "song": np.arange(songs),
            "artist": pl.Series(names, dtype=pl.String),
            "tags": [["rock"] if one else ["pop", "rock"] for one in rng.integers(0, 2, songs)],
            "users": np.bincount(song, minlength=songs),
        }
    )
    split = pl.DataFrame(
        {"song": np.arange(songs), "part": ["test" if place % 3 else "train" for place in range(songs)]}
    )
    return pl.DataFrame({"user": user, "song": song}), table, split, *vectors


def score_of(users, songs, user, song):
    value = float(users[user] @ songs[song])
    return value if np.isfinite(value) else -np.inf


def all_pairs(plays, table, split, users, songs):
    """Every pair of a user: the user, both songs, and what it is won by (1, a half or 0)."""
    played, test = set(plays.rows()), split.filter(part="test")["song"].to_list()
    for user in range(len(users)):
        for one in test:
            for other in test:
                if (user, one) in played and (user, other) not in played:
                    first, second = (score_of(users, songs, user, song) for song in (one, other))
                    yield user, one, other, 1.0 if first > second else 0.5 if first == second else 0.0


def types_of(plays, table, split):
    """A function that tells the types of a pair, by hand."""
    artist, tags, number = (table[name].to_list() for name in ("artist", "tags", "users"))
    part = split["part"].to_list()
    known = {artist[song] for song in range(len(part)) if part[song] == "train" and artist[song]}
    heard = {(user, artist[song]) for user, song in plays.rows() if part[song] == "train" and artist[song]}

    def band(song):
        return next(k for k in range(100) if max(number[song], 1) < 1.5 ** (k + 1))

    def types(user, one, other):
        familiar = [int((user, artist[song]) in heard) for song in (one, other)]
        by_known = [int(artist[song] in known) for song in (one, other)]
        alike = tags[one][0] == tags[other][0] and band(one) == band(other)
        return [2 * familiar[0] + familiar[1], 4 + 2 * by_known[0] + by_known[1]] + [8] * alike

    return types


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1000), st.integers(1, 6), st.integers(3, 20), st.sampled_from([None, 1, 2]), st.integers(0, 3),
    st.sampled_from([0.2, 0.5, 0.9]),
)  # fmt: skip
def test_shares_are_those_of_all_pairs_one_by_one(seed, users, songs, levels, missing, share):
    case = make_case(seed, users, songs, levels, missing, share)
    pairs = find_pairs(*case[:3], users, seed)
    found = rank_pairs(pairs, *case[3:])
    rows, types = list(all_pairs(*case)), types_of(*case[:3])
    assert pairs.users.tolist() == sorted({row[0] for row in rows})
    won, number = np.zeros((2, users, TYPES))
    for user, one, other, win in rows:
        for place in types(user, one, other):
            won[user, place] += win
            number[user, place] += 1
    total = number[pairs.users, :4].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.won, won[pairs.users] / total, atol=1e-12)
    np.testing.assert_allclose(found.pairs, number[pairs.users] / total, atol=1e-12)


def test_shares_add_up_to_the_auc():
    case = make_case(1, 50, 60, missing=4)
    pairs = find_pairs(*case[:3], 50, 1)
    found = rank_pairs(pairs, *case[3:])
    auc = rank_songs(case[3][pairs.users], case[4][pairs.songs], pairs.starts, pairs.relevant, 500).auc
    for types in (slice(0, 4), slice(4, 8)):
        np.testing.assert_allclose(found.won[:, types].sum(axis=1), auc)
        np.testing.assert_allclose(found.pairs[:, types].sum(axis=1), 1)


def songs_of(pairs, case, user):
    """A user's scores of the test songs, which are played, and the properties of each."""
    scores = np.array([score_of(case[3], case[4], pairs.users[user], song) for song in pairs.songs])
    played = np.isin(np.arange(len(pairs.songs)), pairs.relevant[slice(*pairs.starts[user : user + 2])])
    return scores, played, [pairs.familiar(np.array([user]))[0], pairs.known, pairs.cells]


def test_within_a_type_it_is_what_scikit_learn_finds():
    case = make_case(2, 30, 90)
    pairs = find_pairs(*case[:3], 30, 1)
    found = rank_pairs(pairs, *case[3:])
    maps = {}
    for user in range(len(pairs.users)):
        scores, played, properties = songs_of(pairs, case, user)
        for what, values in enumerate(properties):
            precision = []
            for value in np.unique(values):
                here = values == value
                if played[here].all() or not played[here].any():
                    continue
                if what != ALIKE:
                    place = 4 * what + 3 * value
                    auc = found.won[user, place] / found.pairs[user, place]
                    assert auc == pytest.approx(roc_auc_score(played[here], scores[here]))
                    maps.setdefault((what, value), []).append(average_precision_score(played[here], scores[here]))
                else:
                    precision.append((average_precision_score(played[here], scores[here]), played[here].sum()))
            if precision:
                ap, number = np.array(precision).T
                maps.setdefault((what, 0), []).append(np.average(ap, weights=number))
    expected = {key: pytest.approx(np.mean(values)) for key, values in maps.items()}
    assert map_within(pairs, found, 500) == expected
    assert set(expected) == {(FAMILIARITY, 0), (FAMILIARITY, 1), (ARTIST, 0), (ARTIST, 1), (ALIKE, 0)}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(3, 15), st.sampled_from([None, 2]), st.integers(0, 2))
def test_without_a_song_it_is_the_sum_over_the_songs_that_are_left(seed, users, songs, levels, missing):
    case = make_case(seed, users, songs, levels, missing, 0.4)
    pairs = find_pairs(*case[:3], users, seed)
    found = rank_pairs(pairs, *case[3:])
    rows, types = list(all_pairs(*case)), types_of(*case[:3])
    for place, gone in enumerate(pairs.songs.tolist()):
        sums = np.zeros((2, 2, TYPES))
        for user, index in enumerate(pairs.users.tolist()):
            kept = [row for row in rows if row[0] == index and gone not in row[1:3]]
            for _, one, other, win in kept:
                for kind in types(index, one, other):
                    sums[0, :, kind] += np.array([1, pairs.signs[user]]) * win / len(kept)
                    sums[1, :, kind] += np.array([1, pairs.signs[user]]) / len(kept)
        np.testing.assert_allclose(found.won_without[place], sums[0], atol=1e-12)
        np.testing.assert_allclose(found.pairs_without[place], sums[1], atol=1e-12)


def test_over_all_pairs_it_is_the_jackknife_of_the_results():
    case = make_case(3, 40, 30, levels=3, missing=1)
    pairs = find_pairs(*case[:3], 40, 1)
    found = rank_pairs(pairs, *case[3:])
    given = case[3][pairs.users], case[4][pairs.songs], pairs.starts, pairs.relevant
    left = leave_songs_out(*given, 500, 7)[:, 0, 0]
    order = np.argsort(np.random.default_rng(7).permutation(len(pairs.songs)))
    ours = found.won_without[:, 0, :4].sum(axis=1) / found.pairs_without[:, 0, :4].sum(axis=1)
    np.testing.assert_allclose(ours, left[order])


def test_threads_do_not_change_a_bit():
    case = make_case(4, 600, 40, levels=4, missing=2)
    pairs = find_pairs(*case[:3], 600, 1)
    one, two = (rank_pairs(pairs, *case[3:], threads) for threads in (1, 2))
    assert all(first.tobytes() == second.tobytes() for first, second in zip(one, two, strict=True))


def test_of_many_users_some_are_drawn():
    case = make_case(5, 200, 30)
    pairs = find_pairs(*case[:3], 200, 1, at_most=50)
    every = find_pairs(*case[:3], 200, 1)
    assert len(pairs.users) == 50 and len(every.users) > 150
    rows = np.searchsorted(every.users, pairs.users)
    np.testing.assert_array_equal(rank_pairs(pairs, *case[3:]).won, rank_pairs(every, *case[3:]).won[rows])


def test_a_missing_prediction_is_below_all_others():
    plays = pl.DataFrame({"user": [0, 0], "song": [0, 1]})
    table = pl.DataFrame({"song": [0, 1, 2], "artist": ["Ann"] * 3, "tags": [["pop"]] * 3, "users": [1, 1, 1]})
    split = pl.DataFrame({"song": [0, 1, 2], "part": ["train", "test", "test"]})
    pairs = find_pairs(plays, table, split, 1, 1)
    songs = np.array([[1.0], [np.nan], [-9.0]])
    assert rank_pairs(pairs, np.ones((1, 1)), songs).won[0].tolist() == [0.0] * TYPES
    assert rank_pairs(pairs, np.ones((1, 1)), songs[[0, 2, 1]]).won[0, [3, 7, 8]].tolist() == [1.0] * 3
    assert rank_pairs(pairs, np.ones((1, 1)), np.full((3, 1), np.nan)).won[0, [3, 7, 8]].tolist() == [0.5] * 3


def test_alike_are_songs_of_one_first_tag_and_about_as_many_users():
    users = np.array([10, 10, 11, 12, 0, 1])
    cells = alike_songs(["a", "b", "a", "a", "a", "a"], users)
    assert (cells[:, None] == cells).sum() == 6 + 2 * 2  # 10 and 11 of a, in the band to 11.39; none and one user
    assert cells[0] == cells[2] and cells[4] == cells[5]
    without = alike_songs([None] * 6, users)
    assert without[0] == without[1] == without[2] != without[3]
    untagged = alike_songs([None, None, "a", None, "a", "a"], users)
    assert len(set(untagged.tolist())) == 5
    assert alike_songs([], np.empty(0, int)).tolist() == []


def test_nobody_who_has_played_some_songs_and_not_all():
    plays = pl.DataFrame({"user": [0, 0], "song": [0, 1]})
    table = pl.DataFrame({"song": [0, 1], "artist": ["Ann"] * 2, "tags": [[], []], "users": [1, 1]})
    table = table.with_columns(pl.col("tags").cast(pl.List(pl.String)))
    split = pl.DataFrame({"song": [0, 1], "part": ["train", "test"]})
    pairs = find_pairs(plays, table, split, 2, 1)
    assert len(pairs.users) == 0 and not pairs.tagged
    found = rank_pairs(pairs, np.ones((2, 1)), np.ones((2, 1)))
    assert found.won.shape == (0, TYPES) and map_within(pairs, found, 5) == {}
