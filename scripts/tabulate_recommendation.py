"""Tabulate the recommendation experiment: mAP and AUC of every model, over users and seeds."""

from pathlib import Path

from coldwave.evaluation.models import EAR, at_end, models_of
from coldwave.evaluation.recommendation import (
    Trained,
    as_markdown,
    model_and_seed,
    recommendation_table,
    schema,
)
from coldwave.files import read_table, write_table, write_text
from coldwave.job import run


def main(*, scores: list[Path], users: Path, table: Path, markdown: Path, csv: Path, options: dict) -> None:
    """``options``: models and notes on their kinds, cutoff, and the caption's lines data and protocol."""
    trained = [Trained(*model_and_seed(path), read_table(path)) for path in scores]
    models, cutoff = models_of(options["models"]), options["cutoff"]
    rows = recommendation_table(trained, models, len(read_table(users, ["user"])), cutoff)
    write_table(table, rows, schema(cutoff, bool(at_end(models, EAR))))
    write_text(csv, rows.write_csv())
    write_text(markdown, as_markdown(rows, [options["data"], options["protocol"]], options["notes"]))


run(main)
