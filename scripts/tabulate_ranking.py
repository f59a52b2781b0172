"""Tabulate further measures of every model: how good the first songs of its rankings are, and which songs they are."""

from pathlib import Path

from coldwave.evaluation.further import Tables, columns, further_table, notes, schema
from coldwave.evaluation.models import models_of
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import read_table, write_table, write_text
from coldwave.job import run


def main(*, scores: list[Path], song_scores: list[Path], table: Path, markdown: Path, csv: Path, options: dict) -> None:
    """``options``: models, list_lengths, and the lines data and protocol."""
    lengths, models = options["list_lengths"], models_of(options["models"])
    tables = [
        Tables(*model_and_seed(users), read_table(users), read_table(songs))
        for users, songs in zip(scores, song_scores, strict=True)
    ]
    rows = further_table(tables, models, lengths)
    write_table(table, rows, schema(lengths))
    write_text(csv, rows.write_csv())
    about = [options["data"], options["protocol"]]
    title = "The first songs of the rankings"
    said = notes(rows, models, lengths)
    write_exhibit_table(markdown, title, about, columns(rows, lengths), left=2, notes=said)


run(main)
