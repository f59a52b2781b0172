"""``coldwave results``: the table of a run."""

import os
from pathlib import Path
from typing import Annotated

import typer

from coldwave.command.failures import failures_of, last_run
from coldwave.command.output import wrapped, write_json, write_table
from coldwave.command.runs import RESULTS, TABLE, JsonOption, find_run, folders_of
from coldwave.errors import InputError
from coldwave.shown import printable

EPILOG = """\b
Examples:
  coldwave results
  coldwave results mine --json
"""
_PAGE = Path("report") / "index.html"


def results(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", help="folder of a run, or its name under results/ (default: the one with the newest results)"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Print the results table of a run.

    Batches of new songs are listed behind it, and the last line says where its report is. If the run failed, the last
    lines say which rules failed and why, and the exit status is 1.
    """
    if run is None and (last := last_run(Path())) and failures_of(RESULTS / last):
        run = last  # its table, if it has one, is older
    why = [line for folder in folders_of(run) for line in _failures(folder)]
    try:
        folder = find_run(run)
    except InputError:
        if not why:
            raise
        folder = None
    if as_json:
        _write_json(folder, why)
        return int(bool(why))
    if folder:
        print(wrapped((folder / TABLE).read_text(encoding="utf-8")))
        _show_batches(folder)
        print(_where_the_report_is(folder))
    print(printable("\n".join(why)), end="\n" if why else "")
    return int(bool(why))


def _write_json(folder: Path | None, why: list[str]) -> None:
    from coldwave.files import read_table
    from coldwave.new_songs.batches import read_batches

    table = read_table((folder / TABLE).with_suffix(".parquet")) if folder else None
    page, batches = (folder / _PAGE, read_batches(folder)) if folder else (None, [])
    write_json(
        {
            "run": folder,
            "models": table.to_dicts() if table is not None else [],
            "batches": [{"batch": batch.name, "folder": batch.folder, **batch.info} for batch in batches],
            "report": page if page and page.is_file() else None,
            "failures": why,
        }
    )


def _show_batches(folder: Path) -> None:
    """Print a table of the batches of new songs, if the run has any."""
    from coldwave.new_songs.batches import read_batches

    rows = [
        (batch.name, batch.info["made"][:16], batch.info["songs"], batch.info["set_aside"], str(batch.folder))
        for batch in read_batches(folder)
    ]
    if rows:
        write_table(("new songs: batch", "placed (UTC)", "songs", "not heard", "folder"), rows, ("songs", "not heard"))
        print()


def _failures(folder: Path) -> list[str]:
    """Say in lines why the run in a folder is not complete; none if no job failed."""
    failures = failures_of(folder)
    root = Path(os.path.relpath(folder.absolute().parents[1]))
    lines = [line for failure in failures for line in failure.lines(root)]
    return [f"The run {folder.name} is not complete: jobs failed when it was last run.", *lines] if lines else []


def _where_the_report_is(folder: Path) -> str:
    if (page := folder / _PAGE).is_file():
        return f"Report: {page}"
    if (folder / "configs").is_dir():
        return "Report: each of the runs has its own"
    return "Report: not made yet; run `snakemake` again"
