"""The lines on the screen about a run: one for each job that is done, and at the end why jobs failed."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from logging import INFO, LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.common import LogEvent

from coldwave.command.failures import LONGEST_REASON, Failure, named
from coldwave.progress import duration
from coldwave.shown import one_line
from snakemake_logger_plugin_coldwave.mistakes import in_short
from snakemake_logger_plugin_coldwave.time_left import time_left

WIDEST = 160  # characters of a line about a job
MOST_FAILURES = 10  # described at the end
# Other messages of Snakemake, which nobody needs on the screen.
_LEFT_OUT = re.compile(
    "Assuming unrestricted shared filesystem|Building DAG of jobs|Config file .* is extended by|Using shell: "
    "|Conda environments: ignored|Singularity containers: ignored|Group jobs: inactive|Select jobs to execute"
    "|Execute [0-9]+ jobs|DAG of jobs will be updated|Removing output files of failed job|Elapsed time: |Reasons:"
    "|Exiting because a job execution failed|Some jobs were triggered by|Rules with provenance triggered jobs"
    "|Shutting down, this might take some time|Updating checkpoint dependencies|Touching output file"
)
_FULL_STORY = re.compile(r"Complete log\(s\): (.*)")
_FURTHER = "For further error details see the cluster/cloud log"
_SHOWN_LAST = {"predict_new": "New songs"}  # what a target is for; its first input is what to look at
_AGAIN = re.compile(r"Trying to restart job (\d+)\.")


class Story:
    """Turns the records of Snakemake's log into lines for the screen."""

    def __init__(self, dry: bool, arguments: Sequence[str]):
        """``dry``: nothing is run. ``arguments``: those of the command line."""
        self._dry = dry
        self._arguments = arguments
        self._begin = time.monotonic()
        self._planned: Counter[str] = Counter()  # jobs by rule
        self._jobs: dict[int, LogRecord] = {}  # those that have started
        self._started: dict[int, float] = {}
        self._finished: list[int] = []  # not shown yet
        self._seconds: dict[str, list[float]] = defaultdict(list)  # of the finished jobs of each rule
        self._failed: dict[int, Failure] = {}
        self._made: dict[str, str] = {}  # files to look at, by what they show
        self._done = self._total = 0
        self._end: list[str] = []

    def lines(self, record: LogRecord) -> list[str]:
        """Make the lines about one record; often none."""
        event = getattr(record, "event", None)
        if event is None:
            return self._message(record)
        if event == LogEvent.RUN_INFO:
            return self._plan(record)
        if event == LogEvent.JOB_INFO:
            return self._start(record)
        if event == LogEvent.JOB_FINISHED:
            self._finished += [record.job_id] if record.job_id in self._jobs else []
        if event == LogEvent.PROGRESS:
            return self._progress(record)
        if event == LogEvent.JOB_ERROR:
            return self._fail(record)
        if event == LogEvent.ERROR:
            return self._mistake(record)
        return []

    def end(self) -> list[str]:
        """Make the last lines: how many jobs are done, then why others failed. The next call returns none."""
        failures = list(self._failed.values())
        lines, self._end, self._failed = self._end, [], {}
        for failure in failures[:MOST_FAILURES]:
            lines += failure.lines()
        if len(failures) > MOST_FAILURES:
            lines.append(f"and {len(failures) - MOST_FAILURES} more: `coldwave results` names them all")
        return lines

    def _message(self, record: LogRecord) -> list[str]:
        message = record.getMessage()
        if (again := _AGAIN.match(message)) and (job := self._jobs.get(int(again[1]))):
            return [_line("tried again", _made_of(job))]
        if full := _FULL_STORY.match(message):
            self._end = self._counted(full[1])
            return []
        if not message or message == "None" or _LEFT_OUT.match(message):
            return []
        return message.splitlines() if record.levelno > INFO else [one_line(line) for line in message.splitlines()]

    def _plan(self, record: LogRecord) -> list[str]:
        known, self._planned = bool(self._planned), Counter(record.stats)
        self._total = self._planned.pop("total", 0)
        if self._dry:  # sent both before the jobs and after them
            return record.getMessage().splitlines() if known else []
        return [f"{self._total} jobs to do"]

    def _start(self, record: LogRecord) -> list[str]:
        self._jobs[record.jobid] = record
        self._started[record.jobid] = time.monotonic()
        self._failed.pop(record.jobid, None)  # it is tried again
        if not self._dry or not record.output:
            return []
        why = "; ".join(part.partition(":")[0].lower() for part in str(record.reason).split("; "))
        return [one_line(f"{_made_of(record)}; {why}", WIDEST)]

    def _progress(self, record: LogRecord) -> list[str]:
        now, made = time.monotonic(), []
        self._done, self._total = record.done, record.total
        for number in self._finished:
            job, seconds = self._jobs[number], now - self._started[number]
            self._failed.pop(number, None)
            self._seconds[job.rule_name].append(seconds)
            if job.rule_name in _SHOWN_LAST:
                self._made[_SHOWN_LAST[job.rule_name]] = job.input[0]
            if job.output:  # not `all`
                made.append(f"{_made_of(job)}, {duration(seconds)}")
        self._finished = []
        how_far = f"{record.done} of {record.total}"
        left = time_left(self._seconds, self._waiting(record), now - self._begin)
        if left is not None and record.done < record.total:
            how_far += f", {duration(left)} left"
        return [_line(how_far, text) for text in made]

    def _waiting(self, record: LogRecord) -> dict[str, float]:
        """Count the jobs that are not finished, by rule; those that a checkpoint has added are under an empty name.

        A checkpoint may also find jobs needless, and does not say which. Each rule then keeps its share.
        """
        waiting = {rule: max(0, jobs - len(self._seconds.get(rule, ()))) for rule, jobs in self._planned.items()}
        left, planned = record.total - record.done, sum(waiting.values())
        share = min(1, left / planned) if planned else 1
        return {rule: jobs * share for rule, jobs in waiting.items()} | {"all": 0, "": max(0, left - planned)}

    def _fail(self, record: LogRecord) -> list[str]:
        job = self._jobs.get(record.jobid, record)
        wildcards = ", ".join(f"{name}={value}" for name, value in getattr(job, "wildcards", {}).items())
        said = one_line((record.rule_msg or "").partition(_FURTHER)[0], LONGEST_REASON)
        self._failed[record.jobid] = Failure(record.rule_name, wildcards, record.output, record.log, said)
        more = said or f"log: {', '.join(record.log)}"
        return [_line("failed", f"{record.rule_name}: {named(record.output, 1)}; {more}")]

    def _mistake(self, record: LogRecord) -> list[str]:
        message = record.getMessage()
        if "CalledProcessError" in message or (self._failed and "At least one job did not complete" in message):
            return []  # the job's log says more
        return in_short(message, getattr(record, "exception", ""), () if self._planned else self._arguments)

    def _counted(self, path: str) -> list[str]:
        log = Path(path)
        shown = log.relative_to(Path.cwd()) if log.is_relative_to(Path.cwd()) else log
        took = duration(time.monotonic() - self._begin)
        failed = f"; {len(self._failed)} failed" if self._failed else ""
        counted = f"{self._done} of {self._total} jobs done in {took}{failed}. Full log: {shown}"
        return [counted, *(f"{what}: {file}" for what, file in self._made.items())]


def _line(state: str, text: str) -> str:
    return one_line(f"{time.strftime('%H:%M:%S')} [{state}] {text}", WIDEST)


def _made_of(job: LogRecord) -> str:
    read = named(job.input, 2)
    return f"{job.rule_name}: {named(job.output, 1)}" + (f" from {read}" if read else "")
