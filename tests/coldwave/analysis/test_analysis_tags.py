"""Tag prediction against scikit-learn's own cross-validation, and which tags and songs take part."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from coldwave.analysis.tag_text import by_tag_columns, summary_columns, summary_notes
from coldwave.analysis.tags import (
    ALL,
    BAG_OF_WORDS,
    BY_TAG,
    HELD_OUT,
    SUMMARY,
    USAGE,
    auc,
    fold_aucs,
    popular_tags,
    sampled,
    tag_tables,
)

SETTINGS = {"number": 3, "folds": 3, "min_songs": 4, "max_songs": None, "regularization": 2.0, "seed": 5}


def world(songs=60, seed=0):
    rng = np.random.default_rng(seed)
    usage = rng.standard_normal((songs, 4)) * [1, 20, 0.1, 1]
    words = usage[:, :2] + 20 * rng.standard_normal((songs, 2))
    tags = [
        [name for name, is_there in (("loud", usage[row, 0] > 0), ("slow", usage[row, 1] > 9)) if is_there] + ["all"]
        for row in range(songs)
    ]
    return {BAG_OF_WORDS: words, USAGE: usage}, pl.Series(tags, dtype=pl.List(pl.String))


def test_folds_are_scored_as_scikit_learn_scores_them():
    inputs, tags = world()
    tagged = tags.list.contains("loud").to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / 2.0, max_iter=1000))
    splitter = StratifiedKFold(3, shuffle=True, random_state=5)
    for features in inputs.values():
        constant = np.hstack([features, np.ones((len(features), 1))])
        expected = cross_val_score(model, constant, tagged, scoring="roc_auc", cv=splitter)
        found, converged = fold_aucs(constant, tagged, 3, 2.0, 5)
        assert found == pytest.approx(expected, abs=1e-9)
        assert converged


def test_the_regression_minimises_what_it_says():
    """At its minimum, the derivative of the summed log-losses and half the squared coefficients is zero."""
    rng = np.random.default_rng(1)
    features, tagged = rng.standard_normal((40, 3)), rng.random(40) < 0.4
    fitted = LogisticRegression(C=1 / 7.0, max_iter=1000, tol=1e-10).fit(features, tagged)
    errors = 1 / (1 + np.exp(-(features @ fitted.coef_[0] + fitted.intercept_[0]))) - tagged
    assert features.T @ errors + 7.0 * fitted.coef_[0] == pytest.approx(np.zeros(3), abs=1e-4)


def test_auc_counts_ties_as_half():
    rng = np.random.default_rng(2)
    scores, tagged = rng.integers(0, 4, 30).astype(float), rng.random(30) < 0.5
    assert auc(scores, tagged) == pytest.approx(roc_auc_score(tagged, scores))


def test_the_most_popular_tags_that_enough_songs_have_and_lack():
    tags = pl.Series([["b", "a", "x"], ["a", "b", "b"], ["a", "c"], ["a", "c", " "], ["a", "rare"]])
    assert popular_tags(tags, 9, 1) == ["b", "c", "rare", "x"]  # every song has a; b and c tie
    assert popular_tags(tags, 1, 2) == ["b"]
    assert popular_tags(tags, 9, 3) == []


def test_predicted_factors_are_judged_by_held_out_songs_alone():
    inputs, tags = world(120)
    held_out = np.arange(120) >= 70
    leaking = inputs[USAGE].copy()
    leaking[held_out] = np.random.default_rng(3).standard_normal((50, 4))  # right on training songs, noise on others
    summary, by_tag, reason = tag_tables(tags, held_out, inputs, {"leaking": leaking}, **SETTINGS)
    assert dict(summary.schema) == SUMMARY and dict(by_tag.schema) == BY_TAG and reason == ""
    rows = {(row["inputs"], row["part"]): row for row in summary.iter_rows(named=True)}
    assert set(rows) == {(BAG_OF_WORDS, ALL), (USAGE, ALL), (BAG_OF_WORDS, HELD_OUT), (USAGE, HELD_OUT),
                         ("leaking", HELD_OUT)}  # fmt: skip
    assert rows[USAGE, ALL]["auc"] > 0.9 > 0.75 > rows["leaking", HELD_OUT]["auc"]
    assert (rows[USAGE, ALL]["songs"], rows["leaking", HELD_OUT]["songs"]) == (120, 50)
    assert (rows[BAG_OF_WORDS, ALL]["paper"], rows[USAGE, ALL]["paper"]) == (0.69365, 0.86703)
    assert rows["leaking", HELD_OUT]["paper"] is None
    own = by_tag.filter((pl.col("inputs") == USAGE) & (pl.col("part") == ALL))
    assert rows[USAGE, ALL]["auc"] == pytest.approx(own["auc"].mean())
    assert summary_columns(summary)["paper"][0] == "0.69365"
    assert len({len(cells) for cells in by_tag_columns(by_tag).values()}) == 1
    assert summary_notes(SETTINGS)


def test_songs_that_lack_an_input_or_all_tags_take_no_part():
    inputs, tags = world(60)
    predicted = inputs[USAGE].copy()
    predicted[:5] = np.nan
    tags = pl.Series([[] if row in (50, 51) else own for row, own in enumerate(tags.to_list())], dtype=tags.dtype)
    summary, by_tag, _ = tag_tables(tags, np.arange(60) >= 20, inputs, {"m": predicted}, **SETTINGS)
    assert set(summary.select("part", "songs").iter_rows()) == {(ALL, 53), (HELD_OUT, 38)}
    tables = tag_tables(tags, np.arange(60) >= 20, inputs, {"m": predicted}, **SETTINGS, threads=2)
    assert tables[1].equals(by_tag)


@pytest.mark.parametrize(
    ("tags", "missing", "words"),
    [
        ([[]] * 20, False, "have no tags"),
        ([["a"]] * 20, True, "both tags and all inputs"),
        ([["a"]] * 20, False, "lack"),
    ],
)
def test_with_nothing_to_predict_the_tables_are_empty_and_say_why(tags, missing, words):
    usage = np.full((20, 2), np.nan) if missing else np.ones((20, 2))
    summary, by_tag, reason = tag_tables(
        pl.Series(tags, dtype=pl.List(pl.String)), np.arange(20) > 9, {USAGE: usage}, {}, **SETTINGS
    )
    assert summary.is_empty() and by_tag.is_empty()
    assert words in reason
    assert by_tag_columns(by_tag) == {"tag": []}


def test_more_songs_than_wanted_are_drawn_from():
    songs = np.arange(100, 200)
    drawn = sampled(songs, 30, 1)
    assert len(set(drawn)) == 30 and (np.diff(drawn) > 0).all() and set(drawn) < set(songs)
    assert sampled(songs, None, 1) is songs
