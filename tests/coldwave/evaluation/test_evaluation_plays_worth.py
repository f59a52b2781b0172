"""How many plays a model is worth: by hand, and the curve's ends."""

import math

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from coldwave.evaluation.candidates import relevant_songs
from coldwave.evaluation.figures import NOTHING_TOLD
from coldwave.evaluation.models import FEATURES, LOG_MELS, Model
from coldwave.evaluation.plays_worth import (
    CURVE,
    WORTH,
    Relevant,
    drawn_means,
    folded_in,
    plays_worth,
    short_songs,
    worth_tables,
)
from coldwave.evaluation.plays_worth_figure import draw_worth
from coldwave.evaluation.plays_worth_text import columns, in_words, notes, statement
from coldwave.evaluation.resampling import Measured
from coldwave.evaluation.table_of_measures import AUC
from coldwave.exhibits.files import read_exhibit, write_exhibit_figure
from coldwave.files import check_table, read_table, write_array, write_table
from coldwave.wmf.halves import facing_vectors, first_half, fold_in_halves

WMF = {"regularization": 0.5, "unplayed_weight": 1.0, "frequency_scaling": 0.0}

PLAYS = [0, 1, 3, 7]  # evenly spaced by log(1 + plays)
HAND = np.array([0.5, 0.6, 0.7, 0.8])
MODELS = {"ridge": Model("linear", 3, hears=FEATURES), "net": Model("cnn", 3, hears=LOG_MELS), "ear": Model("ear", 5)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.6, 1), (0.8, 7), (0.65, 2**1.5 - 1), (0.79, 2**2.9 - 1), (0.81, math.inf), (0.5, 0), (0.4, 0)],
)
def test_plays_by_a_hand_made_curve(value, expected):
    assert plays_worth(PLAYS, HAND, value) == pytest.approx(expected)


def test_where_it_meets_a_curve_first_and_below_all_that_was_measured():
    assert plays_worth(PLAYS, np.array([0.5, 0.7, 0.6, 0.8]), 0.65) == pytest.approx(2**0.75 - 1)
    assert plays_worth([2, 5], np.array([0.6, 0.7]), 0.55) == -math.inf


@given(st.floats(0, 1), st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_the_curve_has_the_models_value_at_the_plays_found(share, steps):
    curve = np.cumsum([0.1, *steps])
    value = curve[0] + share * (curve[-1] - curve[0])
    found = plays_worth(PLAYS, curve, min(value, curve[-1]))
    assert np.interp(np.log1p(found), np.log1p(PLAYS), curve) == pytest.approx(value)


@pytest.fixture
def data():
    """Plays of 40 users of 8 test songs, user factors, and the first half."""
    rng = np.random.default_rng(2)
    played = rng.random((40, 8)) < 0.4
    user, song = np.nonzero(played)
    plays = pl.DataFrame({"user": user, "song": song, "count": np.ones(len(user), np.uint32)})
    factors = (played @ rng.standard_normal((8, 3)) + rng.standard_normal((40, 3))).astype(np.float32)
    return plays, factors, first_half(40, 1), sparse.csr_matrix(np.where(played, 3, 0).astype(np.float32))


def test_with_all_plays_the_curve_is_the_upper_bound_and_with_none_it_is_chance(data):
    plays, factors, first, stored = data
    relevant = Relevant(*relevant_songs(plays, np.arange(8), 40, 8), 5, 60, 3, 1)
    none, few, all_plays = folded_in(stored, factors, first, WMF, [0, 2, 10**6], 2, relevant)
    bound = facing_vectors(factors, first), fold_in_halves(stored, factors, first, WMF)
    scores = bound[0] @ bound[1].T
    played = stored.toarray() > 0
    counted = [row for row in range(40) if 0 < played[row].sum() < 8]
    for one in all_plays:
        assert one.means[0] == pytest.approx(np.mean([roc_auc_score(played[u], scores[u]) for u in counted]))
        assert np.array_equal(one.samples, relevant.measure(*bound).samples)
    assert [one.means[0] for one in none] == [0.5, 0.5]
    assert few[0].means[0] != few[1].means[0], "each draw is another"
    assert short_songs(stored, first, [0, 10**6]) == [0, 8]
    again = folded_in(stored, factors, first, WMF, [2], 2, relevant)[0]
    assert np.array_equal(again[1].samples, few[1].samples)


def level(auc, ap=0.2, samples=200, noise=0.0, seed=0):
    """What was measured of one seed or draw, with noise that is shared by all that have the same seed."""
    spread = noise * np.random.default_rng(seed).standard_normal((samples, 1))
    return Measured(np.array([auc, ap]), np.array([[auc, ap]]) + spread)


def test_noise_that_curve_and_model_share_does_not_widen_the_interval():
    curve = [[level(value, value / 4, noise=0.01)] for value in HAND]
    trained = {"ridge": [level(0.65, 0.15, noise=0.01)], "net": [level(0.9, 0.1, noise=0.01, seed=1)]}
    points, rows = worth_tables(PLAYS, curve, [0, 0, 1, 2], trained, MODELS, 1)
    check_table(points, CURVE, "curve")
    check_table(rows, WORTH, "worth")
    ridge = rows.filter(measure="auc", model="ridge").row(0, named=True)
    assert ridge["low"] == pytest.approx(ridge["high"]) == pytest.approx(ridge["plays"]) == pytest.approx(2**1.5 - 1)
    by_map = rows.filter(measure="map", model="ridge").row(0, named=True)
    assert by_map["plays"] == pytest.approx(1)
    net = rows.filter(measure="auc", model="net").row(0, named=True)
    assert (net["plays"], net["low"], net["high"]) == (math.inf,) * 3
    own_noise = rows.filter(measure="map", model="net").row(0, named=True)
    assert own_noise["low"] < own_noise["plays"] == 0 or own_noise["high"] > own_noise["plays"]
    at_three = points.filter(measure="auc", plays=3).row(0, named=True)
    assert at_three["low"] == pytest.approx(0.7 - 1.96 * 0.01, abs=0.006)
    assert at_three["short"] == 1


def test_seeds_are_drawn_as_well():
    seeds = [level(0.6), level(0.8)]
    drawn = drawn_means(seeds, np.random.default_rng(0))[:, 0]
    assert np.std(drawn) == pytest.approx(np.std([0.6, 0.8], ddof=1) / np.sqrt(2), rel=0.1)  # of a mean of two seeds
    assert np.mean(drawn) == pytest.approx(0.7, abs=0.02)


def test_what_is_said(tmp_path):
    curve = [[level(value)] for value in HAND]
    trained = {"ridge": [level(0.65)], "net": [level(0.9)], "ear": [level(0.95)]}
    points, rows = worth_tables(PLAYS, curve, [0, 0, 1, 2], trained, MODELS, 1)
    assert [in_words(value, PLAYS) for value in (0.0, 3.14159, 27.3, math.inf, -math.inf, math.nan)] == [
        "0.0", "3.1", "27", "more than 7", "fewer than 0", "–",
    ]  # fmt: skip
    assert statement(rows, MODELS, PLAYS).startswith(
        "By AUC, audio is worth more than 7 plays of a song (95 % interval more than 7): net ranks songs"
    )
    assert statement(rows, {"ear": MODELS["ear"]}, PLAYS) == ""
    cells = columns(rows, PLAYS, 500)
    assert cells["model"] == ["ear", "net", "ridge"]
    assert cells["plays by AUC"] == ["more than 7", "more than 7", "1.8"]
    text = " ".join(notes(points, 5, 200, 1))
    assert "0.500 with 0, 0.600 with 1, 0.700 with 3, 0.800 with 7" in text
    assert "give all they have: 1 at 3, 2 at 7 plays" in text
    assert "trainings" not in text
    assert "trainings" in " ".join(notes(points, 5, 200, 2))
    svg, caption = draw_worth(points, rows, MODELS, AUC, "AUC")
    assert draw_worth(points, rows, MODELS, AUC, "AUC")[0] == svg
    assert all(f">{name}<" in svg for name in (*MODELS, "plays"))
    assert "ridge 1.8" in caption
    write_exhibit_figure(tmp_path / "figure.svg", svg, caption)
    assert read_exhibit(tmp_path / "figure.svg").figure


def test_from_files_to_files(data, script, tmp_path):
    plays, factors, first, stored = data
    plays = plays.with_columns(pl.col("song") + 2)  # two training songs come before
    split = pl.DataFrame({"song": np.arange(10), "part": ["train"] * 2 + ["test"] * 8})
    for name, frame in (("plays", plays), ("split", split)):
        write_table(tmp_path / f"{name}.parquet", frame, frame.schema)
    write_array(tmp_path / "factors.npy", factors)
    songs = np.vstack([np.zeros((2, 6)), fold_in_halves(stored, factors, first, WMF)]).astype(np.float32)
    write_array(tmp_path / "predictions/ridge/1.npy", songs[:, 3:])
    write_array(tmp_path / "predictions/net/1.npy", songs)
    write_array(tmp_path / "predictions/net/1.users.npy", facing_vectors(factors, first))
    models = {name: {"kind": name, "place": 3, "hears": FEATURES} for name in ("ridge", "net")}
    made = {
        "table": tmp_path / "worth.parquet", "markdown": tmp_path / "worth.md", "csv": tmp_path / "worth.csv",
        "curve": tmp_path / "curve.parquet",
    }  # fmt: skip
    script("count_plays_worth")(
        plays=tmp_path / "plays.parquet", split=tmp_path / "split.parquet", user_factors=tmp_path / "factors.npy",
        predictions=[tmp_path / "predictions/ridge/1.npy", tmp_path / "predictions/net/1.npy"],
        prediction_users=[tmp_path / "predictions/net/1.users.npy"], **made,
        options={
            "models": models, "plays_worth": {"plays": [10, 0, 2], "draws": 2}, "cutoff": 5, "bootstrap": 60,
            "seed": 1, "wmf": {"alpha": 2 / np.log(2), "epsilon": 1.0, **WMF}, "data": "Made up.",
            "protocol": "Strict.",
        },
    )  # fmt: skip
    points, rows = read_table(made["curve"]), read_table(made["table"])
    assert points.filter(measure="auc")["plays"].to_list() == [0, 2, 10]
    net = rows.filter(measure="auc", model="net").row(0, named=True)
    assert net["value"] == pytest.approx(points.filter(measure="auc", plays=10)["value"].item(), abs=0.02)
    assert "Made up." in read_exhibit(made["markdown"]).markup
    script("draw_plays_worth")(
        table=made["table"], curve=made["curve"], auc=tmp_path / "auc.svg", map=tmp_path / "map.svg",
        options={"models": models, "cutoff": 5},
    )  # fmt: skip
    assert read_exhibit(tmp_path / "map.svg").title.startswith("mAP@5 of songs folded in")


def test_where_no_user_has_an_auc_nothing_is_said(tmp_path):
    points, rows = worth_tables([0, 1], [[level(np.nan, 1.0)]] * 2, [0, 0], {"ridge": [level(np.nan, 1.0)]}, MODELS, 1)
    check_table(points, CURVE, "curve")
    check_table(rows, WORTH, "worth")
    assert points.is_empty() and rows.is_empty()
    assert statement(rows, MODELS, [0, 1]) == ""
    assert notes(points, 3, 60, 1)[0].startswith("Nothing could be measured")
    assert NOTHING_TOLD in draw_worth(points, rows, MODELS, AUC, "AUC")[0]
