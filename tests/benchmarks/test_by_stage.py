"""Where the time of runs went: sums over the jobs of a rule, and rules that took no time put together."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from by_stage import table_of


def a_run(folder, **jobs):
    """A run whose jobs took so many seconds and MiB."""
    for name, (seconds, memory) in jobs.items():
        path = folder / "timings" / f"{name.replace('__', '/')}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\tmax_rss\tmean_load\n{seconds}\t0:00:01\t{memory}\t9\n")
    return folder


def test_seconds_are_summed_by_rule_and_memory_is_the_largest(tmp_path):
    one = a_run(tmp_path / "one", split_songs=(0.5, "NA"), count__000=(2, 100), count__001=(3.2, 200), draw=(0.2, 9))
    two = a_run(tmp_path / "two", split_songs=(0.9, 50), fit=(7, 1000))
    _, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table_of([one, two])]
    assert rows == [
        ["fit", "0", "0", "0", "1", "7", "1,049"],
        ["count", "2", "5", "210", "0", "0", "0"],
        ["others", "2", "1", "9", "1", "1", "52"],
    ]
