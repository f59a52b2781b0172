"""Tabulate how close estimates of popularity come, on songs left out and on test songs, by part and by artist."""

from pathlib import Path

import polars as pl

from coldwave.evaluation.recommendation import model_and_seed
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run
from coldwave.models.names.groups import find_groups
from coldwave.models.popularity_estimate.estimate import Estimate, count_users, predict_parts
from coldwave.models.popularity_estimate.judging import CLOSENESS, closeness_columns, closeness_notes, judge
from coldwave.models.weights import read_fitted_on, read_weights
from coldwave.split.parts import TEST


def main(
    *,
    plays: Path,
    songs: Path,
    split: Path,
    weights: list[Path],
    features: list[Path],
    table: Path,
    markdown: Path,
    csv: Path,
    options: dict,
) -> None:
    """``options``: data and protocol."""
    test = (read_table(split, ["part"])["part"] == TEST).to_numpy()
    named = read_table(songs, ["song_id", "artist", "album", "date"])
    users, groups, judged = count_users(read_table(plays, ["song"]), len(test)), find_groups(named), []
    for path, heard in zip(weights, features, strict=True):
        known = read_fitted_on(path)
        parts = predict_parts(Estimate.of(read_weights(path)[0]), known, read_array(heard), named)
        judged.append(judge(model_and_seed(path)[0], users, parts, groups, known, test))
    rows = pl.concat(judged)
    write_table(table, rows, CLOSENESS)
    write_text(csv, rows.write_csv())
    title, about = "How close the estimate of popularity comes", [options["data"], options["protocol"]]
    write_exhibit_table(markdown, title, about, closeness_columns(rows), 3, closeness_notes())


run(main)
