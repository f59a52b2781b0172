"""Draw a histogram of the confidences of plays."""

from pathlib import Path

from coldwave.analysis.confidences import caption, distinct_confidences
from coldwave.analysis.figures import confidence_histogram
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.files import read_table
from coldwave.job import run


def main(*, plays: Path, figure: Path, options: dict) -> None:
    """``options``: alpha and epsilon."""
    values, pairs = distinct_confidences(read_table(plays, ["count"])["count"], options["alpha"], options["epsilon"])
    words = caption(values, pairs, options["alpha"], options["epsilon"])
    write_exhibit_figure(figure, confidence_histogram(values, pairs, words), words)


run(main)
