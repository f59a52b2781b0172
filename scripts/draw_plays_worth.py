"""Draw how well songs with a few plays are ranked, and the models that know none."""

from pathlib import Path

from coldwave.evaluation.models import models_of
from coldwave.evaluation.plays_worth_figure import draw_worth
from coldwave.evaluation.table_of_measures import AUC, MAP
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.files import read_table
from coldwave.job import run


def main(*, table: Path, curve: Path, auc: Path, map: Path, options: dict) -> None:
    """``options``: models and cutoff."""
    tables, models = (read_table(curve), read_table(table)), models_of(options["models"])
    for path, measure in ((auc, AUC), (map, MAP)):
        write_exhibit_figure(path, *draw_worth(*tables, models, measure, measure.title_at(options["cutoff"])))


run(main)
