"""From nothing to a run: look at a history and a library, write a config, and have the workflow run."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

import coldwave
from coldwave.command.config_files import mistake_in
from coldwave.command.configs import RUN, as_yaml, histories_of, history_settings, quick_settings
from coldwave.command.output import say
from coldwave.command.runs import RESULTS
from coldwave.command.workflow import run_snakemake
from coldwave.errors import InputError
from coldwave.files import write_text

CONFIG = Path("coldwave.yaml")
ROOT = Path(coldwave.__file__).resolve().parents[2]  # of the clone
_HEAD = """\
# Written by `coldwave recommend --history … --library …`, and read by it from then on. Edit it as you like: all
# settings are in docs/settings.md. null removes a model of the default config; these take long to learn.
"""


def first_run(histories: Sequence[Path], library: Path) -> tuple[str, list[Path]]:
    """Make a run of a history and a library, or bring it up to date: its config is ``coldwave.yaml`` in this folder.

    Returns
    -------
    the path of the run, and the histories that are still to be matched: none if the run has read it

    Raises
    ------
    InputError
        A path is of another kind, the config is of other paths or cannot be read, or the run fails.
    """
    if CONFIG.exists():
        say(f"{CONFIG} is there already, and is used as it is.")
    else:
        text = _HEAD + as_yaml(_settings(histories, library))
        write_text(CONFIG, text)
        say(f"{CONFIG} is written; edit it as you like:\n\n{text}")
    config = _read()
    songs = ((config.get("plays") or {}).get("songs") or {}).get("path")
    if songs is None or Path(os.path.expandvars(songs)).resolve() != library.resolve():
        raise InputError(f"{CONFIG} is of another library ({songs}): name a run with --run, or go to another folder")
    _run_workflow()
    known = {path.resolve() for path in histories_of(config)} == {path.resolve() for path in histories}
    return str(RESULTS / config["run"]), [] if known else list(histories)


def _settings(histories: Sequence[Path], library: Path) -> dict[str, Any]:
    from coldwave.histories.formats import recognise
    from coldwave.inspection.inspecting import inspect

    found = [inspect(path, recognise_history=recognise) for path in histories]
    for one in found:
        if one.kind != "history":
            raise InputError(f"{one.path}: not a listening history, but {one.words}")
        say(f"{one.path}: {one.words}")
    music = inspect(library)
    if music.kind != "audio folder":
        raise InputError(f"{library}: not a folder of audio, but {music.words}")
    files = music.counts["audio files"]
    say(f"{library}: {music.words}, {files:,} of them")
    models = yaml.safe_load((_clone() / "config.yaml").read_text(encoding="utf-8"))["models"]
    name = found[0].settings["plays"]["format"]
    return history_settings(histories, name, library) | quick_settings(models, files)


def _read() -> dict[str, Any]:
    if mistake := mistake_in(CONFIG):
        raise InputError(mistake)
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    if not isinstance(config.get("run"), str):
        raise InputError(f"{CONFIG}: it names no run; write `run: {RUN}`")
    return config


def _clone() -> Path:
    if not (ROOT / "Snakefile").is_file():
        raise InputError(f"{ROOT}: the workflow is not here; install Coldwave from its clone (pip install -e .)")
    return ROOT


def _run_workflow() -> None:
    command = [sys.executable, "-m", "snakemake", "--snakefile", _clone() / "Snakefile", "--configfile", CONFIG]
    sys.stdout.flush()
    # what it prints is progress: it goes to standard error, since the list has standard output to itself
    if status := run_snakemake(command, stdout=2):
        raise InputError(
            f"the workflow failed (snakemake ended with {status}; see above, or `coldwave results`). Give the same "
            "command again: what is done is not done again"
        )
