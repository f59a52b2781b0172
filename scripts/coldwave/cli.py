"""The ``coldwave`` command: looks at what the workflow has made. The workflow itself is run by ``snakemake``."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coldwave.errors import InputError

RESULTS = Path("results")
_TABLE = Path("tables") / "recommendation.md"
_PAGE = Path("report") / "index.html"
_HOW_TO_RUN = "run the workflow first: `make demo`, or `snakemake` for the config in this folder"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    parsed = _parser().parse_args(arguments)
    try:
        parsed.command(parsed)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coldwave", description="Recommends songs nobody has played yet, from how they sound."
    )
    parser.add_argument("--version", action="version", version=f"coldwave {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_results(commands)
    return parser


def _version() -> str:
    try:
        return version("coldwave")
    except PackageNotFoundError:
        return "(not installed: pip install -e .)"


def _add_results(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "results",
        help="print the results table of a run, and where its report is",
        description="Print the results table of a run. The last line is the path of its report.",
    )
    command.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="folder of the run, or its name under results/ (default: the run with the newest results)",
    )
    command.set_defaults(command=_results)


def _results(parsed: argparse.Namespace) -> None:
    folder = find_run(parsed.run)
    print((folder / _TABLE).read_text(encoding="utf-8"))
    page = folder / _PAGE
    print(f"Report: {page}" if page.is_file() else "Report: not made yet; run `snakemake` again")


def find_run(run: str | None, results: Path = RESULTS) -> Path:
    """Find the folder of a run that has results: by its path, by its name, or the one with the newest table.

    Raises
    ------
    InputError
        There is no such run, or it has no results yet.
    """
    if run is None:
        tables = sorted(results.glob(f"*/{_TABLE}"), key=lambda table: (table.stat().st_mtime, table))
        if not tables:
            raise InputError(f"no results under {results}/ yet: {_HOW_TO_RUN}")
        return tables[-1].parent.parent
    folders = [folder for folder in (Path(run), results / run) if folder.is_dir()]
    if not folders:
        made = ", ".join(sorted(table.parent.parent.name for table in results.glob(f"*/{_TABLE}")))
        raise InputError(f"no run {run!r}: " + (f"there are results of {made}" if made else _HOW_TO_RUN))
    for folder in folders:
        if (folder / _TABLE).is_file():
            return folder
    raise InputError(f"{folders[0]}: no results yet ({_TABLE} is missing): {_HOW_TO_RUN}")


if __name__ == "__main__":
    sys.exit(main())
