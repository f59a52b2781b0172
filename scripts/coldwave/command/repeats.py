"""Run the whole pipeline several times, with other seeds or on other folds, and make one table of all runs.

The config's ``repeats`` only trains models again, on one split. Here the split and all else that is drawn differ as
well. Snakemake makes each run by itself, and goes on where it stopped.
"""

import argparse
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from coldwave.command.config_files import config_files, mistake_in
from coldwave.command.workflow import run_snakemake
from coldwave.errors import InputError
from coldwave.evaluation.recommendation import cutoff_of, measured, shares_heard
from coldwave.evaluation.table_of_measures import RESULTS, gaps
from coldwave.exhibits.markdown import number, percent, pipe_table
from coldwave.files import read_table, write_table, write_text

TABLE = Path("tables") / "recommendation.parquet"


@dataclass(frozen=True)
class Call:
    """A call of Snakemake as the user gave it, parsed."""

    configs: list[Path]  # laid over the default config, in order
    others: list[str]  # all other arguments
    default: Path  # the default config
    results: Path  # folder of results
    dry: bool  # whether nothing is to be run

    def command(self, overlay: Path) -> list[str]:
        """Make the command of one run: ``overlay`` is laid over all other configs."""
        files = [str(path.resolve()) for path in (*self.configs, overlay)]
        return [sys.executable, "-m", "snakemake", *self.others, "--configfile", *files]


def read_call(arguments: Sequence[str]) -> Call:
    """Parse the arguments meant for Snakemake.

    Raises
    ------
    InputError
        They set something on the command line that each run sets itself.
    """
    configs, others = config_files(arguments)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--snakefile", "-s", type=Path)
    parser.add_argument("--directory", "-d", type=Path, default=Path())
    parser.add_argument("--dry-run", "--dryrun", "-n", action="store_true")
    parser.add_argument("--config", "-C", nargs="*", default=[])
    seen, _ = parser.parse_known_args(others)  # they stay among the others
    for setting in seen.config:
        if (key := setting.partition("=")[0]) in ("run", "seed", "split"):
            raise InputError(f"--config {key}=… would win over what each run sets: write it into a config file")
    snakefile = seen.snakefile or next(
        (path for path in (Path("Snakefile"), Path("workflow/Snakefile")) if path.is_file()), None
    )
    if snakefile is None:
        raise InputError("there is no Snakefile here: go to Coldwave's folder, or name it with -- --snakefile PATH")
    return Call(configs, others, snakefile.parent / "config.yaml", seen.directory / "results", bool(seen.dry_run))


def run_name(call: Call) -> str:
    """Find the name of the run to repeat: the last that a config gives.

    Raises
    ------
    InputError
        A config cannot be read, or none names a run.
    """
    name = None
    for path in (call.default, *call.configs):
        if mistake := mistake_in(path):
            raise InputError(mistake)
        name = yaml.safe_load(path.read_text(encoding="utf-8")).get("run", name)
    if not isinstance(name, str):
        raise InputError(f"no config names a run: {', '.join(map(str, (call.default, *call.configs)))}")
    return name


def overlays(run: str, seeds: Sequence[int] | None, folds: int | None) -> dict[str, dict[str, Any]]:
    """Make the overlay of each run, by its name."""
    if seeds:
        return {f"{run}-seed{seed}": {"run": f"{run}-seed{seed}", "seed": seed} for seed in seeds}
    return {
        f"{run}-fold{fold}": {"run": f"{run}-fold{fold}", "split": {"folds": folds, "fold": fold}}
        for fold in range(1, folds + 1)
    }


def repeat(arguments: Sequence[str], seeds: Sequence[int] | None, folds: int | None) -> Path | None:
    """Run the pipeline for each seed, or each fold, one after another, and pool their tables.

    Returns
    -------
    the folder of the pooled results, or None after a dry run

    Raises
    ------
    InputError
        A run failed, or the runs' tables have different models.
    """
    call = read_call(arguments)
    run = run_name(call)
    pooled = call.results / f"{run}-{'seeds' if seeds else 'folds'}"
    tables: dict[str, pl.DataFrame] = {}
    captions: list[list[str]] = []
    for name, overlay in overlays(run, seeds, folds).items():
        config = pooled / "configs" / f"{name}.yaml"  # kept: it says what was run, and jobs on other machines read it
        write_text(config, yaml.safe_dump(overlay, sort_keys=False))
        print(f"== {name}", file=sys.stderr, flush=True)
        if status := run_snakemake(call.command(config)):
            raise InputError(
                f"the run {name} failed (snakemake ended with {status}; see above). Fix it and give the same "
                "command again: what is done is not done again"
            )
        if not call.dry:
            table = call.results / name / TABLE
            tables[name] = read_table(table)
            captions.append(caption_of(table.with_suffix(".md").read_text(encoding="utf-8")))
    if call.dry:
        return None
    rows = pool(tables)
    write_table(pooled / TABLE, rows, schema(next(iter(tables.values()))))
    write_text((pooled / TABLE).with_suffix(".csv"), rows.write_csv())
    common = [line for line in captions[0] if all(line in others for others in captions)]
    write_text((pooled / TABLE).with_suffix(".md"), as_markdown(rows, common, tables, "seed" if seeds else "fold"))
    return pooled


def caption_of(markdown: str) -> list[str]:
    """Take the lines above a run's table that say what the data and the protocol are."""
    return markdown.partition("\n\n")[0].splitlines()[:-1]  # the last is the size


def schema(table: pl.DataFrame) -> dict[str, type[pl.DataType]]:
    """Columns of the pooled table, in order, given a run's. A ``_sd`` is the standard deviation over runs."""
    measures = [one.column_at(cutoff_of(table)) for one in RESULTS]
    measures += [one.gap_column for one in gaps()] + [one.heard_column for one in shares_heard(table)]
    return {
        "model": pl.String,
        "kind": pl.String,
        "runs": pl.UInt32,
        **{column: pl.Float64 for measure in measures for column in (measure, f"{measure}_sd")},
        "songs": pl.UInt32,  # test songs, summed over the runs, as is ``missing``
        "missing": pl.UInt32,
    }


def pool(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Average each model's row over the runs, with standard deviations; columns as in `schema`.

    Parameters
    ----------
    tables : from the name of each run to its table (``coldwave.evaluation.recommendation.schema``)

    Raises
    ------
    InputError
        A run has other models or another cutoff than the first.
    """
    names = list(tables)
    first = tables[names[0]]
    for name, table in tables.items():
        if (
            table.columns != first.columns
            or table.select("model", "kind").rows() != first.select("model", "kind").rows()
        ):
            raise InputError(
                f"{name} does not have the models and measures of {names[0]}: delete its results and run it again"
            )
    columns = schema(first)
    measures = [name for name in columns if f"{name}_sd" in columns]
    grouped = pl.concat(list(tables.values())).group_by("model", maintain_order=True)
    pooled = grouped.agg(
        pl.first("kind"),
        pl.len().alias("runs"),
        *(pl.col(name).mean() for name in measures),
        *(pl.col(name).std().alias(f"{name}_sd") for name in measures),
        pl.sum("songs", "missing"),
    )
    return pooled.select(list(columns)).cast(columns)


def as_markdown(rows: pl.DataFrame, caption: Sequence[str], tables: Mapping[str, pl.DataFrame], what: str) -> str:
    """Write the pooled table for people."""
    cutoff = cutoff_of(rows)
    columns = {
        "model": rows["model"].to_list(),
        "kind": rows["kind"].to_list(),
        "runs": [str(runs) for runs in rows["runs"]],
        **{one.title_at(cutoff): measured(rows, one.column_at(cutoff), number) for one in RESULTS},
        **{one.gap_title: measured(rows, one.gap_column, percent) for one in gaps()},
        **{one.heard_title: measured(rows, one.heard_column, percent) for one in shares_heard(rows)},
        "missing": [f"{missing:,}" for missing in rows["missing"]],
    }
    sizes = [
        f"{name} ({table['users'][0]:,} users × {table['songs'][0]:,} test songs)" for name, table in tables.items()
    ]
    explained = ", ".join(one.title_at(cutoff) for one in gaps())
    notes = [
        f"±: standard deviation over {len(tables)} runs of the whole pipeline, one for each {what}. A run's own mean "
        "is over its users, then over the seeds that its models were trained with.",
        f"{explained} and the shares are explained under each run's own table, in results/<run>/tables.",
    ]
    lines = [*caption, f"Runs: {', '.join(sizes)}.", "", *pipe_table(columns, left=2), ""]
    lines += [textwrap.fill(note, 110, initial_indent="- ", subsequent_indent="  ") for note in notes]
    return "\n".join(lines) + "\n"
