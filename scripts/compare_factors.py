"""Compare predicted factors with those of the songs' own plays: variance, cosine, calibration, popularity."""

from pathlib import Path

from coldwave.analysis.factor_fit import BY_FACTOR, FIT, calibration, fit_columns, fit_notes, fit_tables
from coldwave.analysis.figures import calibration as draw_calibration
from coldwave.analysis.popularity_error import (
    POPULARITY_ERROR,
    popularity_columns,
    popularity_errors,
    popularity_notes,
)
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.exhibits.files import write_exhibit_figure, write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run
from coldwave.split.parts import TEST, TRAIN

CAPTION = (
    "Predicted factors of test songs against the factors from the songs' own plays, in standard deviations of training "
    "songs. Each point is the mean of a bin; all bins hold the same number of values. On the dashed line, predictions "
    "are right on average. A flatter line means that predictions are too extreme."
)


def main(
    *,
    split: Path,
    songs: Path,
    user_factors: Path,
    song_factors: Path,
    predictions: list[Path],
    table: Path,
    markdown: Path,
    csv: Path,
    by_factor: Path,
    by_factor_csv: Path,
    popularity: Path,
    popularity_markdown: Path,
    popularity_csv: Path,
    figure: Path,
    options: dict,
) -> None:
    """``options``: data and protocol."""
    part, true = read_table(split, ["part"])["part"].to_numpy(), read_array(song_factors)
    predicted = {model_and_seed(path)[0]: read_array(path) for path in predictions}
    models, factors = fit_tables(true, predicted, part == TEST)
    write_table(table, models, FIT)
    write_table(by_factor, factors, BY_FACTOR)
    write_text(csv, models.write_csv())
    write_text(by_factor_csv, factors.write_csv())
    about = [options["data"], options["protocol"]]
    write_exhibit_table(markdown, "How close predicted factors come", about, fit_columns(models), 1, fit_notes())
    plays = read_table(songs, ["plays"])["plays"].to_numpy()
    along, told = popularity_errors(true, predicted, read_array(user_factors), plays, part == TEST)
    write_table(popularity, along, POPULARITY_ERROR)
    write_text(popularity_csv, along.write_csv())
    title = "How much of the error is popularity"
    write_exhibit_table(popularity_markdown, title, about, popularity_columns(along), 1, popularity_notes(told))
    curves = {name: calibration(true, vectors, part == TRAIN, part == TEST) for name, vectors in predicted.items()}
    write_exhibit_figure(figure, draw_calibration(curves, CAPTION), CAPTION)


run(main)
