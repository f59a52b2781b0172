"""The results table: its means, its gaps, and how it reads."""

from pathlib import Path

import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.evaluation.models import CEILING, EAR, FLOOR, Model
from coldwave.evaluation.recommendation import (
    Trained,
    as_markdown,
    cutoff_of,
    gap_closed,
    model_and_seed,
    notes,
    recommendation_table,
    schema,
)
from coldwave.evaluation.scores import SCORES
from coldwave.files import check_table

MODELS = {
    "cnn_mse": Model("cnn", 3), "ridge": Model("linear", 3), "usage": Model("usage", 5, CEILING),
    "random": Model("random", 0, FLOOR),
}  # fmt: skip


def scores(ap, auc, missing=0, users=None):
    columns = {
        "user": users or range(len(ap)),
        "relevant": [2] * len(ap),
        "ap": ap,
        "ap_relevant": [value / 2 for value in ap],
        "auc": auc,
        "songs": [120] * len(ap),
        "missing": [missing] * len(ap),
    }
    return pl.DataFrame(columns, schema=SCORES)


@pytest.fixture
def table():
    trained = [
        Trained("random", 1, scores([0.0, 0.1], [0.4, 0.6])),
        Trained("ridge", 1, scores([0.0, 0.2], [0.5, 0.7], missing=3)),
        Trained("cnn_mse", 2, scores([0.0, 0.4], [0.6, 0.8], missing=3)),
        Trained("cnn_mse", 1, scores([0.0, 0.2], [0.6, 0.9], missing=3)),
        Trained("usage", 1, scores([0.5, 0.6], [0.9, 0.9])),
    ]
    return recommendation_table(trained, MODELS, all_users=5, cutoff=500)


def test_columns_and_order_from_the_floor_to_the_upper_bound(table):
    check_table(table, schema(500), "table")
    assert table["model"].to_list() == ["random", "cnn_mse", "ridge", "usage"]
    assert cutoff_of(table) == 500


def test_means_are_over_users_then_seeds_and_users_without_a_hit_are_in_them(table):
    rows = {row["model"]: row for row in table.iter_rows(named=True)}
    assert rows["cnn_mse"]["seeds"] == 2
    assert rows["cnn_mse"]["map_500"] == pytest.approx((0.2 + 0.1) / 2)
    assert rows["cnn_mse"]["map_500_sd"] == pytest.approx(0.1 / 2**0.5)
    assert rows["cnn_mse"]["map_500_relevant"] == pytest.approx(0.075)
    assert rows["cnn_mse"]["auc"] == pytest.approx(0.725)
    assert rows["ridge"]["map_500_sd"] is None
    assert {row["users"] for row in rows.values()} == {2}
    assert {row["users_without_test_plays"] for row in rows.values()} == {3}
    assert {row["songs"] for row in rows.values()} == {120}
    assert [rows[model]["missing"] for model in MODELS] == [3, 3, 0, 0]


def test_gap_closed_by_hand(table):
    rows = {row["model"]: row for row in table.iter_rows(named=True)}
    assert rows["random"]["gap_closed_map"] == rows["random"]["gap_closed_auc"] == 0
    assert rows["usage"]["gap_closed_map"] == rows["usage"]["gap_closed_auc"] == 1
    assert rows["ridge"]["gap_closed_map"] == pytest.approx((0.1 - 0.05) / (0.55 - 0.05))
    assert rows["cnn_mse"]["gap_closed_auc"] == pytest.approx((0.725 - 0.5) / (0.9 - 0.5))
    assert gap_closed(0.4, 0.5, 0.9) == pytest.approx(-0.25)
    assert gap_closed(0.5, 0.5, 0.5) is None


def test_of_several_ceilings_the_first_in_place_counts():
    models = MODELS | {"in_sample": Model("usage in sample", 7, CEILING)}
    values = {"random": 0.5, "ridge": 0.6, "cnn_mse": 0.7, "usage": 0.9, "in_sample": 1.0}
    trained = [Trained(name, 1, scores([value], [value])) for name, value in values.items()]
    gaps = dict(recommendation_table(trained, models, 1, 10).select("model", "gap_closed_auc").rows())
    assert gaps == pytest.approx({"random": 0, "ridge": 0.25, "cnn_mse": 0.5, "usage": 1, "in_sample": 1.25})
    del models["usage"]
    gaps = dict(
        recommendation_table([*trained[:3], trained[4]], models, 1, 10).select("model", "gap_closed_auc").rows()
    )
    assert gaps["cnn_mse"] == pytest.approx(0.4)


def test_the_share_of_what_can_be_heard_is_a_column_where_there_is_a_perfect_ear(table):
    models = {"random": MODELS["random"], "ridge": Model("linear", 3, hears="bow"), "ear": Model("planted", 5, EAR)}
    models["usage"] = Model("usage", 6, CEILING)  # which does not hear
    values = {"random": 0.5, "ridge": 0.7, "ear": 0.75, "usage": 0.9}
    trained = [Trained(name, 1, scores([value / 2], [value])) for name, value in values.items()]
    found = recommendation_table(trained, models, 1, 10)
    check_table(found, schema(10, True), "table")
    for column in ("heard_auc", "heard_map"):
        assert found[column].to_list() == [pytest.approx(0), pytest.approx(0.8), pytest.approx(1), None]
    text = as_markdown(found, [])
    assert "| heard, mAP | heard, AUC |" in text
    assert "- Heard: share of what can be heard" in text
    assert not {"heard_auc", "heard_map"} & set(table.columns)
    assert "heard" not in as_markdown(table, [])


def test_references_stand_around_the_models_that_hear_and_are_explained():
    places = {"usage": 5, "fame": 4, "both": 3, "knn": 3, "names": 2, "mean": 1, "random": 0}
    models = {name: Model(name, place) for name, place in places.items()}
    table = recommendation_table([Trained(model, 1, scores([0.1], [0.5])) for model in models], models, 1, 10)
    assert table["model"].to_list() == ["random", "mean", "names", "both", "knn", "fame", "usage"]
    text = " ".join(as_markdown(table, [], ["Fame is an oracle.", "Names: means."]).split())
    assert "stay in every mean. - Fame is an oracle. - Names: means. - Few: 1 users tell little." in text
    assert "oracle" not in as_markdown(table, [])


@pytest.mark.parametrize("without", ["random", "usage"])
def test_no_gap_without_both_ends(without):
    models = {name: model for name, model in MODELS.items() if name != without}
    table = recommendation_table([Trained(name, 1, scores([0.1], [0.5])) for name in models], models, 1, 10)
    assert table["gap_closed_map"].null_count() == table["gap_closed_auc"].null_count() == len(models)
    assert "map_10" in table.columns


def test_users_without_auc_are_counted_and_no_user_with_auc_gives_none():
    some = recommendation_table(
        [Trained("ridge", 1, scores([0.1, 0.1], [None, 0.7]))], {"ridge": MODELS["ridge"]}, 2, 500
    )
    assert (some["auc"][0], some["users_without_auc"][0]) == (0.7, 1)
    none = recommendation_table([Trained("random", 1, scores([0.1], [None]))], {"random": MODELS["random"]}, 1, 500)
    assert none["auc"][0] is None
    assert "–" in as_markdown(none, [])


@pytest.mark.parametrize(
    ("trained", "message"),
    [
        ([("ridge", 1, scores([1], [1]))], "models in the config without scores: mlp"),
        ([("ridge", 1, scores([1], [1])), ("mlp", 1, scores([1], [1])), ("x", 1, scores([1], [1]))], "the config: x"),
        ([("ridge", 1, scores([1], [1])), ("mlp", 1, scores([1], [1])), ("mlp", 1, scores([1], [1]))], "two score"),
        (
            [("ridge", 1, scores([1], [1])), ("mlp", 1, scores([1], [1], users=[3]))],
            "mlp, seed 1: users or test",
        ),
        ([("ridge", 1, scores([1] * 3, [1] * 3)), ("mlp", 1, scores([1] * 3, [1] * 3))], "3 users, but the run has 2"),
        ([("ridge", 1, scores([], [])), ("mlp", 1, scores([], []))], "no user"),
    ],
)
def test_scores_that_do_not_fit_together(trained, message):
    with pytest.raises(InputError, match=message):
        recommendation_table(
            [Trained(*one) for one in trained], {"ridge": MODELS["ridge"], "mlp": Model("mlp", 3)}, 2, 500
        )


def test_model_and_seed_from_the_path():
    assert model_and_seed(Path("results/demo/scores/cnn_mse/12.parquet")) == ("cnn_mse", 12)
    with pytest.raises(InputError, match="<model>/<seed>"):
        model_and_seed(Path("scores/cnn_mse/best.parquet"))


def test_markdown(table):
    lines = as_markdown(table, ["Synthetic demo world.", "", "Strict protocol."]).splitlines()
    assert lines[:9] == [
        "Synthetic demo world.",
        "Strict protocol.",
        "2 users × 120 test songs. 3 more users have played no test song and are in no mean.",
        "",
        "| model   | kind   | seeds |           mAP@500 |      mAP@500, all |               AUC "
        "| gap, mAP | gap, AUC | missing |",
        "| :------ | :----- | ----: | ----------------: | ----------------: | ----------------: "
        "| -------: | -------: | ------: |",
        "| random  | random |     1 |           0.05000 |           0.02500 |           0.50000 "
        "|    0.0 % |    0.0 % |       0 |",
        "| cnn_mse | cnn    |     2 | 0.15000 ± 0.07071 | 0.07500 ± 0.03536 | 0.72500 ± 0.03536 "
        "|   20.0 % |   56.2 % |       3 |",
        "| ridge   | linear |     1 |           0.10000 |           0.05000 |           0.60000 "
        "|   10.0 % |   25.0 % |       3 |",
    ]
    assert lines[10] == ""
    assert all(line.startswith(("- ", "  ")) for line in lines[11:])
    assert any("whole ranking" in line for line in lines)


def test_markdown_of_one_seed_has_no_deviation():
    table = recommendation_table([Trained("a|b", 1, scores([0.5], [0.5]))], {"a|b": MODELS["ridge"]}, 1, 20)
    text = as_markdown(table, [])
    assert "±" not in text
    assert "a\\|b" in text
    assert "more users" not in text
    assert "mAP@20" in text
    assert "whole ranking" not in text


def test_few_users_or_songs_are_warned_of():
    models = {"net": Model("cnn", 3)}
    many = scores([0.1] * 30, [0.5] * 30)

    def told(trained):
        table = recommendation_table([Trained("net", 1, trained)], models, 30, 10)
        return [note for note in notes(table) if note.startswith("Few")]

    assert told(many) == []
    few = many.head(29).with_columns(songs=pl.lit(7, pl.UInt32))
    assert len(told(few)) == 1 and told(few)[0].startswith("Few: 29 users and 7 songs tell little.")
