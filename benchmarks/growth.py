"""Measure how models grow with the number of songs: demo worlds of several sizes, tables, and a figure.

    python benchmarks/growth.py --cores 2

Each size is a run of its own in results/growth-<songs>, which Snakemake makes and goes on with; what is there is not
made again. Every song has as many plays, and every artist as many songs, in all sizes. Networks and references other
than those that are compared are left out, as are the audit's canary, the warm evaluation and the report.

The default config's number of training steps of `cnn_time` is for 600 songs. It grows with the number of songs to the
power of --steps-exponent, by default the square root. The paper's network trains until validation songs stop it.

The figure is written to docs/images/growth.svg (--figure), the tables are printed.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import polars as pl
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coldwave.evaluation.figures import styles_of
from coldwave.evaluation.growth import PowerLaw, measured, power_law
from coldwave.evaluation.table_of_measures import AUC, MAP
from coldwave.exhibits.drawing import INK, MUTED, STYLE, WIDTH, as_svg
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.exhibits.markdown import percent, pipe_table
from coldwave.files import read_table, write_text
from coldwave.split.parts import TRAIN

SEED = 11
REFERENCE, EAR, NETWORK = "linear", "perfect_ear", "cnn_time"
LEARNT = (REFERENCE, "cnn_mse", NETWORK)
MODELS = ("random", *LEARNT, EAR, "usage")
TABLES = ("recommendation", "intervals", "differences")


def run_name(songs: int, seed: int) -> str:
    """Name the run of a size."""
    return f"growth-{songs}" if seed == SEED else f"growth-{songs}-seed{seed}"


def overlay(default: dict, songs: int, seed: int, exponent: float) -> dict:
    """Make what the run of a size lays over the default config."""
    world, steps = default["world"], default["models"][NETWORK]["steps"]
    larger = songs / world["songs"]
    models = {name: None for name in default["models"] if name not in MODELS}
    return {
        "run": run_name(songs, seed),
        "seed": seed,
        "world": {"songs": songs, "artists": round(world["artists"] * larger), "users": round(world["users"] * larger)},
        "warm": None,
        "models": models | {NETWORK: {"steps": max(1, round(steps * larger**exponent))}},
        "audit": {"canary": []},
    }


def make(default: dict, songs: int, options: argparse.Namespace) -> None:
    """Let Snakemake make the tables of a size, as far as they are not there."""
    settings = overlay(default, songs, options.seed, options.steps_exponent)
    config = Path("results/growth") / f"{settings['run']}.yaml"  # kept: it says what was run
    write_text(config, yaml.safe_dump(settings, sort_keys=False))
    print(
        f"== {settings['run']}: {settings['models'][NETWORK]['steps']} steps of {NETWORK}", file=sys.stderr, flush=True
    )
    command = [sys.executable, "-m", "snakemake", "--cores", str(options.cores), "--configfile", str(config)]
    command += ["--dry-run"] if options.dry_run else []
    targets = [f"results/{settings['run']}/tables/{table}.parquet" for table in TABLES]
    if status := subprocess.run([*command, "--", *targets], check=False).returncode:
        sys.exit(
            f"error: the run {settings['run']} failed (snakemake ended with {status}; see above). Fix it and give the "
            "same command again: what is done is not done again"
        )


def read(songs: int, seed: int) -> pl.DataFrame:
    """Read what is compared from the run of a size."""
    run = Path("results") / run_name(songs, seed)
    tables = (read_table(run / "tables" / f"{table}.parquet") for table in TABLES)
    training = int((read_table(run / "split/split.parquet")["part"] == TRAIN).sum())
    return measured(*tables, training_songs=training, songs=songs, ear=EAR, reference=REFERENCE)


def with_interval(rows: pl.DataFrame, key: str, digits: int) -> list[str]:
    """Format values with their intervals, if they have one."""
    return [
        f"{value:.{digits}f}" + ("" if low is None else f" ({low:.{digits}f} to {high:.{digits}f})")
        for value, low, high in rows.select(key, f"{key}_low", f"{key}_high").rows()
    ]


def print_tables(rows: pl.DataFrame, laws: dict[str, PowerLaw | None], cutoff: int) -> None:
    """Print five tables: AUC, mAP, the share of what can be heard, the ratios of mAP, and the exponents."""
    sizes = rows.filter(model=REFERENCE)
    head = {key: [f"{size:,}" for size in sizes[key]] for key in ("songs", "training_songs")}
    head = {key.replace("_", " "): cells for key, cells in head.items()}
    of = {model: rows.filter(model=model) for model in MODELS}
    for measure in (AUC, MAP):
        print(f"\n{measure.title_at(cutoff)}, with 95 % intervals over users and test songs:\n")
        print(*pipe_table(head | {model: with_interval(of[model], measure.key, 3) for model in MODELS}, 0), sep="\n")
    print("\nShare of what can be heard, in AUC and in mAP:\n")
    heard = {model: zip(of[model][AUC.heard_column], of[model][MAP.heard_column], strict=True) for model in LEARNT}
    cells = {model: [f"{percent(auc)}, {percent(ap)}" for auc, ap in pairs] for model, pairs in heard.items()}
    print(*pipe_table(head | cells, 0), sep="\n")
    print(f"\nmAP divided by that of {REFERENCE}, with 95 % intervals:\n")
    ratios = {model: with_interval(of[model], "ratio", 2) for model in (*LEARNT, EAR) if model != REFERENCE}
    print(*pipe_table(head | ratios, 0), sep="\n")
    print(f"\nAUC of {EAR} minus that of a model, as a power law of the number of training songs:\n")
    found = {"model": list(laws), "exponent": [], "standard error": [], "95 % interval": []}
    for law in laws.values():
        found["exponent"].append("–" if law is None else f"{-law.exponent:.3f}")
        found["standard error"].append("–" if law is None else f"{law.error:.3f}")
        found["95 % interval"].append("–" if law is None else f"{-law.high:.3f} to {-law.low:.3f}")
    print(*pipe_table(found, 1), sep="\n")
    print(
        f"\nA line in logarithms over the sizes ({len(sizes)}, which is few), one world and one training each. The "
        "standard error follows from those of the differences (users and test songs), or from the scatter about the "
        f"line where that is larger. The interval is Student's t with {max(0, len(sizes) - 2)} degrees of freedom. –: "
        "fewer than three sizes, or a model that is somewhere less than two standard errors behind the perfect ear."
    )


def panel(axes: Axes, sizes: np.ndarray, title: str) -> None:
    """Prepare a panel over the number of training songs."""
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.set_facecolor("none")
    axes.grid(True, axis="y")
    axes.set_ylabel(title)


def draw(rows: pl.DataFrame, laws: dict[str, PowerLaw | None], path: Path) -> None:
    """Draw AUC, what models lack of a perfect ear with the fitted lines, and the ratios of mAP."""
    sizes = rows["training_songs"].unique().sort().to_numpy()
    styles = styles_of((NETWORK, "cnn_mse")) | {EAR: (INK, "-"), REFERENCE: (MUTED, "-")}
    shown = (EAR, NETWORK, "cnn_mse", REFERENCE)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 7.6), layout="constrained")
        top, middle, bottom = figure.subplots(3)
        for axes, key, title, models in (
            (top, AUC.key, "AUC", shown),
            (middle, "gap", "AUC behind the ear", shown[1:]),
            (bottom, "ratio", f"mAP in ratio to {REFERENCE}", shown[:-1]),
        ):
            panel(axes, sizes, title)
            for place, model in enumerate(models):
                own, (colour, shape) = rows.filter(model=model).sort("training_songs"), styles[model]
                x, y = own["training_songs"].to_numpy(), own[key].to_numpy()
                x = x * (1 + 0.015 * (place - (len(models) - 1) / 2))  # so that bars do not hide each other
                ends = [f"{key}_low", f"{key}_high"]
                low, high = (y - own["gap_error"], y + own["gap_error"]) if key == "gap" else own.select(ends)
                axes.vlines(x, low, high, color=colour, linewidth=0.9, alpha=0.7)
                axes.plot(x, y, "o", color=colour, markersize=3.5)
                law = laws.get(model) if key == "gap" else None
                span = np.geomspace(sizes[0], sizes[-1], 50)
                line = (span, law.at(span)) if law else (x, y)
                axes.plot(*line, color=colour, linestyle=shape, linewidth=1.5)
                if axes is top:
                    axes.plot([], [], color=colour, linestyle=shape, marker="o", markersize=3.5, label=model)
        middle.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        bottom.axhline(1, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        bottom.set_xlabel("training songs")
        figure.legend(loc="outside upper center", ncols=2)
        ends = rows.filter(pl.col("model").is_in(shown)).sort("training_songs").group_by("model", maintain_order=True)
        first_last = ends.agg(pl.first(AUC.key), pl.last(AUC.key).alias("last")).rows()
        alt = f"AUC from {sizes[0]:,} to {sizes[-1]:,} training songs: "
        alt += ", ".join(f"{model} {first:.3f} to {last:.3f}" for model, first, last in first_last)
        fitted = ", ".join(f"{model} {-law.exponent:.2f} ± {law.error:.2f}" for model, law in laws.items() if law)
        caption = (
            "Models by the number of training songs, in demo worlds. Top: AUC on test songs. Middle: what models lack "
            f"of a perfect ear, with fitted power laws (exponents ± standard errors: {fitted or 'none'}). Bottom: mAP "
            "in ratio to ridge regression on the bag of words. Bars are 95 % intervals, in the middle standard errors."
        )
        write_exhibit_figure(path, as_svg(figure, "growth" + alt, alt), caption)


parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--sizes", type=int, nargs="+", default=[600, 1200, 2400, 4800], help="numbers of songs")
parser.add_argument("--seed", type=int, default=SEED)
parser.add_argument("--cores", default="all", help="of Snakemake")
parser.add_argument("--steps-exponent", type=float, default=0.5, help=f"of the growth of {NETWORK}'s training steps")
parser.add_argument("--figure", type=Path, default=Path("docs/images/growth.svg"))
parser.add_argument("--dry-run", action="store_true", help="show what Snakemake would do, and stop")
arguments = parser.parse_args()

default_settings = yaml.safe_load(Path("config.yaml").read_text())
sizes_in_order = sorted(set(arguments.sizes))
for number in sizes_in_order:
    make(default_settings, number, arguments)
if not arguments.dry_run:
    table = pl.concat([read(number, arguments.seed) for number in sizes_in_order])
    by_model = {model: table.filter(model=model) for model in LEARNT}
    fits = {
        model: power_law(own["training_songs"].to_list(), own["gap"].to_list(), own["gap_error"].to_list())
        for model, own in by_model.items()
    }
    print_tables(table, fits, default_settings["evaluation"]["cutoff"])
    draw(table, fits, arguments.figure)
    print(f"\nFigure: {arguments.figure}")
