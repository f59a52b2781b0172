"""Draw a histogram of the confidences of plays."""

from pathlib import Path

from coldwave.analysis.confidences import caption, distinct_confidences
from coldwave.analysis.figures import confidence_histogram
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.files import read_table
from coldwave.job import run
from coldwave.wmf.chosen import read_chosen


def main(*, plays: Path, figure: Path, options: dict, chosen: Path = None) -> None:
    """``options``: alpha and epsilon, besides those ``chosen``."""
    confidence = options | read_chosen(chosen, "alpha", "epsilon")
    values, pairs = distinct_confidences(read_table(plays, ["count"])["count"], **confidence)
    words = caption(values, pairs, **confidence)
    write_exhibit_figure(figure, confidence_histogram(values, pairs, words), words)


run(main)
