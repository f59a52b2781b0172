"""The one place that knows how Snakemake runs a script.

``run(main)`` calls a script's ``main`` with the rule's named inputs, outputs, wildcards and parameters,
logs to the rule's log and in short to the screen, and turns an error into one clear line (the traceback goes
to the log). The same script runs by hand: ``python scripts/NAME.py --help``.
"""

import argparse
import inspect
import logging
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml

from coldwave.errors import InputError
from coldwave.files import remove_leftovers
from coldwave.parent import end_with_parent
from coldwave.shown import log_lines, printable

log = logging.getLogger("coldwave")

MOST_NAMED = 20  # files that an error names
OFTEN, SELDOM = 9.5, 600.0  # shortest and longest pause between a job's lines on the screen, in seconds
PART = 0.2  # in between, the pause is this share of the time that the job has run


def run(main: Callable[..., None]) -> None:
    """Run a script's ``main``, under Snakemake or by hand. Exits with 1 where it fails."""
    _refuse_another_library(main)
    snakemake = main.__globals__.get("snakemake")
    arguments = _from_snakemake(main, snakemake) if snakemake else _from_command_line(main)
    log_file = Path(snakemake.log[0]) if snakemake and snakemake.log else None
    name = snakemake.rule if snakemake else Path(main.__globals__["__file__"]).stem
    _start_logging(log_file, name)
    if snakemake:
        end_with_parent(sys.argv[0])
        for path in snakemake.output:
            remove_leftovers(path)
    try:
        main(**arguments)
    except InputError as error:
        _fail(str(error), log_file)
    except MemoryError:
        _fail("out of memory: give the rule more (resources: mem_mb)", log_file)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        _fail(f"{named}{error.strerror or error}", log_file)
    except Exception as error:
        hint = _what_was_read(snakemake.input) if snakemake else ""
        _fail(f"{type(error).__name__}: {error}{hint}", log_file, by_user=False)


def _what_was_read(inputs: Sequence[str]) -> str:
    """Advice on an unforeseen error: one of the inputs may be a file of something else."""
    named = ", ".join(map(str, inputs[:MOST_NAMED])) + (", …" if len(inputs) > MOST_NAMED else "")
    return f" (if one of these files was not made by this workflow, delete it and run again: {named})" if named else ""


def _refuse_another_library(main: Callable[..., None]) -> None:
    """Exit if the library is not the one beside the script: the code digests watch only that one."""
    beside = Path(main.__globals__["__file__"]).resolve().parent / "coldwave"
    running = Path(__file__).resolve().parent
    if beside.is_dir() and beside != running:
        sys.exit(f"error: {running} shadows {beside}: uninstall it, or install this checkout with pip install -e .")


def _from_snakemake(main: Callable[..., None], snakemake: Any) -> dict[str, Any]:
    parts = [dict(part.items()) for part in (snakemake.input, snakemake.output, snakemake.wildcards)]
    parts += [{"options": snakemake.params.get("options", {}), "threads": snakemake.threads}]
    parts += [{key: value for key, value in snakemake.params.items() if key not in ("options", "code")}]
    if "files" in inspect.signature(main).parameters:  # a script that takes all of its inputs as one mapping
        parts[0] = {"files": {name: _listed(value) for name, value in snakemake.input.items()}}
    names = [name for part in parts for name in part]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"rule {snakemake.rule} names two things {sorted(twice)}")
    known = {name: value for part in parts for name, value in part.items()}
    arguments = {}
    for name, parameter in inspect.signature(main).parameters.items():
        if name in known:
            arguments[name] = _converted(known[name], parameter.annotation)
        elif parameter.default is parameter.empty:
            raise ValueError(f"rule {snakemake.rule} does not name {name!r}, which its script needs")
    return arguments


def _converted(value: Any, annotation: Any) -> Any:
    if get_origin(annotation) is list:
        return [get_args(annotation)[0](item) for item in _listed(value)]
    if annotation in (Path, int, float, str):
        return annotation(value)
    return value


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, (str, Path)) else list(value)


def _from_command_line(main: Callable[..., None]) -> dict[str, Any]:
    module = main.__globals__
    about = {"prog": Path(module["__file__"]).name, "description": module.get("__doc__"), "epilog": main.__doc__}
    parser = argparse.ArgumentParser(**about)
    for name, parameter in inspect.signature(main).parameters.items():
        flag = "--" + name.replace("_", "-")
        needed = parameter.default is parameter.empty
        settings: dict[str, Any] = {"dest": name, "required": needed}
        if not needed:
            settings["default"] = parameter.default
        if parameter.annotation is dict:
            settings |= {"type": _read_options, "metavar": "YAML", "help": f"the rule's {name}, as YAML or as @FILE"}
        elif get_origin(parameter.annotation) is list:
            settings |= {"type": get_args(parameter.annotation)[0], "nargs": "*", "metavar": "PATH"}
        else:
            settings |= {"type": parameter.annotation, "metavar": parameter.annotation.__name__.upper()}
        parser.add_argument(flag, **settings)
    return vars(parser.parse_args())


def _read_options(text: str) -> dict[str, Any]:
    options = yaml.safe_load(Path(text[1:]).read_text() if text.startswith("@") else text)
    if not isinstance(options, dict):
        raise argparse.ArgumentTypeError("not a YAML mapping, such as '{alpha: 2.0}'")
    return options


def _start_logging(log_file: Path | None, name: str) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if log_file:
        handlers[0].addFilter(ForTheScreen())
        log_file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log_file, mode="w", encoding="utf-8"))
    formatter = _Shown(f"%(asctime)s {name}: %(message)s", datefmt="%H:%M:%S")
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.captureWarnings(True)


class ForTheScreen(logging.Filter):
    """Keeps the screen short; the rule's log has every line.

    Shown are errors and, of this project's messages, warnings and those marked with ``extra={"screen": True}``. Now and
    then another line is shown, as a sign of progress, but never one marked with False.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begin = self._last = time.monotonic()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is shown."""
        if record.levelno >= logging.ERROR:
            return True
        if record.name.partition(".")[0] not in ("coldwave", "__main__"):  # scripts are __main__
            return False
        now = time.monotonic()
        due = now - self._last >= min(max(OFTEN, PART * (now - self._begin)), SELDOM)
        shown = record.levelno > logging.INFO or getattr(record, "screen", due)
        self._last = now if shown else self._last
        return shown


class _Shown(logging.Formatter):
    """Escapes control characters: messages hold titles, ids and paths, and a terminal must not act on them."""

    def format(self, record: logging.LogRecord) -> str:
        return log_lines(super().format(record))


def _fail(message: str, log_file: Path | None, by_user: bool = True) -> None:
    """Log the error and exit. Its traceback goes to the rule's log; by hand, an unforeseen one's goes to the screen."""
    log.error("error: %s", message)
    if log_file:
        with log_file.open("a", encoding="utf-8") as file:
            file.write(printable(traceback.format_exc()))
    elif not by_user:
        sys.stderr.write(printable(traceback.format_exc()))
    sys.exit(1)
