"""The table of further measures: means by hand, and what is said of artists."""

import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.evaluation.further import Tables, columns, further_table, notes, schema
from coldwave.evaluation.lists import gini
from coldwave.evaluation.models import CEILING, LOG_MELS, Model
from coldwave.evaluation.scores import SONG_SCORES
from coldwave.evaluation.scores import schema as scores_schema
from coldwave.files import check_table

LENGTHS = [2, 5]
MODELS = {"usage": Model("usage", 5, CEILING), "net": Model("cnn", 3, hears=LOG_MELS), "random": Model("random", 0)}


def tables(model, seed, value, listed=(3, 1, 0), error=(1.0, 2.0, None), artists=0.5):
    names = scores_schema(LENGTHS)
    users = {name: [value, value + 0.2] for name in names} | {"artist_diversity": [artists] * 2}
    users |= {name: [1, 2] for name in ("user", "relevant", "songs", "missing")}
    songs = {
        "song": [4, 6, 7], "users": [2, 2, 0], "auc": [0.5, 0.6, None], "listed": listed, "squared_error": error,
        "squared_deviation": [4.0, 2.0, None], "cosine": [0.5, 0.7, None],
    }  # fmt: skip
    return Tables(model, seed, pl.DataFrame(users, schema=names), pl.DataFrame(songs, schema=SONG_SCORES))


@pytest.fixture
def made():
    return [
        tables("usage", 1, 0.6, artists=0.5),
        tables("net", 2, 0.1, artists=0.7),
        tables("net", 1, 0.3, listed=(4, 0, 0), artists=0.7),
        tables("random", 1, 0.0, error=[None] * 3, artists=None),
    ]


def test_means_are_over_users_and_then_seeds(made):
    table = further_table(made, MODELS, LENGTHS)
    check_table(table, schema(LENGTHS), "table")
    assert table["model"].to_list() == ["random", "net", "usage"]
    net = table.row(1, named=True)
    assert net["seeds"] == 2
    assert net["ndcg_5"] == pytest.approx(0.3)
    assert net["ndcg_5_sd"] == pytest.approx(0.2 / 2**0.5)
    assert net["coverage"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert net["gini"] == pytest.approx((gini([3, 1, 0]) + gini([4, 0, 0])) / 2)
    assert net["r2"] == pytest.approx(1 - 3 / 6)
    assert net["cosine"] == pytest.approx(0.6)
    chance = table.row(0, named=True)
    assert chance["r2"] is chance["artist_diversity"] is chance["ndcg_5_sd"] is None


def test_the_table_for_people_and_what_the_paper_says_of_artists(made):
    table = further_table(made, MODELS, LENGTHS)
    cells = columns(table, LENGTHS)
    assert cells["nDCG@5"][1] == "0.3000 ± 0.1414"
    assert cells["R² of factors"] == ["–", "0.5000 ± 0.0000", "0.5000"]
    text = " ".join(notes(table, MODELS, LENGTHS))
    assert "1.00 of 2 artists are different by usage, and 1.40 by net: the same here." in text
    fewer = table.with_columns(artist_diversity=pl.when(kind="cnn").then(0.4).otherwise("artist_diversity"))
    assert "not so here" in " ".join(notes(fewer, MODELS, LENGTHS))
    assert "artists are different" not in " ".join(notes(table.filter(kind="random"), MODELS, LENGTHS))


def test_a_model_without_scores_is_told(made):
    with pytest.raises(InputError, match="models in the config without scores: other"):
        further_table(made, MODELS | {"other": MODELS["net"]}, LENGTHS)
