"""Systems on held-out plays, against plain sorts and similarities of whole matrices."""

import numpy as np
import polars as pl
import pytest
from implicit.nearest_neighbours import BM25Recommender
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import cosine_similarity

from coldwave.errors import InputError
from coldwave.evaluation.held_out import hold_out, play_counts
from coldwave.exhibits.files import read_exhibit
from coldwave.files import check_table
from coldwave.plays.tables import PLAYS
from coldwave.warm.evaluation import evaluate_warm, neighbour_scores, schema
from coldwave.warm.table import write_warm_table
from coldwave.wmf.als import factorise
from coldwave.wmf.confidence import confidence_matrix
from tests.coldwave.grouped import grouped_plays

WMF = {"alpha": 2.0, "epsilon": 1.0, "factors": 4, "regularization": 0.1, "iterations": 4, "solver": "exact"}


# The systems


def test_cosine_neighbours_are_scikit_learns():
    counts = play_counts(grouped_plays(3, 400, 20), 400, 20)
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
    plays = grouped_plays(4, 50, 30)
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
    plays = grouped_plays(5, 30, 20)
    more = plays.with_columns(pl.col("count") * 1000)
    one, other = (neighbour_scores(play_counts(p, 30, 20), 5, "cosine", 1)(np.arange(30)) for p in (plays, more))
    assert np.array_equal(one, other)


@pytest.fixture(scope="module")
def evaluated():
    plays = grouped_plays(6, 120, 60)
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
