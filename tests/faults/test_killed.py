"""Killed at any stage, a run goes on to what it would have made undisturbed."""

import itertools
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import Call, Workplace
from tests.faults.conftest import leftovers, made

PATIENCE = 120  # seconds for what takes one or two, however busy the machine is
# seconds after a job's start at which it is killed: importing, reading, at work, writing
MOMENTS = (0.0, 0.4, 0.8, 1.2)
STARTS_SHOWN = ("--printshellcmds",)  # with it, Snakemake tells of the start of a job as well
STARTED = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):$|^Job \d+: (Sharing out) the songs", re.MULTILINE)


def wait_for_job(call: Call, is_wanted: Callable[[str], bool] = lambda rule: True) -> str | None:
    """Wait until a job of a wanted rule has started: the rule, or None where the run ended first."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended = call.process.poll() is not None
        started = [rule or "shard_songs" for rule, _ in STARTED.findall(call.output)]  # that one says it in words
        started = [rule for rule in started if rule not in ("all", "settle_shards")]  # they run nothing
        if wanted := [rule for rule in started if is_wanted(rule)]:
            return wanted[-1]
        if ended:
            return None
        time.sleep(0.05)
    pytest.fail(f"no job has started within {PATIENCE} seconds:\n{call.output[-3000:]}")


def kill_in_job(place: Workplace, is_wanted: Callable[[str], bool], moment: float, *flags: str) -> str | None:
    """Kill Snakemake and its jobs when one of a wanted rule has started, and take the lock off: the rule, if any."""
    call = place.start(*STARTS_SHOWN, "--cores", "1", *flags)
    try:
        rule = wait_for_job(call, is_wanted)
        if rule is None:
            call.finish()
            return None
        time.sleep(moment)
    finally:
        call.kill()
    place.make("--unlock")
    return rule


def test_killed_in_every_rule_it_makes_what_an_undisturbed_run_does(tiny, workplace):
    """Snakemake and its jobs are killed once in each rule, the lock taken off, and the same command given again."""
    killed: set[str] = set()
    moments = itertools.cycle(MOMENTS)
    while rule := kill_in_job(workplace, lambda rule: rule not in killed, next(moments)):
        killed.add(rule)
    rules = {path.stem for path in (tiny.results / "logs").glob("*.log")}  # those of one job; the others have folders
    rules |= {path.name for path in (tiny.results / "logs").iterdir() if path.is_dir()}
    assert killed <= rules
    for short in sorted(rules - killed):  # done and over between the start of another rule's job and its end
        assert kill_in_job(workplace, lambda rule, short=short: rule == short, 0, "--forcerun", short) == short
    workplace.make()
    assert made(workplace) == made(tiny)
    assert leftovers(workplace) == []
    assert workplace.plan() == {}


def test_a_job_of_a_killed_snakemake_ends_and_the_next_run_is_told_what_to_do(tiny, tmp_path):
    """Only Snakemake itself is killed, as for want of memory; it cannot end its jobs any more."""
    place = tiny.copy(tmp_path / "copy")
    shutil.rmtree(place.results / "audio/log_mel")
    call = place.start(*STARTS_SHOWN, "--cores", "1")
    try:
        assert wait_for_job(call) == "extract_log_mel"
        job = wait_for_script(call.process.pid)
        os.kill(call.process.pid, signal.SIGKILL)
        call.process.wait()
        gone, alive = psutil.wait_procs([job], timeout=PATIENCE)
        assert (gone, alive) == ([job], [])
    finally:
        kill_session(call.process.pid)
    locked = place.snakemake("--cores", "1")
    assert locked.status == 1
    assert "--unlock" in locked.output
    place.make("--unlock")
    place.make()
    assert made(place) == made(tiny)


def wait_for_script(snakemake: int) -> psutil.Process:
    """The process of the one job that runs, once it watches Snakemake: its log has been opened by then."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for process in psutil.process_iter(["cmdline"]):
            is_script = ".snakemake/scripts/" in " ".join((process.info["cmdline"] or [])[1:2])
            if is_script and os.getsid(process.pid) == snakemake and process.num_threads() > 1:
                return process
        time.sleep(0.05)
    pytest.fail("no script of a job is running")


def kill_session(session: int) -> None:
    """End whatever is left of a session."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session:
                process.kill()
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue


def test_a_job_killed_for_want_of_memory_is_named_and_done_again(tiny, tmp_path):
    """The kernel ends the job alone; Snakemake goes on with what does not need it, and fails at the end."""
    place = tiny.copy(tmp_path / "copy")
    lost = place.results / "models/cnn_mse"
    shutil.rmtree(lost)
    call = place.start(*STARTS_SHOWN, "--cores", "1")
    try:
        assert wait_for_job(call) == "train_cnn"
        wait_for_script(call.process.pid).kill()
        outcome = call.end()
    finally:
        call.kill()
    assert outcome.status == 1
    assert re.search(r"Error in rule train_cnn", outcome.output)
    assert not lost.exists() or list(lost.iterdir()) == []
    place.make()
    assert made(place) == made(tiny)


def test_two_runs_at_once_are_refused_with_what_to_do(tiny, tmp_path):
    place: Workplace = tiny.copy(tmp_path / "copy")
    shutil.rmtree(place.results / "models")
    first = place.start(*STARTS_SHOWN, "--cores", "1")
    try:
        assert wait_for_job(first)
        second = place.snakemake("--cores", "1")
        assert second.status == 1
        assert "lock" in second.output.lower() and "--unlock" in second.output
        first.finish()
    finally:
        first.kill()
    assert made(place) == made(tiny)
    assert Path(place.results / "report/index.html").is_file()
