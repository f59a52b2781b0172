"""Lay out songs in the plane by their usage patterns, with t-SNE."""

from pathlib import Path

import numpy as np
import polars as pl

from coldwave.analysis.song_map import MAP, embed
from coldwave.analysis.usage_patterns import pattern_root, unit_patterns, usable
from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.split.parts import TEST


def main(*, split: Path, user_factors: Path, vectors: Path, map: Path, options: dict, threads: int = 1) -> None:
    """``vectors`` are the song vectors of the model shown; ``options``: perplexity, songs (test or all) and seed."""
    units = unit_patterns(read_array(vectors), pattern_root(read_array(user_factors, memory_map=True)))
    part = read_table(split, ["part"])["part"].to_numpy()
    songs = np.flatnonzero(usable(units) & ((part == TEST) | (options["songs"] == "all")))
    found = embed(units[songs], options["perplexity"], options["seed"], threads)
    table = pl.DataFrame({"song": songs, "x": found[:, 0], "y": found[:, 1]}).cast({"song": pl.UInt32})
    write_table(map, table, MAP)


run(main)
