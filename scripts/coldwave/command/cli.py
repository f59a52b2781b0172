"""The ``coldwave`` command: shows the results of a run, compares two runs, or repeats a run.

The workflow itself is run by ``snakemake``.
"""

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coldwave.command.failures import failures_of, last_run
from coldwave.errors import InputError
from coldwave.shown import printable

RESULTS = Path("results")
WIDTH = 120  # characters of a paragraph's line
_TABLE = Path("tables") / "recommendation.md"
_PAGE = Path("report") / "index.html"
_HOW_TO_RUN = "run the workflow first: `make demo`, or `snakemake --configfile FILE` with a config of your own"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status."""
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
        status = parsed.command(parsed) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # as by `| head`: nobody reads on, which is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        return 0
    except InputError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return parsed.status_of_errors


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coldwave", description="Recommends songs nobody has played yet, from how they sound."
    )
    parser.add_argument("--version", action="version", version=f"coldwave {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_results(commands)
    _add_compare(commands)
    _add_repeat(commands)
    parser.set_defaults(status_of_errors=1)
    return parser


def _version() -> str:
    try:
        return version("coldwave")
    except PackageNotFoundError:
        return "(not installed: pip install -e .)"


def _add_results(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "results",
        help="print the results table of a run, and where its report is, or why the run failed",
        description="Print the results table of a run and the path of its report. If the run failed, say last which "
        "rules failed and why, and exit with status 1.",
    )
    command.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="folder of the run, or its name under results/ (default: the run with the newest results)",
    )
    command.set_defaults(command=_results)


def _results(parsed: argparse.Namespace) -> int:
    run = parsed.run
    if run is None and (last := last_run(Path())) and failures_of(RESULTS / last):
        run = last  # its table, if it has one, is older
    why = [line for folder in _folders(run, RESULTS) for line in _failures(folder)]
    try:
        folder = find_run(run)
    except InputError:
        if not why:
            raise
    else:
        print(_wrapped((folder / _TABLE).read_text(encoding="utf-8")))
        print(_where_the_report_is(folder))
    print(printable("\n".join(why)), end="\n" if why else "")
    return int(bool(why))


def _wrapped(text: str) -> str:
    """Break the long lines of paragraphs; rows of tables stay."""
    lines = (line if line.startswith("|") else textwrap.fill(line, WIDTH) for line in text.splitlines())
    return "\n".join(lines) + "\n"


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


def _add_compare(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "compare",
        help="print what differs between two runs: settings, inputs, versions and results",
        description="Compare two finished runs by their records (provenance.json). Prints what differs in their "
        "config, seeds, inputs, code, versions and machine, then the outputs that differ, in the order in which a run "
        "makes them, so the first cause comes first. Outputs are compared by their content, without times.",
        epilog="Exit status: 0 if all outputs are the same, 1 if some differ, 2 if the runs cannot be compared.",
    )
    for name in ("A", "B"):
        command.add_argument(
            f"run_{name.lower()}",
            metavar=f"RUN_{name}",
            help="name of a run under results/, its folder, or the path of a provenance.json",
        )
    command.add_argument("--all", action="store_true", help="name all outputs that differ, not the first of each stage")
    command.set_defaults(command=_compare, status_of_errors=2)


def _compare(parsed: argparse.Namespace) -> int:
    from coldwave.provenance.comparison import SHOWN, comparison, differing_outputs, find_record, read_record

    paths = [find_record(run, RESULTS) for run in (parsed.run_a, parsed.run_b)]
    one, other = (read_record(path) for path in paths)
    differ = bool(differing_outputs(one, other))
    lines = [f"A: {paths[0]}", f"B: {paths[1]}", ""] if differ else []
    print(printable("\n".join(lines + comparison(one, other, None if parsed.all else SHOWN))))
    return int(differ)


def _add_repeat(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "repeat",
        help="run the whole pipeline with several seeds or on all folds, and pool the tables",
        description="Run the whole pipeline once for each seed, or on each fold of the songs, as runs of their own "
        "(<run>-seed2, <run>-fold3), one after another, then print one table: means and standard deviations over "
        "them. Give the command again, and it goes on where it stopped.",
        epilog="Arguments after -- go to snakemake: coldwave repeat --seeds 1 2 3 -- --configfile mine.yaml --cores 4",
    )
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--seeds", nargs="+", type=int, metavar="SEED", help="seeds, each for a run of its own")
    what.add_argument(
        "--folds", type=int, metavar="K", help="folds of songs: each song is a test song in one of K runs"
    )
    command.set_defaults(command=_repeat)


def _repeat(parsed: argparse.Namespace) -> None:
    from coldwave.command.repeats import repeat

    if parsed.folds is not None and parsed.folds < 2:
        raise InputError(f"--folds {parsed.folds}: give 2 or more")
    if parsed.seeds and len(set(parsed.seeds)) < max(2, len(parsed.seeds)):
        raise InputError("--seeds: give two or more, each once")
    folder = repeat(parsed.snakemake, parsed.seeds, parsed.folds)
    if folder:
        print(_wrapped((folder / _TABLE).read_text(encoding="utf-8")))
        print(f"Table: {folder / _TABLE}")


def _folders(run: str | None, results: Path) -> list[Path]:
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
        tables = sorted(results.glob(f"*/{_TABLE}"), key=lambda table: (table.stat().st_mtime, table))
        if not tables:
            raise InputError(f"no results under {results}/ yet: {_HOW_TO_RUN}")
        return tables[-1].parent.parent
    folders = _folders(run, results)
    if not folders:
        made = ", ".join(sorted(table.parent.parent.name for table in results.glob(f"*/{_TABLE}")))
        raise InputError(f"no run {run!r}: " + (f"there are results of {made}" if made else _HOW_TO_RUN))
    for folder in folders:
        if (folder / _TABLE).is_file():
            return folder
    raise InputError(f"{folders[0]}: no results yet ({_TABLE} is missing): {_HOW_TO_RUN}")


if __name__ == "__main__":
    sys.exit(main())
