"""Time Coldwave stage by stage beside what a user would write by hand, and write the table of docs/performance.md.

    python benchmarks/bench.py                 # every stage, as `make bench` does
    python benchmarks/bench.py ingestion       # one of them, printed only
    python benchmarks/bench.py --large         # at the paper's size (`make bench-large`); goes on where it stopped

A stage is a module of benchmarks/stages. Its ``ROWS``, and its ``LARGE`` for the paper's size, name functions that
measure one row each. Each row is measured in a process of its own and kept in results/bench.
"""

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from timing import Row, measured_on

from coldwave.files import replacing

HERE = Path(__file__).parent
KEPT = HERE.parent / "results/bench"
PAGE = HERE.parent / "docs/performance.md"
HEAD = ("stage", "Coldwave", "beside it", "ratio (spread)", "aim", "reached")


def main() -> None:
    """Measure the stages named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = sorted(path.stem for path in (HERE / "stages").glob("[!_]*.py"))
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(names)} (all)")
    parser.add_argument("--large", action="store_true", help="at the paper's size")
    parser.add_argument("--measure", metavar="ROW", help="measure one row of one stage in this process")
    options = parser.parse_args()
    if unknown := [name for name in options.stages if name not in names]:
        parser.error(f"no stage is called {', '.join(unknown)}: there are {', '.join(names)}")
    size = "large" if options.large else "rows"
    chosen = options.stages or names
    if options.measure:
        row = _rows(chosen[0], size)[options.measure]()
        with replacing(_path(size, chosen[0], options.measure)) as path:
            path.write_text(json.dumps(asdict(row)))
        return
    wanted = [(name, row) for name in chosen for row in _rows(name, size)]
    if options.large:
        wanted = [each for each in wanted if not _path(size, *each).exists()]
    if failed := [" ".join(each) for each in wanted if not _in_a_process(*each, options.large)]:
        sys.exit(f"no table is written, because of rows that failed (see above): {', '.join(failed)}")
    table = list(_table(_kept(size, chosen)))
    print("\n".join(table))
    if not options.stages:
        _write_page(size, table, measured_on(_days(size, names)))


def _rows(stage: str, size: str) -> dict[str, Callable[[], Row]]:
    return getattr(importlib.import_module(f"stages.{stage}"), size.upper(), {})


def _path(size: str, stage: str, row: str) -> Path:
    return KEPT / size / f"{stage}-{row}.json"


def _in_a_process(stage: str, row: str, large: bool) -> bool:
    """Measure a row and keep it; tell whether that was possible, so that a row that fails does not cost the others."""
    begin = time.monotonic()
    print(f"{stage}, {row} …", end=" ", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, __file__, stage, "--measure", row, *(["--large"] if large else [])])
    print(f"{time.monotonic() - begin:.0f} s{', failed' * bool(done.returncode)}", file=sys.stderr, flush=True)
    return not done.returncode


def _kept(size: str, stages: list[str]) -> Iterator[Row]:
    for stage in stages:
        for row in _rows(stage, size):
            yield Row(**json.loads(_path(size, stage, row).read_text()))


def _table(rows: Iterator[Row]) -> Iterator[str]:
    yield f"| {' | '.join(HEAD)} |"
    yield f"|{' --- |' * len(HEAD)}"
    for row in rows:
        ours, *others = row.seconds
        reached = row.reached()
        cells = [
            f"{row.what}. {row.note}".rstrip(". ") + ("." if row.note else ""),
            _shown(row, ours),
            "<br>".join(f"{name}: {_shown(row, name)}" for name in others),
            "<br>".join(_ratio(row.ratios(name)) for name in others),
            "<br>".join(reached),
            "<br>".join("yes" if yes else "**no**" for yes in reached.values()),
        ]
        yield f"| {' | '.join(cells)} |"


def _shown(row: Row, name: str) -> str:
    seconds = row.median(name)
    text = f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"
    return f"{text}, {row.peak_mb[name]:,.0f} MB" if name in row.peak_mb else text


def _ratio(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _days(size: str, stages: list[str]) -> Iterator[str]:
    for stage in stages:
        for row in _rows(stage, size):
            yield time.strftime("%Y-%m-%d", time.localtime(_path(size, stage, row).stat().st_mtime))


def _write_page(size: str, table: list[str], measured: str) -> None:
    """Put the table, and when and where it was measured, between its two marks in the page."""
    begin, end = f"<!-- {size}: measured -->\n", f"<!-- {size}: end -->\n"
    before, _, rest = PAGE.read_text().partition(begin)
    after = rest.partition(end)[2]
    with replacing(PAGE) as path:
        path.write_text(before + begin + "\n" + measured + "\n\n" + "\n".join(table) + "\n\n" + end + after)


if __name__ == "__main__":
    main()
