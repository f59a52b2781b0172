"""The ``coldwave`` command: recommends songs with a finished run, and shows, compares and repeats runs.

Each command is in a file of its own, which imports what is slow when it is called. The workflow itself is run by
``snakemake``.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer
from typer.main import get_command

from coldwave.command import compare, export, inspect, place, playlist, recommend, repeat, results, serve, similar, why
from coldwave.command.output import fail, silence
from coldwave.errors import InputError

COMMANDS = {
    "recommend": recommend,
    "similar": similar,
    "why": why,
    "place": place,
    "playlist": playlist,
    "inspect": inspect,
    "export": export,
    "results": results,
    "compare": compare,
    "repeat": repeat,
    "serve": serve,
}
# Help is plain text, the same on a terminal and in a file.
app = typer.Typer(
    name="coldwave",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 120, "help_option_names": ["--help", "-h"]},
)
for _name, _module in COMMANDS.items():
    _usage = getattr(_module, "USAGE", "[OPTIONS]")
    app.command(_name, epilog=_module.EPILOG, options_metavar=_usage)(getattr(_module, _name))


def _version(wanted: bool) -> None:
    if wanted:
        try:
            print(f"coldwave {version('coldwave')}")
        except PackageNotFoundError:
            print("coldwave (not installed: pip install -e .)")
        raise typer.Exit


@app.callback()
def coldwave(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    """Recommends songs nobody has played yet, from how they sound."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. Ends Python after help, and where the command is called wrongly."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    command = get_command(app)
    if "_COLDWAVE_COMPLETE" in os.environ:  # a shell asks how a line may go on
        command(prog_name="coldwave")
    given = list(sys.argv[1:] if arguments is None else arguments)
    # after --, repeat has arguments for snakemake; the other commands have ids that begin with -
    repeats = next((word for word in given if not word.startswith("-")), None) == "repeat"
    end = given.index("--") if repeats and "--" in given else len(given)
    try:
        with command.make_context("coldwave", given[:end], obj=given[end + 1 :]) as context:
            status = command.invoke(context) or 0
            sys.stdout.flush()
            return status
    except BrokenPipeError:  # as by `| head`: nobody reads on, which is no error
        silence()
        return 0
    except InputError as error:
        return fail(error)
    except OSError as error:  # a folder that may not be written, a full disk
        return fail(InputError(f"{error.filename or 'output'}: {error.strerror or error}"))
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.TyperException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
