"""Rank held-out plays by the factorisation as the run chooses it, beside fixed settings, neighbours and popularity.

    COLDWAVE_DATA=/path/to/data python benchmarks/teacher.py --seeds 1 2 3 --presets hetrec msd-timbre emotify

A row for each system and data set: mean and standard deviation over draws of held-out plays. Only plays of training
songs are looked at. The settings are chosen as `choose_wmf` does, by other draws of the same plays; with --nested, by
draws from the plays that remain, for each draw anew.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from coldwave.evaluation.held_out import (
    hold_out_plays,
    measure,
    of_training_songs,
    same_scores,
    vector_scores,
)
from coldwave.files import read_table
from coldwave.models.references import random_vectors
from coldwave.split.draw import split_songs
from coldwave.split.parts import TRAIN
from coldwave.warm.evaluation import neighbour_scores
from coldwave.wmf.als import factorise_plays
from coldwave.wmf.choice import choose
from coldwave.wmf.listable import LISTABLE
from coldwave.world.raw_files import draw_world

sys.path.insert(0, str(Path(__file__).parents[1]))  # workflow is not installed
from workflow.consistency import listed
from workflow.settings import check, over_default

FIXED = {"factors": 50, "alpha": 2.0, "epsilon": 1.0, "regularization": 1.0, "iterations": 15, "solver": "cg"}

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--seeds", type=int, nargs="*", default=[], help="of the demo world")
parser.add_argument("--presets", nargs="*", default=[])
parser.add_argument("--draws", type=int, default=3)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--nested", action="store_true")
arguments = parser.parse_args()


def of_world(seed: int) -> tuple[pl.DataFrame, int, np.ndarray, dict]:
    """The plays of a demo world (``user``, ``song``, ``count``), its users, its training songs, and the config."""
    config = check(over_default({"seed": seed}, Path("config.yaml")))
    world = draw_world(**{key: config["world"][key] for key in ("songs", "artists", "users")}, seed=seed)
    songs = world.songs.sort("song_id").with_row_index("song")
    parts = split_songs(songs, config["split"]["validation"], config["split"]["test"], seed=seed)
    users = world.plays.select(pl.col("user_id").unique().sort()).with_row_index("user")
    plays = world.plays.join(users, on="user_id").join(songs.select("song", "song_id"), on="song_id")
    plays = plays.select("user", "song", "count").sort("user", "song")
    return plays, users.height, (parts["part"] == TRAIN).to_numpy(), config


def of_preset(name: str) -> tuple[pl.DataFrame, int, np.ndarray, dict]:
    """The same of a preset's data, which the workflow reads and splits."""
    preset = Path("presets") / f"{name}.yaml"
    command = [sys.executable, "-m", "snakemake", "--configfile", str(preset), "--cores", "1", "--quiet"]
    subprocess.run([*command, "--until", "split_songs"], check=True)
    config = check(over_default(yaml.safe_load(preset.read_text()), Path("config.yaml")))
    run = Path("results") / config["run"]
    training = (read_table(run / "split/split.parquet")["part"] == TRAIN).to_numpy()
    return read_table(run / "plays/plays.parquet"), read_table(run / "plays/users.parquet").height, training, config


def chosen_settings(plays: pl.DataFrame, songs: int, config: dict) -> dict:
    """The settings of the factorisation, chosen by plays of training songs."""
    wmf, choice = dict(config["wmf"]), config["wmf"]["choice"]
    grid = {key: wmf.pop(key) for key in listed(config)}
    wmf = {key: value for key, value in wmf.items() if key not in ("engine", "spark", "choice")}
    how = (choice["held_out"], choice["draws"], choice["measure"], choice["users"], config["evaluation"]["cutoff"])
    table = choose(plays, np.ones(songs, bool), grid, wmf, *how, seed=config["seed"], threads=arguments.threads)
    found = table.row(by_predicate=pl.col("chosen"), named=True)
    return wmf | {key: found[key] for key in LISTABLE}


def compare(name: str, plays: pl.DataFrame, users: int, training: np.ndarray, config: dict) -> None:
    """Print a table of the systems."""
    plays, songs, found, used = of_training_songs(plays, training), int(training.sum()), {}, []
    chosen = None if arguments.nested else chosen_settings(plays, songs, config)
    for draw in range(arguments.draws):
        seed, cure = [config["seed"], 1000 + draw], "read more plays"
        remaining, known, missing = hold_out_plays(plays, users, songs, 0.2, seed, cure)
        systems = {
            "random": vector_scores(*random_vectors(users, songs, draw)),
            "popularity": same_scores(np.bincount(known.indices, minlength=songs)),
            "item-item, cosine": neighbour_scores(known, 100, "cosine", arguments.threads),
            "item-item, BM25": neighbour_scores(known, 100, "bm25", arguments.threads),
        }
        own = chosen or chosen_settings(remaining, songs, config)
        used.append(", ".join(f"{key} {own[key]:g}" for key in listed(config)))
        for label, wmf in {"WMF, 50 factors, lambda 1": FIXED, "WMF, chosen": own}.items():
            fitted = factorise_plays(remaining, users, songs, **wmf, seed=draw, threads=arguments.threads)
            systems[label] = vector_scores(*fitted)
        for label, scores in systems.items():
            result = measure(scores, known, missing, 500, 20, arguments.threads)
            found.setdefault(label, []).append([np.nanmean(result.auc), np.nanmean(result.ap)])
    print(f"\n{name}: {users:,} users, {songs:,} training songs, {plays.height:,} pairs, {arguments.draws} draws")
    print(f"chosen: {'; '.join(dict.fromkeys(used))}")
    for label, values in found.items():
        mean, deviation = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
        numbers = (f"{one:.4f} ± {other:.4f}" for one, other in zip(mean, deviation, strict=True))
        print(f"| {label:26} | {' | '.join(numbers)} |", flush=True)


for seed in arguments.seeds:
    compare(f"demo world, seed {seed}", *of_world(seed))
for preset in arguments.presets:
    compare(preset, *of_preset(preset))
