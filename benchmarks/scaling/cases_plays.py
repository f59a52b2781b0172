"""Cases of the stages that read plays: ingestion, split, factorisation and the warm evaluation."""

from typing import Any

import polars as pl
from scaling.case import ABOUT, SETTINGS, Case, wmf
from scaling.files import Files

from coldwave.wmf.listable import FOLDING
from workflow.effective import split_read

PLAYS = (10_000, 100_000, 1_000_000, 3_000_000, 10_000_000)
SONGS = (1_000, 10_000, 100_000, 1_000_000)
SPLIT = dict(split_read(SETTINGS))


def _triplets(files: Files, time: bool = False) -> pl.DataFrame:
    users, songs = pl.read_parquet(files.users)["user_id"], files.song_ids
    names = {"user_id": users.gather(files.table["user"]), "song_id": songs.gather(files.table["song"])}
    frame = pl.DataFrame(names | {"count": files.table["count"]})
    frame = frame.sample(fraction=1.0, shuffle=True, seed=1)
    return frame.with_columns(time=500_000_000 + pl.int_range(len(frame)) * 7_919 % 1_000_000_000) if time else frame


def _read(files: Files, _: int) -> dict[str, Any]:
    source = files.once(
        "plays.txt", lambda path: _triplets(files).write_csv(path, separator="\t", include_header=False)
    )
    keys = ("format", "min_songs", "min_users", "strict", "top_songs", "top_users")
    return {"source": source, "options": {key: SETTINGS["plays"][key] for key in keys}}


def _split(files: Files, _: int) -> dict[str, Any]:
    return {"songs": files.songs, "options": SPLIT}


def _cut(files: Files, _: int) -> dict[str, Any]:
    source = files.once("plays.csv", lambda path: _triplets(files, time=True).write_csv(path, separator="\t"))
    table = SETTINGS["plays"]["table"] | {"user": "user_id", "song": "song_id", "count": "count", "time": "time"}
    given = {"source": source, "all_plays": files.plays, "users": files.users, "songs": files.songs}
    new = pl.when(pl.col("date") > "1998").then(pl.lit("test")).otherwise(pl.lit("train"))
    parts = pl.read_parquet(files.songs).select("song", part=new)
    parts.write_parquet(split := files.folder / "split_by_date.parquet")
    return given | {"split": split, "options": {"format": "table", "table": table}}


def _factorise(files: Files, _: int, **others: Any) -> dict[str, Any]:
    options = wmf(files.size.factors, iterations=3, tolerance=0, protocol="strict", seed=1) | others
    return {"plays": files.plays, "users": files.users, "split": files.split, "options": options}


def _choose(files: Files, _: int) -> dict[str, Any]:
    held = {"held_out": 0.2, "draws": 1, "measure": "both", "users": 20_000}
    rest = {key: value for key, value in wmf(0, iterations=3).items() if key not in ("factors", "alpha")}
    options = {"choice": held, "cutoff": 500, "grid": {"factors": [files.size.factors], "alpha": [2.0, 6.0]}}
    return {"plays": files.plays, "split": files.split, "options": options | {"seed": 1, "wmf": rest, **ABOUT}}


def _warm(files: Files, _: int) -> dict[str, Any]:
    options = {"wmf": wmf(files.size.factors, iterations=3), "seed": 1, "cutoff": 500, **SETTINGS["warm"], **ABOUT}
    return {"plays": files.plays, "users": files.users, "split": files.split, "options": options}


def _usage(files: Files, _: int) -> dict[str, Any]:
    options = {"seed": 1, **{key: value for key, value in wmf(0).items() if key in FOLDING}}
    known = {"user_factors": files.user_factors, "song_factors": files.song_factors}
    return {"plays": files.plays, "split": files.split, "options": options} | known


CASES = (
    Case("read_plays", "plays", PLAYS, _read),
    Case("split_songs", "songs", SONGS, _split, {"plays": 10_000}),
    Case("cut_plays", "plays", PLAYS, _cut),
    Case("factorise_plays", "plays", PLAYS, _factorise),
    Case("factorise_plays", "factors", (10, 50, 100, 200, 400), _factorise, {"plays": 300_000}),
    Case("choose_wmf", "plays", PLAYS, _choose),
    Case("evaluate_warm", "plays", PLAYS, _warm),
    Case("predict_usage", "plays", PLAYS, _usage),
)
