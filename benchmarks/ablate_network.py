"""Measure what each ingredient of a network is worth: train variants of one entry on a finished run's songs.

    python benchmarks/ablate_network.py results/demo config.yaml cnn_time --seeds 1 2 3

From the paper's network (the defaults of kind cnn) to the entry: every setting in which they differ is added to the
former and taken from the latter, one at a time. Other entries of files like the preset come after them (--others).

Test songs are not used. A run has few validation songs, so each seed draws as many anew from the songs that are not
test songs, factorises the plays of the rest with the settings that the run chose, and trains every variant on them with
that seed. AUC and mAP rank the validation songs; ± is the standard deviation over seeds, and a difference is from the
paper's network on the same songs.
"""

import argparse
import logging
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
import yaml

from coldwave.audio.frames import LogMels
from coldwave.evaluation.ranking import rank_songs
from coldwave.files import read_array, read_table
from coldwave.models.cnn.chosen_objective import chosen_objective
from coldwave.models.cnn.prediction import predict
from coldwave.models.cnn.training import train
from coldwave.models.devices import best_device
from coldwave.wmf.als import factorise_songs
from coldwave.wmf.chosen import read_chosen

sys.path.insert(0, str(Path(__file__).parents[1]))  # workflow is not installed
from workflow.settings import check, load_schema

CUTOFF = 500
TOGETHER = {"mask_frames": "mask_bands"} | dict.fromkeys(("warm_up", "epochs", "patience", "learning_rate"), "schedule")


def defaults() -> dict[str, Any]:
    """The paper's network: the default settings of kind cnn."""
    keys = load_schema()["$defs"]["cnn"]["properties"]
    return {key: keys[key]["default"] for key in keys if "default" in keys[key]}


def variants(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Make the settings of each variant, by name; settings that make sense only together are one ingredient."""
    base = defaults()
    ingredients: dict[str, dict[str, Any]] = {}
    for key, value in entry.items():
        if key != "kind" and value != base[key]:
            ingredients.setdefault(TOGETHER.get(key, key), {})[key] = value
    full = {key: value for changes in ingredients.values() for key, value in changes.items()}
    named = {"the paper's": base, "all": base | full}
    for name, changes in ingredients.items():
        named[f"the paper's + {name}"] = base | changes
        named[f"all - {name}"] = base | {key: value for key, value in full.items() if key not in changes}
    return named


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("run", type=Path, help="folder of a finished run")
parser.add_argument("preset", type=Path)
parser.add_argument("model", help="entry of the preset")
parser.add_argument("--seeds", type=int, nargs="+", default=[1])
parser.add_argument("--others", type=Path, nargs="*", default=[], help="presets whose entries are variants too")
parser.add_argument("--only-others", action="store_true")
parser.add_argument("--threads", type=int, default=1)
arguments = parser.parse_args()
logging.disable()
torch.set_num_threads(arguments.threads)

run = arguments.run
part = read_table(run / "split/split.parquet")["part"].to_numpy()
others = np.flatnonzero(part != "test")
source = LogMels(read_table(run / "audio/index.parquet"), sorted((run / "audio/log_mel").glob("*.npy")))
plays = read_table(run / "plays/plays.parquet").filter(pl.col("song").is_in(others)).sort("user", "song")
users, factors = read_array(run / "wmf/user_factors.npy", memory_map=True).shape
wmf = check(yaml.safe_load(Path("config.yaml").read_text()))["wmf"] | {"factors": factors, "threads": arguments.threads}
wmf = {key: value for key, value in wmf.items() if key not in ("engine", "spark", "choice")}
chosen = run / "wmf/chosen.parquet"
wmf |= read_chosen(chosen if chosen.is_file() else None)


class Draw:
    """Validation songs of a seed, and factors from the plays of all songs but test and validation songs."""

    def __init__(self, seed: int):
        self.seed = seed
        shuffled = np.random.default_rng(seed).permutation(others)
        number = int((part == "validation").sum())
        self.validation, self.training = np.sort(shuffled[:number]), np.sort(shuffled[number:])
        fitted = np.isin(np.arange(len(part)), self.training)
        self.users, self.songs, _ = factorise_songs(plays=plays, fitted=fitted, users=users, seed=seed, **wmf)
        held_out = plays.filter(pl.col("song").is_in(self.validation))
        self.starts = np.searchsorted(held_out["user"].to_numpy(), np.arange(users + 1))
        self.relevant = np.searchsorted(self.validation, held_out["song"].to_numpy())

    def measure(self, settings: dict[str, Any]) -> dict[str, float]:
        """Train one network and rank the validation songs by it."""
        begin, window = time.monotonic(), settings["window"]
        training, validation = (songs[source.lengths[songs] >= window] for songs in (self.training, self.validation))
        confidence = {key: wmf[key] for key in ("alpha", "epsilon")}
        objective = chosen_objective(settings | confidence, plays, self.users, self.songs, training, self.seed)
        network, curve = train(source, source.lengths, self.songs, training, validation, settings, self.seed, objective)
        seconds = time.monotonic() - begin
        frames = np.zeros_like(source.lengths)
        frames[self.validation] = source.lengths[self.validation]
        predicted = predict(network, source, frames, window, best_device(settings["accelerator"]))
        ranking = rank_songs(self.users, predicted[self.validation], self.starts, self.relevant, CUTOFF)
        best = curve.filter("best").row(0, named=True)
        return {
            "loss": best["validation_loss"],
            "AUC": float(np.nanmean(ranking.auc)),
            "mAP": float(np.nanmean(ranking.ap)),
            "epoch": best["epoch"],
            "epochs": curve.height,
            "seconds": seconds,
            "weights": sum(parameter.numel() for parameter in network.parameters()),
        }


base = {"the paper's": defaults()}
named = (
    base if arguments.only_others else variants(yaml.safe_load(arguments.preset.read_text())["models"][arguments.model])
)
for path in arguments.others:
    for name, entry in yaml.safe_load(path.read_text())["models"].items():
        named[name] = defaults() | {key: value for key, value in entry.items() if key != "kind"}
draws = [Draw(seed) for seed in arguments.seeds]
print(f"{run}: {int((part == 'validation').sum())} validation songs, seeds {arguments.seeds}\n")
print("| variant | loss | AUC | difference | mAP | difference | best epoch | seconds | weights |")
print("| :-- |" + " --: |" * 8, flush=True)
first = None
for name, settings in named.items():
    rows = pl.DataFrame([draw.measure(settings) for draw in draws])
    first = rows if first is None else first
    cells = [f"{rows['loss'].mean():.4f}"]
    for key in ("AUC", "mAP"):
        difference = rows[key] - first[key]
        cells += [f"{rows[key].mean():.4f}", f"{difference.mean():+.4f} ± {difference.std() or 0:.4f}"]
    cells += [f"{rows['epoch'].mean():.0f} of {rows['epochs'].mean():.0f}", f"{rows['seconds'].mean():.0f}"]
    print(f"| {name} | {' | '.join(cells)} | {rows['weights'][0]:,} |", flush=True)
