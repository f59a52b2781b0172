"""Cases of the evaluation, the tables, the analysis, the audit and the report."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scaling.case import ABOUT, ROOT, SETTINGS, SHOWN, Case, made_by, wmf
from scaling.files import Files

from coldwave.analysis.song_map import MAP
from coldwave.evaluation.scores import SONG_SCORES, schema
from coldwave.examples.tables import EXCERPTS, PLAYED, RECOMMENDED, SIMILAR
from coldwave.examples.tables import MODELS as EXAMPLE_MODELS
from coldwave.exhibits.drawing import draw_words
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.files import Schema, write_table
from coldwave.plays.tables import REJECTED
from coldwave.wmf.listable import FOLDING

MODELS = ("random", "mean", "knn", "linear", "cnn_mse", "usage")
LENGTHS = (10, 50)
PLAYS = (100_000, 1_000_000, 3_000_000, 10_000_000)
USERS = (1_000, 10_000, 100_000, 1_000_000)
TEST = {"songs": 10_000}  # of which 2,000 are test songs
MODELS_SHOWN = {name: SHOWN[name] for name in MODELS}


def _evaluate(files: Files, _: int) -> dict[str, Any]:
    options = {"cutoff": 500, "list_lengths": list(LENGTHS), "seed": 1}
    known = {"plays": files.plays, "split": files.split, "songs": files.songs, "users": files.user_factors}
    vectors = {"predictions": files.predictions("linear")[0], "song_factors": files.song_factors}
    return known | vectors | {"options": options, "cache": ROOT / "results/scale/compiled"}


def _rank(files: Files, _: int) -> dict[str, Any]:
    """One of four shards of the users."""
    known = {"plays": files.plays, "split": files.split, "songs": files.songs, "users": files.user_factors}
    options = {"list_length": LENGTHS[0], "shards": 4}
    vectors = {"predictions": files.predictions("linear")[0]}
    return known | vectors | {"shard": "1", "options": options, "cache": ROOT / "results/scale/compiled"}


def _scores(files: Files) -> dict[str, Any]:
    """Scores of the models by user and by song, and without groups of songs."""
    rng, found = np.random.default_rng(0), {"scores": [], "song_scores": [], "without_songs": []}
    test = pl.read_parquet(files.split).filter(pl.col("part") == "test")["song"]
    users, songs = files.users_number, len(test)
    relevant, played = rng.integers(1, 30, users), rng.integers(0, 99, songs)
    for model in MODELS:
        known = {"user": np.arange(users), "relevant": relevant, "songs": songs, "missing": 0}
        by_user = _made_up(schema(LENGTHS), known, users, rng)
        known = {"song": test, "users": played, "listed": rng.integers(0, 99, songs)}
        by_song = _made_up(SONG_SCORES, known, songs, rng)
        found["scores"].append(files.once(f"scores/{model}/1.parquet", by_user))
        found["song_scores"].append(files.once(f"scores_by_song/{model}/1.parquet", by_song))
        groups = (min(200, songs), 2, 2)
        found["without_songs"].append(files.array(f"without/{model}/1.npy", partial(rng.random, groups)))
    return found


def _made_up(columns: Schema, known: Mapping[str, Any], rows: int, rng: np.random.Generator) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        frame = pl.DataFrame({name: known[name] if name in known else rng.random(rows) for name in columns})
        write_table(path, frame.cast(dict(columns)), columns)

    return make


def _picked(files: Files, *names: str) -> dict[str, Any]:
    scores = _scores(files)
    return {name: scores[name] for name in names}


def _recommendation(files: Files, _: int) -> dict[str, Any]:
    options = {"cutoff": 500, "models": MODELS_SHOWN, "notes": [], **ABOUT}
    return _picked(files, "scores") | {"users": files.users, "options": options}


def _ranking(files: Files, _: int) -> dict[str, Any]:
    options = {"list_lengths": list(LENGTHS), "models": MODELS_SHOWN, **ABOUT}
    return _picked(files, "scores", "song_scores") | {"options": options}


def _compare(files: Files, _: int) -> dict[str, Any]:
    return _picked(files, "scores", "without_songs") | {"options": {"cutoff": 500, "models": MODELS_SHOWN, **ABOUT}}


def _strata(files: Files, _: int) -> dict[str, Any]:
    known = {"plays": files.plays, "songs": files.songs, "split": files.split}
    return _picked(files, "scores", "song_scores") | known | {"options": {"models": MODELS_SHOWN, **ABOUT}}


def _where(files: Files, _: int) -> dict[str, Any]:
    known = {"plays": files.plays, "songs": files.songs, "split": files.split, "user_factors": files.user_factors}
    options = {"cutoff": 500, "models": {name: SHOWN[name] for name in ("mean", "linear")}, "seed": 1, **ABOUT}
    cache = {"cache": ROOT / "results/scale/compiled", "prediction_users": []}
    return known | cache | {"predictions": files.predictions("mean", "linear"), "options": options}


def _worth(files: Files, _: int) -> dict[str, Any]:
    known = {"plays": files.plays, "split": files.split, "user_factors": files.user_factors, "prediction_users": []}
    folding = {key: value for key, value in wmf(0).items() if key in FOLDING}
    options = {"bootstrap": 1000, "cutoff": 500, "plays_worth": {"plays": [0, 5, 50], "draws": 1}, "seed": 1}
    options |= {"models": {"linear": SHOWN["linear"]}, "wmf": folding, **ABOUT}
    cache = {"cache": ROOT / "results/scale/compiled"}
    return known | cache | {"predictions": files.predictions("linear"), "options": options}


def _neighbours(files: Files, _: int) -> dict[str, Any]:
    known = {"songs": files.songs, "split": files.split, "user_factors": files.user_factors}
    options = {"neighbours": SETTINGS["analysis"]["neighbours"], "data": "made up"}
    vectors = {"song_factors": files.song_factors, "predictions": files.predictions("linear")}
    return known | vectors | {"options": options}


def _tags(files: Files, _: int) -> dict[str, Any]:
    known = {"songs": files.songs, "split": files.split, "song_factors": files.song_factors, "features": files.features}
    options = {"tags": SETTINGS["analysis"]["tags"] | {"number": 5}, "seed": 1, "refit": False, **ABOUT}
    return known | {"predictions": files.predictions("linear"), "options": options}


def _map(files: Files, _: int) -> dict[str, Any]:
    options = {"perplexity": 30.0, "songs": "all", "seed": 1}
    return {"split": files.split, "user_factors": files.user_factors, "vectors": files.song_factors, "options": options}


def _factors(files: Files, _: int) -> dict[str, Any]:
    known = {"songs": files.songs, "split": files.split, "user_factors": files.user_factors}
    return known | {"song_factors": files.song_factors, "predictions": files.predictions("linear"), "options": ABOUT}


def _examples(files: Files, _: int) -> dict[str, Any]:
    """Link the files into a folder laid out as a run, which the script finds the names of its inputs by."""
    fitted = files.array("fitted_songs.npy", lambda: (pl.read_parquet(files.split)["part"] == "train").to_numpy())
    found = {
        "plays": _linked(files, files.plays, "plays/plays.parquet"),
        "users": _linked(files, files.users, "plays/users.parquet"),
        "songs": _linked(files, files.songs, "plays/songs.parquet"),
        "split": _linked(files, files.split, "split/split.parquet"),
        "user_factors": _linked(files, files.user_factors, "wmf/user_factors.npy"),
        "song_factors": _linked(files, files.song_factors, "wmf/song_factors.npy"),
        "fitted_songs": _linked(files, fitted, "wmf/fitted_songs.npy"),
        "features": [_linked(files, files.features, "bow/features.npy")],
        "predictions": [_linked(files, path, "predictions/linear/1.npy") for path in files.predictions("linear")],
    }
    folding = {key: value for key, value in wmf(0).items() if key in FOLDING}
    config = {"models": {"linear": {"kind": "linear", "features": "bow"}}, "embeddings": [], "encoders": []}
    return found | {"options": {"users": 4, "songs": 4, "seed": 1, "seeds": [1], "config": config | {"wmf": folding}}}


def _linked(files: Files, path: Path, name: str) -> Path:
    (link := files.folder / "run" / name).parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.hardlink_to(path)
    return link


def _listening(files: Files) -> dict[str, Path]:
    """Make the tables of examples, which are short in any run: empty ones, and excerpts as large as they may be."""
    rng = np.random.default_rng(0)
    excerpts = [(song, "ok", 12.5, 5.0, rng.bytes(28_000)) for song in range(80)]
    rows = {"examples": (EXAMPLE_MODELS, []), "excerpts": (EXCERPTS, excerpts)}
    rows |= {"played": (PLAYED, []), "recommended": (RECOMMENDED, []), "similar": (SIMILAR, [])}

    def make(path: Path) -> None:
        schema, own = rows[path.stem]
        write_table(path, pl.DataFrame(own, schema=schema, orient="row"), schema)

    return {name: files.once(f"{name}.parquet", make) for name in rows}


def _places(songs: int) -> pl.DataFrame:
    x, y = np.random.default_rng(0).normal(size=(2, songs))
    return pl.DataFrame({"song": np.arange(songs, dtype=np.uint32), "x": x, "y": y})


def _report(files: Files, _: int) -> dict[str, Any]:
    small = Files(files.folder / "small", type(files.size)(plays=50_000))
    compared = made_by(small, "compare_models", _compare(small, 0))
    fitted = {"plays": small.plays, "users": small.users, "split": small.split}
    fitted["options"] = wmf(5, protocol="strict", seed=1)
    known = {
        "table": made_by(small, "tabulate_recommendation", _recommendation(small, 0))["table"],
        "differences": compared["table"],
        "intervals": compared["intervals"],
        "where": made_by(small, "tabulate_where", _where(small, 0))["table"],
        "objective": made_by(small, "factorise_plays", fitted)["objective"],
        "rejected": files.once(
            "rejected.parquet", lambda path: write_table(path, pl.DataFrame(schema=REJECTED), REJECTED)
        ),
        "map": files.once("map.parquet", lambda path: write_table(path, _places(files.size.songs), MAP)),
        "map_figure": files.once("map.svg", lambda path: write_exhibit_figure(path, draw_words("A map."), "A map.")),
        "curves": [],
    }
    of_run = {"songs": files.songs, "users": files.users, "plays": files.plays, "split": files.split}
    options = {"config": "{}", "models": MODELS_SHOWN, "notes": [], "run": "scale", "sections": {}, **ABOUT}
    options["listen"] = {"files": True, "known": False, "megabytes": 3.0, "most": 80}
    options["map"] = {"model": "linear", "songs": "all", "perplexity": 30.0}
    options["map_songs"] = SETTINGS["report"]["map_songs"]
    return known | _listening(files) | of_run | _picked(files, "scores") | {"options": options}


CASES = (
    Case("evaluate_model", "plays", PLAYS, _evaluate, TEST),
    Case("evaluate_model", "songs", (1_000, 10_000, 50_000, 100_000), _evaluate, {"users": 10_000, "plays": 500_000}),
    Case("evaluate_model", "factors", (10, 50, 100, 200, 400), _evaluate, TEST | {"users": 20_000, "plays": 500_000}),
    Case("rank_users", "plays", PLAYS, _rank, TEST),
    Case("rank_users", "songs", (10_000, 30_000, 100_000, 300_000), _rank, {"users": 40_000, "plays": 1_000_000}),
    Case("tabulate_recommendation", "users", USERS, _recommendation, TEST | {"plays": 100_000}),
    Case("tabulate_ranking", "users", USERS, _ranking, TEST | {"plays": 100_000}),
    Case("compare_models", "users", USERS, _compare, TEST | {"plays": 100_000}),
    Case("tabulate_strata", "users", USERS, _strata, TEST | {"plays": 1_000_000}),
    Case("tabulate_where", "plays", PLAYS, _where, TEST),
    Case("count_plays_worth", "plays", PLAYS, _worth, TEST),
    Case("find_neighbours", "songs", (1_000, 10_000, 30_000, 100_000), _neighbours),
    Case("predict_tags", "songs", (1_000, 3_000, 10_000, 30_000), _tags),
    Case("map_songs", "songs", (300, 1_000, 3_000, 10_000), _map),
    Case("compare_factors", "songs", (1_000, 10_000, 100_000, 300_000), _factors),
    Case("choose_examples", "plays", PLAYS, _examples),
    Case("choose_examples", "songs", (1_000, 10_000, 100_000), _examples),
    Case("write_report", "users", USERS, _report, TEST | {"plays": 1_000_000}),
)
