"""``coldwave compare``: what differs between two runs."""

from typing import Annotated

import typer

from coldwave.command.output import fail, write_json
from coldwave.command.runs import RESULTS, JsonOption
from coldwave.errors import InputError
from coldwave.shown import printable

EPILOG = """\b
Exit status: 0 if all outputs are the same, 1 if some differ, 2 if the runs cannot be compared.

\b
Examples:
  coldwave compare mine mine-again
  coldwave compare results/mine elsewhere/provenance.json --all
"""
_HELP = "name of a run under results/, its folder, or the path of a provenance.json"


def compare(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help=_HELP)],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help=_HELP)],
    every: Annotated[
        bool, typer.Option("--all", help="name all outputs that differ, not the first of each stage")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Print what differs between two runs.

    Two finished runs are compared by their records (provenance.json). It prints what differs in their config, seeds,
    inputs, code, versions and machine, then the outputs that differ, in the order in which a run makes them, so the
    first cause comes first. Outputs are compared by their content, without times.
    """
    from coldwave.provenance.comparison import SHOWN, comparison, differing_outputs, find_record, read_record

    try:
        paths = [find_record(run, RESULTS) for run in (run_a, run_b)]
        one, other = (read_record(path) for path in paths)
        differing = differing_outputs(one, other)
        lines = comparison(one, other, None if every else SHOWN)
    except InputError as error:
        return fail(error, 2)
    if as_json:
        write_json({"a": paths[0], "b": paths[1], "same": not differing, "differing": differing, "lines": lines})
        return int(bool(differing))
    head = [f"A: {paths[0]}", f"B: {paths[1]}", ""] if differing else []
    print(printable("\n".join(head + lines)))
    return int(bool(differing))
