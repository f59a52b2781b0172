"""Why jobs failed: from the rules' logs, and from Snakemake's own log of a run, under .snakemake/log."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coldwave.shown import one_line

LONGEST_REASON = 600  # characters
SILENT = "it ended without an error message; it may have been killed for using too much memory or time"
_ERROR = re.compile(r"^\d\d:\d\d:\d\d \w+: error: (.*(?:\n    .*)*)", re.MULTILINE)
_FAILED = re.compile(r"^Error in rule (\w+):\n((?: {4}.*\n)*)", re.MULTILINE)
_STARTED = re.compile(r"^(?:local)?(?:rule|checkpoint) \w+:\n((?: {4}.*\n)*)", re.MULTILINE)
_FIELD = re.compile(r"^ {4}(\w+): (.*)$", re.MULTILINE)
_RUN = re.compile(r"^ {4}(?:output|log): results/([^/\n]+)/", re.MULTILINE)
_ALL_DONE = "(Rule: all)"  # logged when the rule is finished
_HINT = " (check log file(s) for error details)"  # of Snakemake, after the logs' paths


@dataclass(frozen=True)
class Failure:
    """A job that failed."""

    rule: str
    wildcards: str  # such as "model=cnn, seed=1"; may be empty
    outputs: list[str]
    logs: list[str]
    said: str = ""  # what the executor says, such as that the job was out of memory

    def lines(self, folder: Path = Path()) -> list[str]:
        """Describe it in a few lines: the rule, its first output, why it failed, and its logs.

        Parameters
        ----------
        folder : the folder that the logs' paths are relative to
        """
        of = f" ({self.wildcards})" if self.wildcards else ""
        reasons = [reason for log in self.logs if (reason := reason_in(folder / log))]
        lines = [f"{self.rule}{of} failed: {named(self.outputs, 1)}", f"    {(reasons or [self.said or SILENT])[0]}"]
        return lines + [f"    log: {folder / log}" for log in self.logs]


def reason_in(log: Path) -> str | None:
    """Read the error in a rule's log, on one line; None if there is no error or no log."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    errors = _ERROR.findall(text)
    return one_line(errors[0], LONGEST_REASON) if errors else None


def named(paths: Iterable[str], number: int) -> str:
    """Name the first of some paths, without the folder of the run, and count the others.

    Paths that Snakemake does not know yet, behind a checkpoint, are left out.
    """
    short = [re.sub(r"^results/[^/]+/", "", path) for path in paths if path != "<TBD>"]
    more = f" (+{len(short) - number})" if len(short) > number else ""
    return ", ".join(short[:number]) + more


def failures_of(run: Path) -> list[Failure]:
    """Find the jobs that failed when a run was last started, and have not been done since.

    Snakemake deletes the outputs of a failed job, so a job whose outputs all exist was done later.

    Parameters
    ----------
    run : the run's folder, such as results/demo
    """
    folder = run.absolute().parents[1]
    for name, text in _logs(folder):
        if name == run.name:
            if failures := [job for job in _failed(text) if not all((folder / path).exists() for path in job.outputs)]:
                return failures
            if _ALL_DONE in text:
                break
    return []


def last_run(folder: Path) -> str | None:
    """Name the run that was last started in a folder, or None if there was none."""
    return next((name for name, _ in _logs(folder)), None)


def _logs(folder: Path) -> Iterator[tuple[str, str]]:
    """Read Snakemake's logs of calls in which jobs ran, newest first: the run's name, and the text."""
    for log in sorted((folder / ".snakemake" / "log").glob("*.snakemake.log"), reverse=True):
        text = log.read_text(encoding="utf-8", errors="replace")
        if run := _RUN.search(text):
            yield run[1], text


def _failed(text: str) -> list[Failure]:
    started = [dict(_FIELD.findall(block)) for block in _STARTED.findall(text)]
    wildcards = {job["jobid"]: job.get("wildcards", "") for job in started if "jobid" in job}
    failures = {}  # by job, because one that is tried again may fail several times
    for rule, block in _FAILED.findall(text):
        job = dict(_FIELD.findall(block))
        said = job.get("message", "None")
        failures[job["jobid"]] = Failure(
            rule,
            wildcards.get(job["jobid"], ""),
            job["output"].split(", ") if "output" in job else [],
            job["log"].removesuffix(_HINT).split(", ") if "log" in job else [],
            "" if said == "None" else one_line(said, LONGEST_REASON),
        )
    return list(failures.values())
