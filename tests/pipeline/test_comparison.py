"""The comparison of models in one run of the whole workflow, against arithmetic of its own, and what reruns it."""

import numpy as np
import polars as pl
import pytest
from plans import AFTER_SCORES, SHOWN, WHERE, WORTH
from sklearn.metrics import ndcg_score

SEED = 3
BY_SCORES = {rule: jobs for rule, jobs in AFTER_SCORES.items() if rule not in WHERE}


@pytest.mark.parametrize(
    ("change", "jobs"),
    [
        ({"evaluation": {"bootstrap": 200}}, {**WORTH, **SHOWN}),
        ({"evaluation": {"list_lengths": [5]}}, {"evaluate_model": 14, **BY_SCORES}),
    ],
    ids=str,
)
def test_a_changed_setting_reruns_what_reads_it_and_what_follows(change, jobs, tiny):
    assert tiny.plan(overlay=change) == jobs


def scores_of_a_network(tiny):
    """Scores and plays of the users of ``cnn_mse`` with a test play: float64 and bool [users, test songs]."""
    test = np.sort(tiny.part("test"))
    users = tiny.table(f"scores/cnn_mse/{SEED}.parquet")["user"].to_numpy()
    factors = tiny.array("wmf/user_factors.npy")[users].astype(np.float64)
    played = np.zeros((80, 40), dtype=bool)
    played[tuple(tiny.table("plays/plays.parquet").select("user", "song").to_numpy().T)] = True
    return factors @ tiny.array(f"predictions/cnn_mse/{SEED}.npy")[test].T, played[users][:, test]


def test_ndcg_equals_scikit_learn(tiny):
    scored, relevant = scores_of_a_network(tiny)
    found = tiny.table(f"scores/cnn_mse/{SEED}.parquet")["ndcg_10"].mean()
    assert found == pytest.approx(ndcg_score(relevant, scored, k=10), abs=1e-3)  # single precision
    assert tiny.table("tables/ranking.parquet").filter(model="cnn_mse")["ndcg_10"].item() == found


def test_the_auc_of_a_song_is_the_mean_over_those_who_have_played_it(tiny):
    scored, relevant = scores_of_a_network(tiny)
    table = tiny.table(f"scores_by_song/cnn_mse/{SEED}.parquet")
    for place, row in enumerate(table.iter_rows(named=True)):
        players = relevant[:, place] & ~relevant.all(axis=1)
        shares = [np.mean(scored[user, ~relevant[user]] < scored[user, place]) for user in np.flatnonzero(players)]
        assert row["users"] == relevant[:, place].sum()
        assert row["auc"] == pytest.approx(np.mean(shares), abs=1e-3)
        assert row["listed"] == len(scored)  # a list of ten holds all six songs


def test_what_has_vectors_of_its_own_has_no_errors_of_factors(tiny):
    for model, own in (("knn", True), ("mlr", True), ("linear", False), ("usage", True), ("usage_in_sample", False)):
        errors = tiny.table(f"scores_by_song/{model}/{SEED}.parquet")["squared_error"]
        assert errors.null_count() == (len(errors) if own else 0)


def test_the_tables_hold_every_model_and_the_page_shows_them(tiny):
    models = set(tiny.table("tables/recommendation.parquet")["model"])
    for name in ("ranking", "strata", "where", "intervals"):
        assert set(tiny.table(f"tables/{name}.parquet")["model"]) == models
    pairs = tiny.table("tables/differences.parquet")
    assert len(pairs) == 2 * len(models) * (len(models) - 1) / 2
    page = (tiny.results / "report/index.html").read_text()
    for title in (
        "The first songs of the rankings",
        "Where each model earns its AUC",
        "Which differences between models hold",
        "NOT THE SAME DATA",
    ):
        assert title in page


def test_intervals_are_around_the_means_of_the_results_table(tiny):
    results = tiny.table("tables/recommendation.parquet")
    for measure, column in (("AUC", "auc"), ("mAP@3", "map_3")):
        joined = tiny.table("tables/intervals.parquet").filter(measure=measure).join(results, on="model")
        assert joined["mean"].to_list() == pytest.approx(joined[column].to_list(), abs=1e-12)
        assert (joined["low"] <= joined["mean"] + 1e-12).all()
        assert (joined["mean"] <= joined["high"] + 1e-12).all()


def test_where_models_earn_their_auc_adds_up_to_the_results_table(tiny):
    results = tiny.table("tables/recommendation.parquet").select("model", pl.col("auc").alias("result"))
    where = tiny.table("tables/where.parquet").join(results, on="model")
    assert where.filter(by="all")["auc"].to_list() == pytest.approx(where.filter(by="all")["result"].to_list())
    for by in where["by"].unique():
        parts = where.filter(pl.col("by") == by, pl.col("pairs") != "between").group_by("model", "result")
        parts = parts.agg((pl.col("auc") * pl.col("share")).sum())
        assert parts["auc"].to_list() == pytest.approx(parts["result"].to_list())


def test_networks_stand_beside_the_rows_of_the_paper_that_have_their_objective(tiny):
    rows = tiny.table("tables/published.parquet").drop_nulls("model").filter(pl.col("row").str.starts_with("CNN"))
    assert set(rows.select("row", "model").rows()) == {("CNN with MSE", "cnn_mse"), ("CNN with WPE", "cnn_wpe")}


def test_compiled_code_is_kept_in_the_cache_and_nowhere_among_the_results(tiny):
    assert list((tiny.folder / "cache/compiled").rglob("*.nbc"))
    assert not list(tiny.results.rglob("*.nb?"))
