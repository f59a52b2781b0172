"""Many calls of Snakemake in little time: each in a process of its own, forked from one that has it loaded.

Run as a program it is that process: it reads one request a line and answers each with the status of its fork.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).with_name("tiny.yaml")
TIME_LIMIT = 600  # seconds for one of them, however busy the machine is
AT_A_TIME = 2  # the cores that the tests may count on
Job = tuple[str, ...]  # a job is known by its outputs


class Plan(NamedTuple):
    """What a dry run would do: its jobs, and how many there are of each rule."""

    jobs: frozenset[Job]
    rules: dict[str, int]


class Graph:
    """The jobs of a finished run and what each of them read, as Snakemake has recorded them."""

    def __init__(self, summary: str):
        """``summary`` is what ``snakemake --detailed-summary`` prints."""
        lines = [line.split("\t") for line in summary.splitlines() if "\t" in line]
        columns = lines[0]
        rows = [dict(zip(columns, line, strict=True)) for line in lines[1:]]
        outputs: dict[tuple[str, str], list[str]] = {}
        self.inputs: dict[Job, set[str]] = {}
        for row in rows:
            outputs.setdefault((row["rule"], row["log-file(s)"]), []).append(row["output_file"])
        self.rule = {tuple(sorted(paths)): rule for (rule, _), paths in outputs.items()}
        self.job = {path: job for job in self.rule for path in job}
        for row in rows:
            read = {path for path in row["input-file(s)"].split(",") if path}
            self.inputs.setdefault(self.job[row["output_file"]], set()).update(read)

    def of(self, rule: str, model: str | None = None) -> set[Job]:
        """The jobs of a rule, or those of one model."""
        jobs = {job for job, name in self.rule.items() if name == rule}
        return {job for job in jobs if model is None or any(f"/{model}/" in path for path in job)}

    def with_followers(self, jobs: Iterable[Job]) -> frozenset[Job]:
        """Some jobs and all that follow from them."""
        found = set(jobs)
        while True:
            made = {path for job in found for path in job}
            after = {job for job, read in self.inputs.items() if read & made} - found
            if not after:
                return frozenset(found)
            found |= after

    def plan(self, jobs: Iterable[Job]) -> Plan:
        """The plan of exactly these jobs."""
        jobs = frozenset(jobs)
        rules = sorted(self.rule[job] for job in jobs)
        return Plan(jobs, {rule: rules.count(rule) for rule in rules})


class DryRuns:
    """Dry runs of the project's workflow, some at a time, and other calls."""

    def __init__(self, environment: dict[str, str], home: Path, at_a_time: int = AT_A_TIME):
        self.home = home
        self._threads = ThreadPoolExecutor(at_a_time)
        self._free: SimpleQueue[subprocess.Popen] = SimpleQueue()
        self._forks = []
        for _ in range(at_a_time):
            program = [sys.executable, __file__]
            fork = subprocess.Popen(
                program,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
                cwd=home,
                start_new_session=True,
            )
            self._forks.append(fork)
            self._free.put(fork)

    def close(self) -> None:
        """End the processes; what is asked for and has not begun is not done."""
        self._threads.shutdown(cancel_futures=True)
        for fork in self._forks:
            fork.stdin.close()
            fork.wait()
            fork.stdout.close()

    def submit(
        self,
        folder: Path,
        *overlays: dict,
        flags: Sequence[str] = ("--dry-run",),
        targets: Sequence[str] = (),
        project: Path = ROOT,
    ) -> "Future[str]":
        """Ask for a dry run in ``folder`` with the tiny config and what is laid over it; it gives what was printed.

        ``project`` may be a copy whose ``scripts/`` are others; its ``workflow/`` is taken to be the same.
        """
        # with --printshellcmds, Snakemake itself tells of each job, and all of it
        arguments = ["--printshellcmds", *flags]
        return self._threads.submit(self._dry_run, folder, overlays, arguments, targets, project)

    def call(
        self, folder: Path, *overlays: dict, flags: Sequence[str] = (), targets: Sequence[str] = ()
    ) -> tuple[int, str]:
        """Call Snakemake in the same way, and wait for its end: its exit status and what was printed."""
        return self._threads.submit(self._run, folder, overlays, flags, targets, ROOT).result()

    def _dry_run(self, *call) -> str:
        status, text = self._run(*call)
        assert status == 0, f"snakemake ended with {status}:\n{text[-6000:]}"
        return text

    def _run(
        self, folder: Path, overlays: Sequence[dict], flags: Sequence[str], targets: Sequence[str], project: Path
    ) -> tuple[int, str]:
        fork = self._free.get()
        try:
            with tempfile.TemporaryDirectory(dir=self.home) as place:
                configs, printed = [str(TINY)], Path(place, "printed")
                for number, overlay in enumerate(overlays):
                    configs.append(str(Path(place, f"{number}.yaml")))
                    Path(configs[-1]).write_text(yaml.safe_dump(overlay, sort_keys=False))
                arguments = [*arguments_of_a_call(project / "Snakefile", folder), *flags]
                arguments += ["--configfile", *configs, "--", *targets]
                fork.stdin.write(json.dumps([arguments, str(printed)]) + "\n")
                fork.stdin.flush()
                status = fork.stdout.readline().strip()
                text = printed.read_text(errors="replace") if printed.exists() else ""
            if not status:
                raise RuntimeError(f"the process that calls are forked from ended with {fork.wait()}")
            return int(status), text
        finally:
            self._free.put(fork)


def arguments_of_a_call(snakefile: Path, folder: Path) -> list[str]:
    """Those of every call of Snakemake: one thread a job, two jobs at a time.

    Most of a tiny job is the start of Python, which has one thread.
    """
    return ["--snakefile", str(snakefile), "--directory", str(folder), "--cores", "2", "--max-threads", "1"]


def copy_of_project(folder: Path) -> Path:
    """A copy of the workflow, whose code a test may edit."""
    for name in ("workflow", "scripts", "profiles", "envs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy2(ROOT / name, folder / name)
    return folder


def job_counts(printed: str) -> dict[str, int]:
    """Read the jobs of a dry run by rule, without ``all``; empty where nothing is to be done."""
    table = re.search(r"^Job stats:\n.*\n-.*\n((?:\w+ +\d+\n)+)", printed, re.MULTILINE)
    if table is None:
        assert "Nothing to be done" in printed, printed
        return {}
    counts = dict(line.split() for line in table[1].splitlines())
    return {rule: int(count) for rule, count in counts.items() if rule not in ("all", "total")}


def plan_of(printed: str) -> Plan:
    """Read what a dry run prints."""
    rules = {rule: count for rule, count in job_counts(printed).items() if rule != "predict_new"}
    outputs = re.findall(r"^    output: (.*)$", printed, re.MULTILINE)
    jobs = {tuple(sorted(re.sub(r" \(\w+\)", "", paths).split(", "))) for paths in outputs}
    return Plan(frozenset(jobs), rules)


def serve() -> None:
    """Load everything once, then fork for each request."""
    import jsonschema  # noqa: F401
    import polars  # noqa: F401
    import snakemake.api  # noqa: F401
    from snakemake.cli import main

    sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
    import coldwave.audio.state
    import coldwave.world.planted  # noqa: F401
    import workflow.settings
    from workflow.code import KEPT, Sources

    with redirect_stdout(StringIO()), suppress(SystemExit):
        main(["--version"])  # loads the plugins
    workflow.settings.load_schema()
    sources = Sources(ROOT, KEPT)
    for script in (ROOT / "scripts").glob("*.py"):
        sources.digests(script)
    sources.keep()
    for line in sys.stdin:
        arguments, printed = json.loads(line)
        child = os.fork()
        if child == 0:
            become(main, arguments, printed)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(main: Callable[[list[str]], None], arguments: list[str], printed: str) -> None:
    """Turn this process into a call of Snakemake, whose output goes to a file, and end it."""
    status = 1
    signal.alarm(TIME_LIMIT)
    try:
        file = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.argv[1:] = arguments
        main(arguments)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
