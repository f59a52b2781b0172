"""Short messages for errors that end Snakemake before any job."""

import re
from collections.abc import Sequence
from pathlib import Path

from coldwave.command.config_files import config_files, mistake_in

_WHERE = re.compile(r'^WorkflowError(?: in .*file ".*")?(?:, line \d+)?:\n')
_CALLS = re.compile(r'(?:\n  File ".*", line \d+, in .*)+\n*$')
_ABOUT_A_FILE = ("FileNotFoundError", "IsADirectoryError", "PermissionError", "UnicodeDecodeError", "YteError")


def in_short(message: str, exception: str, arguments: Sequence[str]) -> list[str]:
    """Word an error for the screen.

    Parameters
    ----------
    message : Snakemake's words, with a traceback
    exception : the name of the exception's class
    arguments : those of the command line. Snakemake reads the config files that they name before the workflow, and does
        not say which one it cannot read, so they are checked here.
    """
    if exception in _ABOUT_A_FILE or "Config file " in message:
        named, _ = config_files(arguments)
        default = Path("config.yaml")
        for path in (*named, default) if default.exists() else named:
            if mistake := mistake_in(path):
                return [f"error: {mistake}"]
    if exception == "WorkflowError":
        message = "error: " + _CALLS.sub("", _WHERE.sub("", message))
    return message.splitlines()
