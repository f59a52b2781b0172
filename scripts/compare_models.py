"""Compare all pairs of models over users and test songs: differences, intervals, corrected tests, and words."""

from pathlib import Path

from coldwave.evaluation.difference_text import columns, notes, statement
from coldwave.evaluation.differences import DIFFERENCES, INTERVALS, compare
from coldwave.evaluation.models import models_of
from coldwave.evaluation.recommendation import Trained, model_and_seed
from coldwave.evaluation.table_of_measures import COMPARED
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run


def main(
    *,
    scores: list[Path],
    without_songs: list[Path],
    table: Path,
    intervals: Path,
    markdown: Path,
    csv: Path,
    options: dict,
) -> None:
    """``options``: models, cutoff, and the lines data and protocol."""
    measures = {one.title_at(options["cutoff"]): one for one in COMPARED}
    read = ["user", *(one.score for one in COMPARED)]
    trained = [Trained(*model_and_seed(path), read_table(path, read)) for path in scores]
    kinds = {name: model.kind for name, model in models_of(options["models"]).items()}
    without = {model_and_seed(path): read_array(path) for path in without_songs}
    comparison = compare(trained, without, kinds, measures)
    write_table(table, comparison.differences, DIFFERENCES)
    write_table(intervals, comparison.intervals, INTERVALS)
    write_text(csv, comparison.differences.write_csv())
    found = [measure for measure in measures if measure in comparison.intervals["measure"]]
    write_exhibit_table(
        markdown,
        "Which differences between models hold",
        [options["data"], options["protocol"], *(statement(comparison, measure) for measure in found)],
        columns(comparison),
        left=2,
        notes=notes(comparison),
    )


run(main)
