"""Scores and vectors made elsewhere, here by the run itself: exported, and brought back as models of their own."""

import json
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest
from plans import AFTER_LEARNING

import coldwave
from coldwave.digest import digest_file
from coldwave.errors import InputError
from coldwave.export import top, trec, vectors
from coldwave.export.asked import Asked

SEED = 3
SAME = {"listed": "linear", "cubed": "linear", "factors": "linear", "pairs": "knn"}  # the model that each is made of
OTHERS = ("mean", "mlr", "mlp", "cnn_mse", "cnn_wpe", "popularity", "names", "names_and_linear", "perfect_ear")


@pytest.fixture(scope="module")
def brought(tiny, tmp_path_factory):
    """The tiny run with four models more, from files; the outcome of the call, the overlay, and the files' folder."""
    data = tmp_path_factory.mktemp("brought")
    run = coldwave.load(tiny.results)
    vectors.export(run, Asked(data / "knn", model="knn"))
    vectors.export(run, Asked(data / "linear", model="linear"))
    trec.export(run, Asked(data / "trec", model="linear"))
    lines = (data / f"trec/linear.{SEED}.run").read_text().splitlines()
    rows = [[*map(unquote, line.split()[0:3:2]), line.split()[4]] for line in lines]
    pl.DataFrame(rows, schema=["user_id", "song_id", "score"], orient="row").write_csv(data / "listed.csv")

    users, songs = tiny.table("plays/users.parquet")["user_id"], tiny.table("plays/songs.parquet")["song_id"]
    scores = tiny.array("wmf/user_factors.npy") @ tiny.array(f"predictions/linear/{SEED}.npy").T
    pairs = pl.DataFrame({"who": users}).join(pl.DataFrame({"song_id": songs}), how="cross")
    pairs = pairs.with_columns(value=scores.ravel().astype(np.float64) ** 3).sample(fraction=1, shuffle=True, seed=0)
    pairs.write_parquet(data / "cubed.parquet")
    models = {
        "listed": {"kind": "predictions", "scores": str(data / "listed.csv")},
        "cubed": {"kind": "predictions", "scores": str(data / "cubed.parquet"), "user": "who", "score": "value"},
        "pairs": {"kind": "predictions", "songs": str(data / "knn/songs.parquet")},
        "factors": {"kind": "predictions", "songs": str(data / "linear/songs.parquet")},
    }
    models["pairs"]["users"] = str(data / "knn/users.parquet")
    overlay = {"models": dict.fromkeys(OTHERS) | models, "audit": {"canary": []}, "warm": None}
    place = tiny.copy(tmp_path_factory.mktemp("predictions") / "copy")
    return place, place.make(overlay=overlay), overlay, data


@pytest.mark.parametrize("name", SAME)
def test_measures_are_exactly_those_of_the_model_that_made_the_file(name, brought):
    place, *_ = brought
    other = SAME[name]
    for folder in ("scores", "scores_by_song"):
        found, expected = (place.table(f"{folder}/{model}/{SEED}.parquet") for model in (name, other))
        of_factors = ["squared_error", "squared_deviation", "cosine"] if name in ("listed", "cubed") else []
        assert found.drop(of_factors, strict=False).equals(expected.drop(of_factors, strict=False))
        assert all(found[column].is_null().all() for column in of_factors if column in found.columns)
    without = [place.array(f"scores_without_songs/{model}/{SEED}.npy") for model in (name, other)]
    assert np.array_equal(*without)


def test_they_are_in_every_table_and_on_the_page(brought):
    place, *_ = brought
    table = place.table("tables/recommendation.parquet")
    kinds = dict(table.select("model", "kind").iter_rows())
    assert [kinds[name] for name in ("listed", "cubed", "pairs", "factors")] == [
        "predictions", "predictions", "predictions by vectors", "predictions of factors",
    ]  # fmt: skip
    assert table["auc"].null_count() == 0
    differences = place.table("tables/differences.parquet")
    level = differences.filter(pl.all_horizontal(pl.col("first", "second").is_in(["listed", "linear"])))
    assert len(level) == 2
    assert (level["difference"] == 0).all()
    for name in ("ranking", "strata", "intervals"):
        assert set(SAME) <= set(place.table(f"tables/{name}.parquet")["model"])
    r2 = dict(place.table("tables/ranking.parquet").select("model", "r2").iter_rows())
    assert (r2["factors"], r2["listed"], r2["pairs"]) == (r2["linear"], None, None)
    page = (place.results / "report/index.html").read_text()
    assert all(name in page for name in SAME)
    for said in ("Kind predictions is made elsewhere: what it was learnt from is not known.", "the audit cannot check"):
        assert said in " ".join((place.results / "tables/recommendation.md").read_text().split())
    assert not set(SAME) & set(place.table("tables/plays_worth.parquet")["model"])  # who knows what plays they know


def test_the_audit_passes_none_of_them_and_the_record_names_their_files(brought):
    place, _, overlay, data = brought
    rows = place.table("tables/leakage.parquet").filter(pl.col("of").is_in([f"predictions/{name}" for name in SAME]))
    assert rows["result"].to_list() == ["cannot be checked"] * 4
    assert str(data / "listed.csv") in rows["detail"].to_list()[0]
    inputs = json.loads((place.results / "provenance.json").read_text())["inputs"]
    assert {key for key in inputs if key.startswith("models.")} == {
        f"models.{name}.{key}"
        for name in SAME
        for key in ("scores", "songs", "users")
        if key in overlay["models"][name]
    }
    assert inputs["models.pairs.users"]["sha256"] == digest_file(data / "knn/users.parquet")


def test_a_second_call_does_nothing_and_a_changed_file_reruns_its_own_model(brought, tmp_path):
    place, outcome, overlay, data = brought
    read = [rule for rule in outcome.done if rule.startswith("read_")]
    assert sorted(read) == ["read_factors", "read_scores", "read_scores", "read_vectors"]
    assert place.plan(overlay=overlay) == {}
    other = tmp_path / "listed.csv"
    other.write_text("\n".join((data / "listed.csv").read_text().splitlines()[:-1]))
    listed = overlay["models"]["listed"] | {"scores": str(other)}
    changed = overlay | {"models": overlay["models"] | {"listed": listed}}
    assert place.plan(overlay=changed) == {"read_scores": 1, "evaluate_model": 1, **AFTER_LEARNING}


def test_what_is_wrong_is_told_before_any_job(brought):
    place, _, overlay, data = brought
    for model, told in (
        ({"scores": "gone.csv"}, "models.listed.scores: there is no 'gone.csv'"),
        ({"score": "points"}, "models.listed.score: ... has no column 'points'. It has 'user_id', 'song_id', 'score'"),
        ({"songs": "x.csv"}, "models.listed.songs: 'x.csv' is not used, because scores are given"),
        ({"scores": None}, "models.listed.scores: name a table of scores, or one of songs' vectors"),
        ({"scores": str(data / "trec/qrels")}, "models.listed.delimiter: the name of ... does not say whether"),
        ({"song": "user_id"}, "models.listed.song: 'user_id' is also the column user"),
    ):
        models = overlay["models"] | {"listed": overlay["models"]["listed"] | model}
        outcome = place.snakemake(overlay=overlay | {"models": models})
        assert outcome.status == 1
        assert all(words in outcome.output for words in told.split(" ... ")), outcome.output
        assert not outcome.done


def test_their_songs_are_recommended_and_exported(brought, tmp_path):
    place, *_ = brought
    run = coldwave.load(place.results)
    user, song = place.table("plays/users.parquet")["user_id"][3], run.songs["song_id"][0]
    tested = set(place.part("test").tolist())  # songs that `listed` has scores of, for users who have played one
    ranked = place.table(f"scores/listed/{SEED}.parquet").select("user")
    ranked = ranked.join(place.table("plays/users.parquet"), on="user").select("user_id")
    for name, other in SAME.items():
        found, expected = (
            run.recommend(user, n=5, model=model, among="all", by="sound").table["song"].to_list()
            for model in (name, other)
        )
        assert found == expected if name != "listed" else set(found) <= tested
        for model in (name, other):
            top.export(run, Asked(tmp_path / f"{model}.parquet", model=model, among="test"))
        listed = [pl.read_parquet(tmp_path / f"{model}.parquet").drop("score") for model in (name, other)]
        assert listed[0].join(ranked, on="user_id").equals(listed[1].join(ranked, on="user_id"))
    for name in ("listed", "pairs"):
        with pytest.raises(InputError, match=f"model {name} knows the users of the run alone"):
            run.recommend(plays={song: 1}, model=name)
    assert len(run.recommend(plays={song: 1}, model="factors", n=3).table) == 3
