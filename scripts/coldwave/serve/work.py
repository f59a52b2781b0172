"""What is done with uploads, in processes of their own: a file may be anything, and hang or kill what reads it."""

import os
import resource
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coldwave.command.history import match_history, songs_to_match
from coldwave.errors import InputError
from coldwave.matching.matching import prepared
from coldwave.use.opening import load
from coldwave.use.run import Run

FILE_BYTES = 4 << 30  # of one file that a worker may write
FFMPEG_SHARE = 0.8  # of the time: ffmpeg must end before its worker is killed

STATM = Path("/proc/self/statm")  # memory in pages, all that is mapped first

_worker: dict[str, Any] = {}


class Failed(Exception):
    """An upload makes what reads it fail in a way that nobody has foreseen; the message says how."""


def start(folder: Path, seconds: float, memory: int) -> None:
    """Start a worker: open the run, and bound what an upload may take."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders complain there, without saying of what
    run = load(folder)
    if "audio" in run.files.config:
        most = run.files.config["audio"].get("timeout") or seconds
        run.files.config["audio"]["timeout"] = min(most, FFMPEG_SHARE * seconds)
    _worker.update(run=run, memory=memory, library=prepared(songs_to_match(run)))


def place(path: Path, n: int) -> dict[str, Any]:
    """Place an audio file (`Run.place`): tables and tags, by the names of `coldwave.use.placing.Placed`."""
    with bounded(path) as run:
        found = run.place(path, n, vectors=False)
        return {name: getattr(found, name) for name in ("similar", "tags", "listeners")} | {"heard": dict(found.heard)}


def listened(path: Path, user: str | None) -> dict[str, Any]:
    """Read a history and match it to the run's songs: plays by song id, counts by tier, and what is to be said."""
    with bounded(path) as run:
        return match_history(run, [path], user, library=_worker["library"])._asdict()


@contextmanager
def bounded(path: Path):
    """Bound memory and files, keep what is written beside the upload, and name the upload as its sender does."""
    run: Run = _worker["run"]
    tempfile.tempdir = str(path.parent)
    if STATM.exists():  # elsewhere than on Linux, memory cannot be bounded so
        used = int(STATM.read_text().split()[0]) * resource.getpagesize()
        _limit(resource.RLIMIT_AS, used + _worker["memory"])
    _limit(resource.RLIMIT_FSIZE, FILE_BYTES)
    try:
        yield run
    except InputError as error:
        said = str(error).replace(str(path), "the upload")
        raise InputError(said.replace(str(run.files.folder), run.files.folder.name)) from None
    except MemoryError:
        raise InputError("the upload: it takes more memory than a server gives it") from None
    except BaseException as error:  # polars' panics are no Exception; any may be one that cannot be pickled
        raise Failed(f"{type(error).__name__}: {error}") from None
    finally:
        if STATM.exists():
            _limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def _limit(what: int, soft: int) -> None:
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
