"""Hold out plays of training songs and measure how collaborative filtering ranks them: factorisation and neighbours."""

from pathlib import Path

from coldwave.files import read_table, write_table, write_text
from coldwave.job import run
from coldwave.split.parts import TRAIN
from coldwave.warm.evaluation import evaluate_warm, schema
from coldwave.warm.table import write_warm_table
from coldwave.wmf.chosen import read_chosen

CHOSEN = (
    "The settings of WMF are those that the run chose from its lists (tables/wmf_grid.md), by held-out plays of the "
    "same users and songs in other draws, where these could tell."
)


def main(
    *,
    plays: Path,
    users: Path,
    split: Path,
    table: Path,
    markdown: Path,
    csv: Path,
    options: dict,
    chosen: Path = None,
    threads: int = 1,
) -> None:
    """``options``: wmf (its settings besides those ``chosen``), held_out, neighbours, recall_at, cutoff, seed, data."""
    rows = evaluate_warm(
        plays=read_table(plays),
        training=(read_table(split)["part"] == TRAIN).to_numpy(),
        users=read_table(users, ["user"]).height,
        wmf=options["wmf"] | read_chosen(chosen),
        held_out=options["held_out"],
        neighbours=options["neighbours"],
        first=options["recall_at"],
        cutoff=options["cutoff"],
        seed=options["seed"],
        threads=threads,
    )
    write_table(table, rows, schema(options["cutoff"], options["recall_at"]))
    write_text(csv, rows.write_csv())
    about = [options["data"], *([CHOSEN] if chosen else [])]
    write_warm_table(markdown, rows, options, about)


run(main)
