"""Compare predicted factors with those of the songs' own plays: explained variance, cosine and calibration."""

from pathlib import Path

from coldwave.analysis.factor_fit import BY_FACTOR, FIT, calibration, fit_columns, fit_notes, fit_tables
from coldwave.analysis.figures import calibration as draw_calibration
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
    song_factors: Path,
    predictions: list[Path],
    table: Path,
    markdown: Path,
    csv: Path,
    by_factor: Path,
    by_factor_csv: Path,
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
    curves = {name: calibration(true, vectors, part == TRAIN, part == TEST) for name, vectors in predicted.items()}
    write_exhibit_figure(figure, draw_calibration(curves, CAPTION), CAPTION)


run(main)
