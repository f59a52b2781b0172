"""Say where the time of finished runs went: seconds of all jobs of each rule, and the most memory that a job held.

    python benchmarks/by_stage.py results/one results/two

Snakemake measures each job into a run's timings/. Jobs run beside each other, so the seconds of all jobs are more than
those of the run. A column a run; rules that took less than a second in each are summed in one row.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from coldwave.exhibits.markdown import pipe_table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="the folder of a finished run")
    runs = parser.parse_args().runs
    if missing := [str(run) for run in runs if not list(run.glob("timings/**/*.tsv"))]:
        parser.error(f"nothing was timed in {', '.join(missing)}: name folders of finished runs, such as results/demo")
    print("\n".join(table_of(runs)))


def table_of(runs: list[Path]) -> Iterator[str]:
    """The lines of the table, the longest rule first."""
    jobs = pl.concat([_jobs(run).with_columns(run=at) for at, run in enumerate(runs)])
    longest = jobs.group_by("run", "rule").agg(pl.col("seconds").sum()).group_by("rule").agg(pl.col("seconds").max())
    named = longest.filter(pl.col("seconds") >= 1).sort("seconds", "rule", descending=[True, False])["rule"].to_list()
    jobs = jobs.with_columns(rule=pl.when(pl.col("rule").is_in(named)).then("rule").otherwise(pl.lit("others")))
    rules = [*named, "others"]
    columns = {"rule": rules}
    for at, run in enumerate(runs):
        of_rule = [jobs.filter(run=at, rule=rule) for rule in rules]
        columns[f"{run}: jobs"] = [f"{len(each):,}" for each in of_rule]
        columns[f"{run}: seconds"] = [f"{each['seconds'].sum():,.0f}" for each in of_rule]
        columns[f"{run}: MB"] = [f"{each['MB'].max() or 0:,.0f}" for each in of_rule]
    yield from pipe_table(columns, 1)


def _jobs(run: Path) -> pl.DataFrame:
    """Each job of a run: ``rule``, ``seconds``, ``MB``."""
    folder = run / "timings"
    rows = [
        {"rule": path.relative_to(folder).parts[0].removesuffix(".tsv"), "seconds": row["s"], "MB": row["max_rss"]}
        for path in sorted(folder.rglob("*.tsv"))
        for row in pl.read_csv(path, separator="\t", null_values=["NA", "-"]).rows(named=True)
    ]
    return pl.DataFrame(rows).with_columns(pl.col("MB") * 2**20 / 1e6)


if __name__ == "__main__":
    main()
