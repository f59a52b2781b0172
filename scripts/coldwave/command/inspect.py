"""``coldwave inspect``: what a file or folder is, and the config that reads it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coldwave.command.output import write_json, write_table
from coldwave.command.runs import JsonOption, whole
from coldwave.shown import one_line, printable

EPILOG = """\b
Examples:
  coldwave inspect listens.zip
  coldwave inspect ~/Music --json
"""
LIBRARY = "/folder/of/your/music"


def inspect(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="a file or folder of any kind")],
    as_json: JsonOption = False,
) -> int:
    """Say what a file or folder is.

    It is judged by its content, counted and previewed, and the config that reads it is printed. The exit status is 1
    if it is nothing that Coldwave reads.
    """
    from coldwave.command.configs import RUN, as_yaml, history_settings
    from coldwave.histories.formats import recognise
    from coldwave.inspection.inspecting import inspect as look

    found = look(whole(path), recognise_history=recognise)
    settings = found.settings
    if found.kind == "history":
        settings = history_settings([found.path], settings["plays"]["format"], Path(LIBRARY))
    elif found.kind == "plays":
        settings = {"run": RUN} | settings  # or its results would take the place of the demo's
    if as_json:
        write_json(asdict(found) | {"settings": settings})
        return int(found.kind == "unknown")
    print(f"{one_line(str(found.path))}: {one_line(found.words)}\n")
    if found.counts:
        of = "" if found.whole else " (of its beginning)"
        write_table((f"counted{of}", ""), found.counts.items(), ("",))
        print()
    if found.preview:
        width = max(len(row) for row in found.preview)
        rows = [[*row, *[""] * (width - len(row))] for row in found.preview]
        write_table([one_line(name) for name in found.columns] or ["preview", *[""] * (width - 1)], rows)
        print()
    if settings:
        print(f"Config:\n\n{printable(as_yaml(settings))}")
    for note in found.notes:
        print(f"- {printable(note)}")
    return int(found.kind == "unknown")
