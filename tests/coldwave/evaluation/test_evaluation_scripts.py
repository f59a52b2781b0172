"""The scripts of the evaluation and the report, from files to files."""

import re

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.evaluation import ranking
from coldwave.evaluation.compiled import keep_compiled
from coldwave.evaluation.models import CEILING, FEATURES, FLOOR
from coldwave.examples.tables import EXCERPTS, PLAYED, RECOMMENDED, SIMILAR
from coldwave.examples.tables import MODELS as EXAMPLE_MODELS
from coldwave.exhibits.drawing import draw_words
from coldwave.exhibits.files import read_exhibit, write_exhibit_figure
from coldwave.files import read_table, write_array, write_table

MODELS = {
    "random": {"kind": "random", "place": 0, "end": FLOOR, "what": "chance"},
    "linear": {"kind": "linear", "place": 3, "hears": FEATURES},
    "usage": {"kind": "usage", "place": 5, "end": CEILING, "what": "the upper bound"},
}


@pytest.fixture
def run(tmp_path):
    """A run of 30 users and 20 songs, up to the predictions of three models."""
    rng = np.random.default_rng(0)
    users, songs = np.arange(30, dtype=np.uint32), np.arange(20, dtype=np.uint32)
    pairs = np.argwhere(rng.random((30, 20)) < 0.4).astype(np.uint32)
    written = {
        "plays/plays": {"user": pairs[:, 0], "song": pairs[:, 1], "count": np.ones(len(pairs), np.uint32)},
        "plays/users": {"user": users, "user_id": [f"u{user}" for user in users]},
        "plays/songs": {
            "song": songs,
            "song_id": [f"S{i}" for i in songs],
            "title": ["t"] * 20,
            "artist": ["a"] * 20,
            "tags": [["pop"], []] * 10,
            "users": [12] * 20,
            "plays": [12] * 20,
        },
        "plays/rejected": {"source": ["plays.txt"], "line": [3], "reason": ["bad count"], "text": ["u\ts\tx"]},
        "split/split": {"song": songs, "part": ["train"] * 10 + ["validation"] * 4 + ["test"] * 6},
        "audio/index": {"song": songs, "status": ["ok"] * 19 + ["missing"], "detail": [None] * 19 + ["no such file"]},
        "analysis/map": {"song": songs[14:], "x": rng.random(6), "y": rng.random(6)},
        "wmf/objective": {"iteration": [1, 2], "objective": [2.0, 1.0], "seconds": [0.1, 0.1]},
    }
    for name, columns in written.items():
        frame = pl.DataFrame(columns)
        write_table(tmp_path / f"{name}.parquet", frame, frame.schema)
    write_array(tmp_path / "users.npy", rng.normal(size=(30, 3)).astype(np.float32))
    for model in ("usage", "linear", "random"):
        vectors = rng.normal(size=(20, 3)).astype(np.float32)
        vectors[-1] = np.nan
        write_array(tmp_path / f"predictions/{model}/1.npy", vectors)
    return tmp_path


def test_from_predictions_to_the_page(run, script):
    plays, split = run / "plays/plays.parquet", run / "split/split.parquet"
    scores = {model: run / f"scores/{model}/1.parquet" for model in ("linear", "random", "usage")}
    for model, path in scores.items():
        predictions = run / f"predictions/{model}/1.npy"
        script("evaluate_model")(
            predictions=predictions, users=run / "users.npy", plays=plays, split=split, scores=path,
            songs=run / "plays/songs.parquet", song_scores=run / f"scores_by_song/{model}/1.parquet",
            without_songs=run / f"without/{model}/1.npy",
            options={"cutoff": 500, "list_lengths": [2, 5], "seed": 1}, threads=2,
        )  # fmt: skip
    results = {name: run / f"tables/recommendation.{suffix}"
               for name, suffix in (("table", "parquet"), ("markdown", "md"), ("csv", "csv"))}  # fmt: skip
    script("tabulate_recommendation")(
        scores=list(scores.values()), users=run / "plays/users.parquet", **results,
        options={"models": MODELS, "notes": [], "cutoff": 500, "data": "Made up.", "protocol": "Strict."},
    )  # fmt: skip
    table = read_table(results["table"])
    assert table["model"].to_list() == ["random", "linear", "usage"]
    assert table["missing"].to_list() == [1, 1, 1]
    assert pl.read_csv(results["csv"])["auc"].to_list() == pytest.approx(table["auc"].to_list())
    assert results["markdown"].read_text().startswith("Made up.\nStrict.\n")

    script("compare_models")(
        scores=list(scores.values()), without_songs=[run / f"without/{model}/1.npy" for model in scores],
        **{name: run / f"tables/{name}" for name in ("table", "intervals", "markdown", "csv")},
        options={"models": MODELS, "cutoff": 500, "data": "Made up.", "protocol": "Strict."},
    )  # fmt: skip
    script("tabulate_where")(
        plays=plays, split=split, songs=run / "plays/songs.parquet", user_factors=run / "users.npy",
        predictions=[run / f"predictions/{model}/1.npy" for model in scores], prediction_users=[],
        table=run / "tables/where.parquet", markdown=run / "tables/where.md", csv=run / "tables/where.csv",
        options={"models": MODELS, "cutoff": 500, "seed": 1, "data": "Made up.", "protocol": "Strict."},
    )  # fmt: skip
    shown = {"played": PLAYED, "recommended": RECOMMENDED, "similar": SIMILAR, "examples": EXAMPLE_MODELS}
    shown["excerpts"] = EXCERPTS
    for name, schema in shown.items():
        write_table(run / f"report/{name}.parquet", pl.DataFrame(schema=schema), schema)
    write_exhibit_figure(run / "figures/map.svg", draw_words("A map."), "A map.")
    script("write_report")(
        **{name: run / f"report/{name}.parquet" for name in shown},
        map=run / "analysis/map.parquet", map_figure=run / "figures/map.svg",
        table=results["table"], differences=run / "tables/table", intervals=run / "tables/intervals",
        where=run / "tables/where.parquet", objective=run / "wmf/objective.parquet", scores=list(scores.values()),
        curves=[],
        rejected=run / "plays/rejected.parquet", index=run / "audio/index.parquet", songs=run / "plays/songs.parquet",
        users=run / "plays/users.parquet", plays=plays, split=split, page=run / "report/index.html",
        options={"run": "tiny", "sections": {}, "config": "run: tiny", "data": "Made up.", "protocol": "Strict.",
                 "models": MODELS, "notes": [], "map_songs": 4,
                 "map": {"model": None, "songs": "test", "perplexity": 30.0},
                 "listen": {"files": True, "known": False, "megabytes": 1.0, "most": 9}},
    )  # fmt: skip
    html = (run / "report/index.html").read_text()
    assert "no such file" in html and "bad count" in html and "Made up." in html
    assert re.search(r"linear is (ahead of|behind|level with) chance by AUC, ", html)


def test_an_error_names_the_files(run, script):
    write_array(run / "short.npy", np.ones((19, 3), np.float32))
    with pytest.raises(InputError, match=r"short.npy with .*users.npy: there are vectors of 19 songs"):
        script("evaluate_model")(
            predictions=run / "short.npy", users=run / "users.npy", plays=run / "plays/plays.parquet",
            split=run / "split/split.parquet", songs=run / "plays/songs.parquet", scores=run / "scores.parquet",
            song_scores=run / "song_scores.parquet", without_songs=run / "without.npy",
            options={"cutoff": 500, "list_lengths": [2], "seed": 1},
        )  # fmt: skip
    assert not (run / "scores.parquet").exists()


def test_from_predictions_to_the_comparison(run, script):
    paths = {"plays": run / "plays/plays.parquet", "songs": run / "plays/songs.parquet"}
    paths["split"] = run / "split/split.parquet"
    scores = {model: run / f"scores/{model}/1.parquet" for model in MODELS}
    by_song = {model: run / f"scores_by_song/{model}/1.parquet" for model in MODELS}
    for model in MODELS:
        script("evaluate_model")(
            predictions=run / f"predictions/{model}/1.npy", users=run / "users.npy", **paths, scores=scores[model],
            song_scores=by_song[model], song_factors=run / "predictions/usage/1.npy", cache=run / "cache",
            without_songs=run / f"without/{model}/1.npy", options={"cutoff": 500, "list_lengths": [2, 5], "seed": 1},
        )  # fmt: skip

    def exhibit(name):
        suffixes = {"table": "parquet", "markdown": "md", "csv": "csv"}
        return {key: run / f"tables/{name}.{suffix}" for key, suffix in suffixes.items()}

    lines = {"data": "Made up.", "protocol": "Strict."}
    files = {"scores": list(scores.values()), "song_scores": list(by_song.values())}
    script("tabulate_recommendation")(
        scores=files["scores"], users=run / "plays/users.parquet", **exhibit("recommendation"),
        options=lines | {"models": MODELS, "notes": [], "cutoff": 500},
    )  # fmt: skip
    script("tabulate_ranking")(
        **files, **exhibit("ranking"), options=lines | {"models": MODELS, "list_lengths": [2, 5]}
    )  # fmt: skip
    script("tabulate_published")(
        recommendation=run / "tables/recommendation.parquet", **exhibit("published"),
        options=lines | {"models": {"linear": "linear regression", "usage": "upper bound"}},
    )  # fmt: skip
    script("compare_models")(
        scores=files["scores"], **exhibit("differences"), intervals=run / "tables/intervals.parquet",
        without_songs=[run / f"without/{model}/1.npy" for model in MODELS],
        options=lines | {"models": MODELS, "cutoff": 500},
    )  # fmt: skip
    figures = {name: run / f"figures/{name}.svg" for name in ("popularity", "activity")}
    script("tabulate_strata")(**files, **paths, **exhibit("strata"), **figures, options=lines | {"models": MODELS})
    script("tabulate_where")(
        **paths, user_factors=run / "users.npy", prediction_users=[], cache=run / "cache", **exhibit("where"),
        predictions=[run / f"predictions/{model}/1.npy" for model in MODELS],
        options=lines | {"models": MODELS, "cutoff": 500, "seed": 1},
    )  # fmt: skip
    for name in ("ranking", "published", "differences", "strata", "where"):
        assert "Made up." in read_exhibit(run / f"tables/{name}.md").markup
        rows = read_table(run / f"tables/{name}.parquet")
        assert pl.read_csv(run / f"tables/{name}.csv").columns == rows.columns
    table = read_table(run / "tables/ranking.parquet")
    assert table.filter(model="usage")["r2"].item() == 1
    assert table.filter(model="linear")["r2"].item() < 1
    assert all(read_exhibit(path).figure for path in figures.values())


def test_compiled_code_that_cannot_be_kept_is_only_told(tmp_path, monkeypatch, caplog):
    def refuse(self):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(type(ranking._count), "enable_caching", refuse)
    with caplog.at_level("INFO"):
        keep_compiled(tmp_path)
    assert "compiled code is not kept" in caplog.text
