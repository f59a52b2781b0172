"""Find the run that a command is about: by its folder, by its name under results/, or the newest one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coldwave.command.output import say
from coldwave.errors import InputError

if TYPE_CHECKING:
    from coldwave.use.run import Run

RESULTS = Path("results")
TABLE = Path("tables") / "recommendation.md"
HOW_TO_RUN = "run the workflow first: `make demo`, or `snakemake --configfile FILE` with a config of your own"

RunOption = Annotated[
    str | None,
    typer.Option(
        "--run", metavar="RUN", help="folder of a finished run, or its name under results/ (default: the newest)"
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="a model of the run (default: the one that ranks validation songs best; in a run of few users the "
        "simplest one, or features alone)",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON, and nothing else, on standard output")]


def whole(path: Path) -> Path:
    """Make a path absolute, without ``..`` and with the home folder for ``~``; links stay."""
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100


def folders_of(run: str | None, results: Path = RESULTS) -> list[Path]:
    """List the folders that a run's name or path may mean."""
    return [folder for folder in (Path(run), results / run) if folder.is_dir()] if run else []


def find_run(run: str | None, results: Path = RESULTS) -> Path:
    """Find the folder of a run that has results: by its path, by its name, or the one with the newest table.

    Raises
    ------
    InputError
        There is no such run, or it has no results yet.
    """
    if run is None:
        tables = sorted(results.glob(f"*/{TABLE}"), key=lambda table: (table.stat().st_mtime, table))
        if not tables:
            raise InputError(f"no results under {results}/ yet: {HOW_TO_RUN}")
        return tables[-1].parent.parent
    folders = folders_of(run, results)
    if not folders:
        made = ", ".join(sorted(table.parent.parent.name for table in results.glob(f"*/{TABLE}")))
        raise InputError(f"no run {run!r}: " + (f"there are results of {made}" if made else HOW_TO_RUN))
    for folder in folders:
        if (folder / TABLE).is_file():
            return folder
    raise InputError(f"{folders[0]}: no results yet ({TABLE} is missing): {HOW_TO_RUN}")


def open_run(run: str | None, results: Path = RESULTS) -> "Run":
    """Open a finished run: by its path, by its name, or the one that was finished last.

    Raises
    ------
    InputError
        There is no such run, or it is not finished.
    """
    from coldwave.provenance.comparison import RECORD, find_record
    from coldwave.use.opening import load

    if run is not None:
        return load(find_record(run, results).parent)
    finished = sorted(results.glob(f"*/{RECORD}"), key=lambda path: (path.stat().st_mtime, path))
    if not finished:
        raise InputError(f"no finished run under {results}/: name a run, or {HOW_TO_RUN}")
    return load(finished[-1].parent)


def tell_few(run: "Run") -> None:
    """Say that songs are compared by sound alone, in a run of few users."""
    from coldwave.evaluation.recommendation import FEW

    if run.files.users < FEW:
        few = f"The run has {run.files.users:,} user(s), too few to tell who plays what"
        say(f"{few}: songs are compared by sound alone.")
