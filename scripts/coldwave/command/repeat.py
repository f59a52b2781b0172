"""``coldwave repeat``: the whole pipeline several times."""

from typing import Annotated

import typer

from coldwave.command.output import wrapped
from coldwave.command.runs import TABLE
from coldwave.errors import InputError

EPILOG = """\b
Arguments after -- go to snakemake. Examples:
  coldwave repeat --seeds 1 2 3 -- --configfile mine.yaml --cores 4
  coldwave repeat --folds 5
"""
USAGE = "--folds K | --seeds SEED"  # further seeds follow


def repeat(
    context: typer.Context,
    seeds: Annotated[
        list[int] | None, typer.Option("--seeds", metavar="SEED", help="two seeds or more, each for a run of its own")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option("--folds", metavar="K", help="folds of songs: each song is a test song in one of K runs"),
    ] = None,
    more: Annotated[list[int] | None, typer.Argument(hidden=True, metavar="SEED")] = None,
) -> None:
    """Run the whole pipeline several times.

    With several seeds, or on all folds. Each is a run of its own (<run>-seed2, <run>-fold3), one after another. Then
    one table is printed: means and standard deviations over them. Give the command again, and it goes on where it
    stopped.
    """
    from coldwave.command.repeats import repeat as repeat_runs

    if bool(seeds) == (folds is not None):
        raise typer.BadParameter("one of --seeds and --folds is needed", ctx=context)
    if folds is not None and (folds < 2 or more):
        raise InputError(f"--folds {folds}: give 2 or more" if folds < 2 else "--folds takes one number")
    seeds = [*(seeds or []), *(more or [])]
    if seeds and len(set(seeds)) < max(2, len(seeds)):
        raise InputError("--seeds: give two or more, each once")
    folder = repeat_runs(context.obj or [], seeds or None, folds)
    if folder:
        print(wrapped((folder / TABLE).read_text(encoding="utf-8")))
        print(f"Table: {folder / TABLE}")
