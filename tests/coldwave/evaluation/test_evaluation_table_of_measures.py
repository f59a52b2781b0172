"""The table of measures: that what computes them knows each, that settings offer them, and that a new row is shown."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from coldwave.command import repeats
from coldwave.evaluation import further, recommendation, scores
from coldwave.evaluation.models import Model
from coldwave.evaluation.recommendation import Trained
from coldwave.evaluation.table_of_measures import (
    AT_EACH_LENGTH,
    AT_FIRST_LENGTH,
    COSINE,
    COVERAGE,
    GINI,
    R2,
    RESULTS,
    Measure,
)
from coldwave.tuning.trials import MEASURES

SCHEMA = Path(__file__).parents[3] / "workflow" / "schemas" / "config.schema.yaml"
WARNED = Measure("loss", "loss", "loss_{length}", "loss@{length}", "loss: of the first {length} songs.", score="loss")


@pytest.mark.parametrize("measure", [*RESULTS, *AT_EACH_LENGTH, *AT_FIRST_LENGTH], ids=lambda one: one.key)
def test_a_mean_over_users_is_of_a_column_of_the_scores(measure):
    if measure not in (COVERAGE, GINI, R2, COSINE):  # which are of all lists or songs together
        assert (measure.score or measure.column_at(10)) in scores.schema([10])
    assert "{" not in measure.title_at(10) + measure.note_at(10) + measure.column_at(10)


def test_a_search_can_be_for_what_the_schema_offers():
    tuning = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]["tuning"]["properties"]
    assert tuning["measure"]["enum"] == list(MEASURES)


def test_a_new_row_is_in_the_tables_of_a_run_and_of_several(monkeypatch):
    for module in (recommendation, repeats):
        monkeypatch.setattr(module, "RESULTS", (*RESULTS, WARNED))
    users = pl.DataFrame({"user": [0, 1], "relevant": 1, "songs": 9, "missing": 0})
    values = {"ap": 0.5, "ap_relevant": 0.5, "auc": 0.5, "loss": np.array([0.25, 0.5])}
    trained = [Trained("random", 1, users.with_columns(**{name: pl.lit(value) if np.isscalar(value) else value
                                                          for name, value in values.items()}))]  # fmt: skip
    table = recommendation.recommendation_table(trained, {"random": Model("random", 0)}, 2, 500)
    assert table["loss_500"].to_list() == [0.375]
    shown = recommendation.as_markdown(table, [])
    assert " loss@500 |" in shown
    assert " 0.37500 |" in shown
    assert "- loss: of the first 500 songs." in shown
    pooled = repeats.pool({"one": table, "two": table})
    assert " 0.37500 ± 0.00000 |" in repeats.as_markdown(pooled, [], {"one": table, "two": table}, "seed")


def test_a_new_row_is_in_the_table_of_further_measures(monkeypatch):
    monkeypatch.setattr(further, "AT_EACH_LENGTH", (*AT_EACH_LENGTH, WARNED))
    assert list(further.measures([10, 50]).items())[6:8] == [("loss_10", "loss@10"), ("loss_50", "loss@50")]
