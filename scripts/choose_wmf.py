"""Choose the factorisation's settings from the config's lists, by held-out plays of training songs."""

import logging
from pathlib import Path

import polars as pl

from coldwave.evaluation.held_out import NothingToRank
from coldwave.files import read_table, write_table, write_text
from coldwave.job import run
from coldwave.split.parts import TRAIN
from coldwave.wmf.choice import at_chance, at_the_end, choose, first_of_lists, schema
from coldwave.wmf.choice_exhibits import summary, write_grid_figure, write_grid_table
from coldwave.wmf.chosen import write_chosen

log = logging.getLogger(__name__)


def main(
    *,
    plays: Path,
    split: Path,
    chosen: Path,
    grid: Path,
    grid_markdown: Path,
    grid_csv: Path,
    grid_figure: Path,
    options: dict,
    threads: int = 1,
) -> None:
    """``options``: grid (lists of settings), wmf (the other settings), choice, cutoff, seed, and a line on the data."""
    lists, cutoff, choice = options["grid"], options["cutoff"], options["choice"]
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    how = {"held_out": choice["held_out"], "draws": choice["draws"], "maximised": choice["measure"]}
    how |= {"users": choice["users"], "cutoff": cutoff, "seed": options["seed"], "threads": threads}
    warnings = []
    try:
        table = choose(read_table(plays), training, lists, options["wmf"], **how)
    except NothingToRank as error:  # as with the plays of one user
        table = first_of_lists(lists, options["wmf"], cutoff)
        warnings += [f"{error}. Till then the first value of each list in wmf is taken"]
    found = table.row(by_predicate=pl.col("chosen"), named=True)
    warnings = warnings or at_chance(found) + at_the_end(lists, found)
    for line in warnings:
        log.warning(line)
    log.info(summary(table, lists, cutoff), extra={"screen": True})
    write_table(grid, table, schema(cutoff))
    write_text(grid_csv, table.write_csv())
    write_grid_table(grid_markdown, table, options, [options["data"]], warnings)
    write_grid_figure(grid_figure, table, lists, cutoff)
    write_chosen(chosen, {key: found[key] for key in lists})


run(main)
