"""``coldwave export``: a finished run in the formats of other tools."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import typer

from coldwave.command.output import say, write_json
from coldwave.command.runs import JsonOption, RunOption, open_run
from coldwave.errors import InputError
from coldwave.shown import printable

EPILOG = """\b
Examples:
  coldwave export trec --run mine --model linear
  coldwave export top --among test -n 10 --out top.csv
  coldwave export vectors --model wmf
  coldwave export bundle ~/models/mine --run mine --licence cc-by-4.0
"""


def export(
    what: Annotated[
        Literal["trec", "recbole", "rectools", "elliot", "split", "vectors", "top", "latex", "bundle"],
        typer.Argument(
            metavar="WHAT",
            help="trec: runs and qrels; recbole, rectools, elliot: plays, split and more as these read them; split: "
            "the part of each song; vectors: of songs and users; top: the best songs of every user; latex: the tables; "
            "bundle: a model for programs without Coldwave",
        ),
    ],
    path: Annotated[
        Path | None, typer.Argument(metavar="[OUT]", show_default=False, help="the same as --out OUT")
    ] = None,
    run: RunOption = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="a model of the run; for vectors also wmf (default: the best one; for trec, all)"),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="with which it was trained (default: the first; for trec, all)")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="a folder; for split and top a file, .parquet or .csv (default: below export/ in the run's folder)",
        ),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("-n", metavar="N", min=1, help="songs of each user (default: 50; for trec, all test songs)"),
    ] = None,
    among: Annotated[
        Literal["unheard", "test"] | None,
        typer.Option("--among", help="for top: songs that the user has not played (default), or the test songs"),
    ] = None,
    index: Annotated[
        Literal["exact", "approximate"] | None,
        typer.Option("--index", help="for bundle: of the songs' vectors (default: exact up to 500,000 songs)"),
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", metavar="TEXT", help="for bundle: of weights and data, for its card")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a finished run in the format of another tool, by the ids of its songs and users."""
    from coldwave.export.asked import Asked

    exporter = import_module(f"coldwave.export.{what}")
    options = {"model": model, "seed": seed, "n": number, "among": among, "index": index, "licence": licence}
    for name, value in options.items():
        if value is not None and name not in exporter.TAKES:
            takes = ", ".join(_flag(taken) for taken in exporter.TAKES)
            raise InputError(f"export {what} takes no {_flag(name)}" + (f"; it takes {takes}" if takes else ""))
    if out is not None and path is not None:
        raise InputError(f"two places to write to are given, {path} and {out}: name one")
    opened = open_run(run)
    folder = opened.files.folder
    default = folder / "export" / exporter.DEFAULT.format(run=folder.resolve().name)
    exported = exporter.export(opened, Asked(path or out or default, **options))
    for note in exported.notes:
        say(note)
    if as_json:
        files = [{"path": written.path, "rows": written.rows} for written in exported.files]
        write_json({"what": what, "run": folder, "files": files, "notes": exported.notes})
        return
    for written in exported.files:
        rows = "" if written.rows is None else f": {written.rows:,} rows"
        print(f"{printable(str(written.path))}{rows}")


def _flag(name: str) -> str:
    return "-n" if name == "n" else f"--{name}"
