"""Draw the filters of a network's first layer."""

from pathlib import Path

from coldwave.analysis.figures import filters
from coldwave.analysis.filters import first_filters, largest
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.job import run
from coldwave.models.weights import read_weights

FILTERS = 32


def main(*, weights: Path, figure: Path, options: dict) -> None:
    """``options``: model, its name."""
    whole = first_filters(read_weights(weights)[0])
    shown = largest(whole, FILTERS)
    caption = (
        f"Filters of the first layer of {options['model']}: the {len(shown)} of {len(whole)} with the largest weights, "
        "sorted from low to high mel bands. Each spans all mel bands (low at the bottom) and a few frames. Red is "
        "positive, blue negative."
    )
    write_exhibit_figure(figure, filters(shown, caption), caption)


run(main)
