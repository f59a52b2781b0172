"""Write what was measured: benchmarks/scale.csv, and the table and the figure of docs/scale.md."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from scaling.case import ROOT, Case
from scaling.drawing import draw
from scaling.laws import Law, fitted
from timing import measured_on

from coldwave.exhibits.markdown import pipe_table
from coldwave.files import replacing

PAGE, CSV, FIGURE = ROOT / "docs/scale.md", ROOT / "benchmarks/scale.csv", ROOT / "docs/images/scale.svg"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"
DRAWN = ("read_plays-plays", "factorise_plays-plays", "evaluate_warm-plays", "evaluate_model-plays")
DRAWN += ("compare_models-users", "reduce_counts-songs", "fit_linear-songs", "extract_log_mel-songs")


def write_page(kept: Path, cases: Sequence[Case]) -> None:
    """Write the CSV of all measurements, the table of each case's growth, and the figure.

    A case that nothing is kept of, as in a fresh copy of the project, stays as the CSV has it.
    """
    before = _written()
    found = {case.name: _measurements(kept, case) or before.get(case.name, []) for case in cases}
    found = {name: rows for name, rows in found.items() if rows}
    flat = [row | {"inputs": json.dumps(row["inputs"])} for rows in found.values() for row in rows]
    with replacing(CSV) as path:
        pl.DataFrame(flat).write_csv(path)
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    measured = measured_on(row["day"] for row in flat)
    text = head + BEGIN + "\n" + measured + "\n\n" + "\n".join(_table(found)) + "\n\n" + END + after
    with replacing(PAGE) as path:
        path.write_text(text, encoding="utf-8")
    draw({name: found[name] for name in DRAWN if name in found}, FIGURE)


def _measurements(kept: Path, case: Case) -> list[dict]:
    paths = [kept / f"{case.name}-{size}.json" for size in case.sizes]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def _written() -> dict[str, list[dict]]:
    """The measurements of the CSV, by the name of their case."""
    found: dict[str, list[dict]] = {}
    for row in pl.read_csv(CSV).rows(named=True) if CSV.exists() else []:
        row["inputs"] = json.loads(row["inputs"])
        found.setdefault(f"{row['rule']}-{row['driver']}", []).append(row)
    return found


def _table(found: dict[str, list[dict]]) -> Iterator[str]:
    names = ("stage", "grows with", "sizes", "s", "exponent", "MB", "exponent of memory")
    columns: dict[str, list[str]] = {name: [] for name in names}
    for rows in found.values():
        sizes = [row["size"] for row in rows]
        cells = [rows[0]["rule"], rows[0]["driver"].replace("_", " "), f"{sizes[0]:,} to {sizes[-1]:,}"]
        for key, shown in (("seconds", ".1f"), ("peak_mb", ",.0f")):
            values = [row[key] for row in rows]
            cells += [f"{values[0]:{shown}} to {values[-1]:{shown}}", _exponent(fitted(sizes, values))]
        for name, cell in zip(names, cells, strict=True):
            columns[name].append(cell)
    yield from pipe_table(columns, 3)


def _exponent(law: Law | None) -> str:
    return "–" if law is None else f"{law.exponent:.2f}"
