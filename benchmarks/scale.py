"""Measure how time and memory of every stage grow, each by its script alone, on files made up in any size.

    python benchmarks/scale.py                       # what is not measured yet, and the page docs/scale.md
    python benchmarks/scale.py factorise_plays       # one stage, or several
    python benchmarks/scale.py --again read_plays    # measure a stage anew
    python benchmarks/scale.py --prepare             # only make the files, which are kept in results/scale/files

Spark is measured where it is installed.

Each measurement is kept in results/scale. A stage is measured at growing sizes until the next one would take longer
than --seconds. What is measured goes into benchmarks/scale.csv, which the tests of what rules ask for read, into the
tables of docs/scale.md, and into docs/images/scale.svg.
"""

import argparse
import json
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # workflow is not installed

from scaling.case import ROOT, Case
from scaling.cases import CASES
from scaling.page import write_page
from scaling.running import command, measured, megabytes

from coldwave.files import write_text

KEPT = ROOT / "results/scale"
BEGIN = time.monotonic()


def main() -> None:
    """Measure the stages named, or all, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="a rule, or a case as RULE-DRIVER (all)")
    parser.add_argument("--again", action="store_true", help="measure anew what was measured")
    parser.add_argument("--seconds", type=float, default=25.0, help="that one measurement may take")
    parser.add_argument("--minutes", type=float, default=60.0, help="after which no measurement is begun")
    parser.add_argument("--prepare", action="store_true", help="only make the files, in results/scale/files")
    parser.add_argument("--smallest", action="store_true", help="only the smallest size, and keep nothing: a check")
    options = parser.parse_args()
    known = {name for case in CASES for name in (case.rule, case.name)}
    if unknown := set(options.stages) - known:
        parser.error(f"no stage is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    chosen = [case for case in CASES if not options.stages or {case.rule, case.name} & set(options.stages)]
    if not find_spec("pyspark"):
        chosen = [case for case in chosen if "spark" not in case.rule]
    for case in chosen:
        if options.smallest:
            print(case.name, measure(case, case.sizes[0]), flush=True)
        else:
            grow(case, options)
    if not (options.smallest or options.prepare):
        write_page(KEPT, CASES)


def grow(case: Case, options: argparse.Namespace) -> None:
    """Measure a case at growing sizes, and keep each measurement."""
    first = before = None
    for size in case.sizes:
        path = KEPT / f"{case.name}-{size}.json"
        if before is not first and expected(first, before, size) > options.seconds:
            print(f"{case.name}: {size:,} would take more than {options.seconds:g} s", file=sys.stderr)
            return
        wanted = options.prepare or options.again or not path.exists()
        if wanted and time.monotonic() - BEGIN > 60 * options.minutes:
            sys.exit(f"stopped before {case.name} {size:,}: give the same command again to go on")
        if options.prepare:
            case.given(case.files(KEPT / "files", size), size)
            print(f"{case.name} {size:>12,}: {time.monotonic() - BEGIN:.0f} s", flush=True)
            continue
        if wanted:
            if before is None:
                measure(case, size)  # once for nothing: compiled code and the disk's cache are then as for the others
            write_text(path, json.dumps(measure(case, size)))
        before = json.loads(path.read_text())
        first = first or before
        print(f"{case.name} {size:>12,}: {before['seconds']:7.2f} s {before['peak_mb']:8,.0f} MB", flush=True)


def expected(first: dict, before: dict, size: int) -> float:
    """The seconds that a size should take, if what is above the smallest size's time grows with the size."""
    return first["seconds"] + (before["seconds"] - first["seconds"]) * size / before["size"]


def measure(case: Case, size: int) -> dict:
    """Make the files of a size, run the script, and return what was measured."""
    given = case.given(case.files(KEPT / "files", size), size)
    about = {"rule": case.rule, "driver": case.driver, "size": size, "day": time.strftime("%Y-%m-%d")}
    if isinstance(given, list):  # a command
        with tempfile.NamedTemporaryFile(dir=KEPT) as log:
            found = measured([sys.executable, *given], Path(log.name))
        return about | found | {"inputs": {}}
    given = dict(given)
    script = case.script or f"{case.rule}.py"
    if "threads: int" in (ROOT / "scripts" / script).read_text():
        given["threads"] = case.threads
    with tempfile.TemporaryDirectory(prefix=f"{case.name}-", dir=KEPT, ignore_cleanup_errors=True) as folder:
        (made := Path(folder) / "out").mkdir()
        words, _ = command(script, {name: value for name, value in given.items() if name[0] != "_"}, made)
        found = measured(words, Path(folder) / "log", Path(folder))
        return about | found | {"inputs": megabytes(given | given.get("files", {}))}


if __name__ == "__main__":
    main()
