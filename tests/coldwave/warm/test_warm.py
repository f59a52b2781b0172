"""Held-out plays, against plain sorts, every order of tied songs, and similarities of whole matrices."""

from itertools import permutations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.nearest_neighbours import BM25Recommender
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import cosine_similarity

from coldwave.errors import InputError
from coldwave.exhibits.files import read_exhibit
from coldwave.files import check_table
from coldwave.warm.evaluation import (
    evaluate_warm,
    hold_out,
    measure,
    neighbour_scores,
    play_counts,
    same_scores,
    schema,
    vector_scores,
)
from coldwave.warm.table import write_warm_table
from coldwave.wmf.als import factorise
from coldwave.wmf.confidence import confidence_matrix

PLAYS = {"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}
WMF = {"alpha": 2.0, "epsilon": 1.0, "factors": 4, "regularization": 0.1, "iterations": 4, "solver": "exact"}


def random_plays(seed, users, songs, share=0.3):
    """Plays of songs that come in two groups, which two groups of users prefer."""
    rng = np.random.default_rng(seed)
    alike = (np.arange(users)[:, None] % 2) == (np.arange(songs) % 2)
    played = rng.random((users, songs)) < np.where(alike, 1.6 * share, 0.4 * share)
    user, song = np.nonzero(played)
    return pl.DataFrame({"user": user, "song": song, "count": rng.integers(1, 9, len(user))}, schema_overrides=PLAYS)


def marked(pairs, shape):
    matrix = sparse.lil_matrix(shape)
    for pair in pairs:
        matrix[pair] = 1
    return matrix.tocsr()


# What is held out


@given(st.integers(0, 2**31), st.floats(0.05, 0.95))
def test_every_user_keeps_a_play_and_the_share_is_what_was_asked_for(seed, share):
    plays = random_plays(seed % 7, 40, 50)
    chosen = hold_out(plays, share, seed)
    users = plays["user"].to_numpy()
    assert set(users[~chosen]) == set(users)
    assert np.array_equal(chosen, hold_out(plays, share, seed))
    deviation = np.sqrt(len(users) * share * (1 - share))
    assert share * len(users) - 40 - 6 * deviation < chosen.sum() < share * len(users) + 6 * deviation


def test_users_with_one_play_keep_it_and_every_play_has_its_chance():
    plays = pl.DataFrame({"user": [0, 1, 1, 1, 2], "song": [0, 0, 1, 2, 0], "count": [1] * 5}, schema=PLAYS)
    times = np.mean([hold_out(plays, 0.5, seed) for seed in range(2000)], axis=0)
    assert times[0] == times[4] == 0
    # of three plays all are drawn once in eight times, and then one of them stays
    assert times[1:4] == pytest.approx(0.5 - 1 / 24, abs=0.05)


# How it is ranked


def brute_force(scores, known, relevant, cutoff, first):
    """The means over every order of the candidates that tie: average precision and recall; and scikit-learn's AUC."""
    candidates = [song for song in range(len(scores)) if song not in known]
    totals, recalls = [], []
    for order in permutations(candidates):
        ranked = sorted(order, key=lambda song: -scores[song])
        hits = [place for place, song in enumerate(ranked, start=1) if song in relevant]
        precisions = [number / place for number, place in enumerate(hits, start=1) if place <= cutoff]
        totals.append(sum(precisions) / min(cutoff, len(relevant)))
        recalls.append(sum(place <= first for place in hits) / len(relevant))
    labels = [song in relevant for song in candidates]
    auc = np.nan if all(labels) else roc_auc_score(labels, [scores[song] for song in candidates])
    return np.mean(totals), auc, np.mean(recalls)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_measures_are_means_over_every_order_of_tied_candidates(data):
    songs = data.draw(st.integers(1, 7))
    scores = data.draw(st.lists(st.integers(-1, 1), min_size=songs, max_size=songs))
    parts = data.draw(st.lists(st.sampled_from("khc"), min_size=songs, max_size=songs))
    relevant = [song for song in range(songs) if parts[song] == "h"]
    known = [song for song in range(songs) if parts[song] == "k"]
    cutoff, first = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 8))
    matrices = (marked([(0, song) for song in chosen], (1, songs)) for chosen in (known, relevant))
    found = [values[0] for values in measure(same_scores(np.array(scores)), *matrices, cutoff, first)]
    if relevant:
        assert found == pytest.approx(brute_force(scores, known, relevant, cutoff, first), abs=1e-12, nan_ok=True)
    else:
        assert np.isnan(found).all()


def test_blocks_and_threads_change_nothing():
    plays = random_plays(1, 70, 40)
    chosen = hold_out(plays, 0.3, 1)
    known, missing = (play_counts(plays.filter(part), 70, 40) for part in (~chosen, chosen))
    rng = np.random.default_rng(2)
    levels = [rng.integers(0, 3, (rows, 3)) for rows in (70, 40)]  # small integers, so that rounding is none
    whole = measure(vector_scores(*levels), known, missing, 10, 5)
    for users_at_once, threads in ((1, 1), (7, 3), (70, 2)):
        parts = measure(vector_scores(*levels), known, missing, 10, 5, threads, users_at_once)
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(whole, parts, strict=True))


def test_what_cannot_be_ranked_is_refused():
    one = marked([(0, 0)], (1, 2))
    with pytest.raises(ValueError, match="both known and held out"):
        measure(same_scores(np.zeros(2)), one, one, 5, 5)
    with pytest.raises(ValueError, match="not finite"):
        measure(same_scores(np.array([np.nan, 1])), marked([(0, 1)], (1, 2)), one, 5, 5)


# The systems


def test_cosine_neighbours_are_scikit_learns():
    counts = play_counts(random_plays(3, 400, 20), 400, 20)
    scores = neighbour_scores(counts, 4, "cosine", 1)(np.arange(400))
    played = (counts.toarray() > 0).astype(float)
    similarity = cosine_similarity(played.T)
    kept = np.zeros_like(similarity)
    for song in range(20):
        order = np.argsort(-similarity[song])
        assert similarity[song, order[4]] > similarity[song, order[5]], "with a tie there either would be right"
        kept[song, order[:5]] = similarity[song, order[:5]]
    assert scores == pytest.approx(played @ kept, abs=1e-5)


def test_bm25_neighbours_rank_as_implicit_itself_does():
    plays = random_plays(4, 50, 30)
    counts = play_counts(plays, 50, 30)
    scores = neighbour_scores(counts, 6, "bm25", 1)(np.arange(50))
    model = BM25Recommender(K=7, num_threads=1)
    model.fit(counts, show_progress=False)
    binary = (counts > 0).astype(np.float64).tocsr()
    for user in range(50):
        songs, values = model.recommend(user, binary[user], N=30)
        unplayed = [place for place, song in enumerate(songs) if not binary[user, song] and values[place] > 0]
        assert scores[user, songs[unplayed]] == pytest.approx(values[unplayed], rel=1e-5)


def test_counts_do_not_reach_cosine_neighbours():
    plays = random_plays(5, 30, 20)
    more = plays.with_columns(pl.col("count") * 1000)
    one, other = (neighbour_scores(play_counts(p, 30, 20), 5, "cosine", 1)(np.arange(30)) for p in (plays, more))
    assert np.array_equal(one, other)


@pytest.fixture(scope="module")
def evaluated():
    plays = random_plays(6, 120, 60)
    training = np.arange(60) % 5 != 0
    options = {"wmf": WMF, "held_out": 0.25, "neighbours": 10, "first": 5, "cutoff": 20, "seed": 7, "threads": 1}
    return plays, training, options, evaluate_warm(plays, training, 120, **options)


def test_the_table_holds_every_system_and_all_sizes(evaluated):
    plays, training, options, table = evaluated
    check_table(table, schema(20, 5), "warm")
    assert table["system"].to_list() == ["random", "popularity", "item-item, cosine", "item-item, BM25", "WMF"]
    of_training = plays.filter(training[plays["song"].to_numpy()])
    chosen = hold_out(of_training, 0.25, 7)
    row = table.row(0, named=True)
    assert (row["songs"], row["plays"], row["held_out"]) == (48, of_training.height, chosen.sum())
    assert row["users"] == of_training.filter(chosen)["user"].n_unique()
    gone = set(of_training.filter(chosen)["song"]) - set(of_training.filter(~chosen)["song"])
    assert row["unreachable"] == of_training.filter(chosen).filter(pl.col("song").is_in(list(gone))).height
    values = dict(table.select("system", "auc").iter_rows())
    assert abs(values["random"] - 0.5) < 0.05
    assert min(values["item-item, cosine"], values["WMF"]) > values["random"] + 0.05


def test_wmf_is_the_factorisation_of_the_remaining_plays_alone(evaluated):
    """Every user with a held-out play is in the mean, ranked over the songs left, by plain arithmetic."""
    plays, training, _, table = evaluated
    place = np.cumsum(training) - 1
    of_training = plays.filter(training[plays["song"].to_numpy()])
    of_training = of_training.with_columns(song=place[of_training["song"].to_numpy()])
    chosen = hold_out(of_training, 0.25, 7)
    remaining, missing = of_training.filter(~chosen), of_training.filter(chosen)
    matrix = confidence_matrix(remaining, 120, 48, WMF["alpha"], WMF["epsilon"])
    users, songs = factorise(matrix, WMF["factors"], WMF["regularization"], WMF["iterations"], "exact", 7)
    aucs, recalls = [], []
    for user in missing["user"].unique():
        out = set(missing.filter(user=user)["song"])
        candidates = sorted(set(range(48)) - set(remaining.filter(user=user)["song"]))
        scores = songs[candidates] @ users[user]
        if len(out) < len(candidates):
            aucs.append(roc_auc_score([song in out for song in candidates], scores))
        ranked = [candidates[position] for position in np.argsort(-scores)]
        recalls.append(len(out & set(ranked[:5])) / len(out))
    row = table.filter(system="WMF").row(0, named=True)
    assert row["auc"] == pytest.approx(np.mean(aucs), abs=1e-4)
    assert row["recall_5"] == pytest.approx(np.mean(recalls), abs=2e-3)


def test_other_songs_do_not_matter(evaluated):
    plays, training, options, table = evaluated
    fewer = plays.filter(training[plays["song"].to_numpy()])
    assert evaluate_warm(fewer, training, 120, **options).equals(table)


def test_nothing_to_hold_out_is_told(evaluated):
    _, training, options, _ = evaluated
    plays = pl.DataFrame({"user": [0, 1], "song": [1, 2], "count": [3, 4]}, schema=PLAYS)
    with pytest.raises(InputError, match="no play can be held out of 2"):
        evaluate_warm(plays, training, 120, **options)


def test_the_table_for_people_says_what_it_answers(evaluated, tmp_path):
    table = evaluated[-1]
    options = {"cutoff": 20, "recall_at": 5, "neighbours": 10}
    write_warm_table(tmp_path / "warm.md", table, options, ["Synthetic."])
    text = (tmp_path / "warm.md").read_text()
    assert "Synthetic." in text
    assert "a different question from cold start" in text
    for row in table.iter_rows(named=True):
        line = next(line for line in text.splitlines() if line.startswith(f"| {row['system']} "))
        assert f"{row['auc']:.5f}" in line
    assert read_exhibit(tmp_path / "warm.md").title.startswith("Warm")
