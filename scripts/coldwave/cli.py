"""The ``coldwave`` command: looks at what the workflow has made, or has it made several times over.

The workflow itself is run by ``snakemake``.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coldwave.errors import InputError
from coldwave.shown import printable

RESULTS = Path("results")
_TABLE = Path("tables") / "recommendation.md"
_PAGE = Path("report") / "index.html"
_HOW_TO_RUN = "run the workflow first: `make demo`, or `snakemake` for the config in this folder"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given else len(given)
    parsed = _parser().parse_args(given[:end])
    parsed.snakemake = given[end + 1 :]
    if parsed.snakemake and parsed.command is not _repeat:
        print("error: only `coldwave repeat` takes arguments for snakemake after --", file=sys.stderr)
        return 2
    try:
        parsed.command(parsed)
    except InputError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coldwave", description="Recommends songs nobody has played yet, from how they sound."
    )
    parser.add_argument("--version", action="version", version=f"coldwave {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_results(commands)
    _add_repeat(commands)
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
    if page.is_file():
        print(f"Report: {page}")
    elif (folder / "configs").is_dir():
        print("Report: each of the runs has its own")
    else:
        print("Report: not made yet; run `snakemake` again")


def _add_repeat(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "repeat",
        help="run the whole pipeline with several seeds or on all folds, and pool the tables",
        description="Run the whole pipeline once for each seed, or on each fold of the songs, as runs of their own "
        "(<run>-seed2, <run>-fold3), one after another, then print one table: means and standard deviations over "
        "them. Given again, the command goes on where it stopped.",
        epilog="What follows -- goes to snakemake: coldwave repeat --seeds 1 2 3 -- --configfile mine.yaml --cores 4",
    )
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--seeds", nargs="+", type=int, metavar="SEED", help="seeds, each for a run of its own")
    what.add_argument("--folds", type=int, metavar="K", help="number of folds: each song is tested on in one of K runs")
    command.set_defaults(command=_repeat)


def _repeat(parsed: argparse.Namespace) -> None:
    from coldwave.repeats import repeat

    if parsed.folds is not None and parsed.folds < 2:
        raise InputError(f"--folds {parsed.folds}: 2 or more")
    if parsed.seeds and len(set(parsed.seeds)) < max(2, len(parsed.seeds)):
        raise InputError("--seeds: give two or more, each once")
    folder = repeat(parsed.snakemake, parsed.seeds, parsed.folds)
    if folder:
        print((folder / _TABLE).read_text(encoding="utf-8"))
        print(f"Table: {folder / _TABLE}")


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
