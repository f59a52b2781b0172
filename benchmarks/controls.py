"""Deal out audio, and names, among the songs of a run: each model must lose what it should, and no more.

    python benchmarks/controls.py -- --configfile presets/emotify.yaml mine.yaml --cores 2

The arguments after `--` are Snakemake's. The run is made if it is not there, and then once with all audio files and
embeddings dealt out among its songs (`<run>-audio-dealt`), and once with artist and album, together
(`<run>-names-dealt`). Plays, songs, users and the split are those of the run.

What each model should be worth follows from the table of kinds. A model that knows nothing of what was dealt out stays
the same (within 0.005 AUC). One that knows nothing else is at chance, and any other is worth what the models are that
know the rest, both within the interval. The exit status is 1 if a model is not.
"""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from snakemake.utils import update_config

from coldwave.command.repeats import Call, read_call, run_name
from coldwave.command.workflow import run_snakemake
from coldwave.files import read_table
from coldwave.plays.manifest import COLUMNS

sys.path.insert(0, str(Path(__file__).parents[1]))  # workflow is not installed
from workflow.controls import AUDIO, DEALT, NAMES, Auc, expected, knows, verdict
from workflow.features import taken
from workflow.kinds import row_of
from workflow.settings import check, over_default

ALIKE = {AUDIO: ["audio"], NAMES: ["artist", "album"]}  # columns of the songs table that are dealt out together
TABLES = ("recommendation", "intervals")
SEPARATOR = "|"


def merged(call: Call) -> dict[str, Any]:
    """The config of the run, checked."""
    given: dict[str, Any] = {}
    for path in call.configs:
        update_config(given, yaml.safe_load(path.read_text(encoding="utf-8")))
    return check(over_default(given, call.default))


def dealt_out(songs: pl.DataFrame, what: str, seed: int) -> pl.DataFrame:
    """Deal columns out among the songs that have them."""
    columns = ALIKE[what]
    having = np.flatnonzero(songs.select(pl.any_horizontal(pl.col(columns).is_not_null())).to_series().to_numpy())
    source = np.arange(songs.height)
    source[having] = np.random.default_rng(seed).permutation(having)
    return songs.with_columns(songs[source].select(columns))


def written(folder: Path, run: Path, config: dict[str, Any], what: str) -> Path:
    """Write what a control reads, its plays, songs and split, and the overlay that names them."""
    folder.mkdir(parents=True, exist_ok=True)
    songs = read_table(run / "plays/songs.parquet").sort("song")
    ids, users = songs.select("song", "song_id"), read_table(run / "plays/users.parquet", ["user", "user_id"])
    plays = read_table(run / "plays/plays.parquet").join(ids, on="song").join(users, on="user")
    files = {name: folder / f"{name}.parquet" for name in ("plays", "songs", "split")}
    plays.select("user_id", "song_id", "count").write_parquet(files["plays"])
    read_table(run / "split/split.parquet").join(ids, on="song").select("song_id", "part").write_parquet(files["split"])
    root = run.absolute().parents[1]  # where relative paths of audio begin
    audio = [None if path is None else str(root / path) for path in songs["audio"]]
    songs = songs.with_columns(pl.col("tags").list.join(SEPARATOR), pl.Series("audio", audio, dtype=pl.String))
    dealt_out(songs, what, config["seed"]).select(COLUMNS).write_csv(files["songs"].with_suffix(".csv"))
    overlay = {
        "run": f"{config['run']}-{what}-dealt",
        "data_note": f"A control: songs were dealt each other's {what}. {config['data_note'] or ''}".strip(),
        "world": None,
        "plays": {
            "path": str(files["plays"]),
            "format": "table",
            "table": {"user": "user_id", "song": "song_id", "count": "count", "time": None, "header": True},
            "songs": {
                "path": str(files["songs"].with_suffix(".csv")),
                "columns": {name: name for name in COLUMNS},
                "tag_separator": SEPARATOR,
                "audio_root": "/",
                "exclude": None,
            },
            "songs_without_audio": "keep",
            "top_songs": None,  # the run has filtered songs and users already
            "top_users": None,
            "min_users": 0,
            "min_songs": 1,
        },
        "split": {"path": str(files["split"]), "by": "song", "folds": None, "fold": 1},
        "embeddings": {name: {"shuffle": what == AUDIO} for name in config["embeddings"]},
        "models": {name: None for name, model in config["models"].items() if row_of(model).demo},
        "warm": None,
        "audit": {"canary": []},
        "evaluation": {"plays_worth": None},
    }
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay, sort_keys=False), encoding="utf-8")
    return path


def made(call: Call, run: Path, overlay: Path) -> dict[str, dict[str, Auc | float]]:
    """Make a run's tables: from each model to its AUC with an interval, and to its mAP."""
    targets = [str(run / f"tables/{name}.parquet") for name in TABLES]
    print(f"== {run.name}", file=sys.stderr, flush=True)
    if status := run_snakemake(dataclasses.replace(call, others=[*targets, *call.others]).command(overlay)):
        sys.exit(f"error: the run {run.name} failed (snakemake ended with {status}; see above)")
    rows = read_table(run / "tables/intervals.parquet")
    means = {measure: dict(part.select("model", "mean").iter_rows())
             for (measure,), part in rows.group_by("measure")}  # fmt: skip
    bounds = {model: (low, high) for model, low, high in
              rows.filter(measure="AUC").select("model", "low", "high").iter_rows()}  # fmt: skip
    precision = next(name for name in means if name != "AUC")
    aucs = {model: Auc(mean, *bounds[model]) for model, mean in means["AUC"].items()}
    return {"auc": aucs, "map": means[precision]}


def main() -> int:
    """Make the runs and print the table: 1 if a model is not worth what it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snakemake", nargs="*", metavar="ARGUMENT", help="arguments of Snakemake, after --")
    call = read_call(parser.parse_args().snakemake)
    config, run = merged(call), call.results / run_name(call)
    models = config["models"]
    folder = run.with_name(f"{run.name}-controls")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.yaml").write_text(yaml.safe_dump({"run": run.name}), encoding="utf-8")
    plain = made(call, run, folder / "plain.yaml")
    controls = {
        what: made(call, run.with_name(f"{run.name}-{what}-dealt"),
                   written(folder / what, run, config, what))
        for what in DEALT
    }  # fmt: skip
    wrong = 0
    print(f"{'model':20} {'knows':12} {'plain':>12} " + " ".join(f"{what + ' dealt':>12} {'':32}" for what in DEALT))
    for model, auc in plain["auc"].items():
        if row_of(models[model]).demo:
            continue
        line = (
            f"{model:20} {'+'.join(sorted(knows(models, model))) or '-':12} {auc.mean:.3f} / {plain['map'][model]:.3f}"
        )
        for what, found in controls.items():
            expectation, dealt = expected(models, model, what), found["auc"][model]
            mistake = verdict(expectation, plain["auc"], model, dealt)
            wrong += mistake is not None
            said = f"WRONG: {mistake}" if mistake else " ".join((expectation.what, *expectation.models[:2]))
            line += f" {dealt.mean:.3f} / {found['map'][model]:.3f} {said[:32]:32}"
        print(line)
    print(f"AUC / mAP. Sources of features: {', '.join(taken(config)) or 'none'}. {wrong} not as expected.")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
