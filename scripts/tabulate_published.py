"""Set the paper's published figures beside those of this run."""

from pathlib import Path

from coldwave.evaluation.published import SCHEMA, about, columns, notes, published_table
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import read_table, write_table, write_text
from coldwave.job import run


def main(*, recommendation: Path, table: Path, markdown: Path, csv: Path, options: dict) -> None:
    """``options``: models (each with its row of the paper's tables), and the lines data and protocol."""
    ours = read_table(recommendation)
    rows = published_table(ours, options["models"])
    write_table(table, rows, SCHEMA)
    write_text(csv, rows.write_csv())
    lines = [*about(ours), options["data"], options["protocol"]]
    write_exhibit_table(
        markdown, "The paper's tables 2 and 3 beside this run", lines, columns(rows), left=2, notes=notes(rows)
    )


run(main)
