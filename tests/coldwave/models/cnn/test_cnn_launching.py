"""Who starts the processes of a training, and what becomes of them."""

import io
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lightning.fabric.plugins.environments import SLURMEnvironment, TorchElasticEnvironment

from coldwave import job
from coldwave.errors import InputError
from coldwave.models.cnn.launching import _pass_on, command_line, is_main_process, launch_command, started_by
from coldwave.models.cnn.training import cluster_environment

SCRIPTS = Path(job.__file__).parents[1]
LIMIT = 60  # seconds


def test_a_job_of_slurm_that_is_one_task_starts_its_processes_itself(monkeypatch):
    # SLURM_NTASKS says what the job may start, not what was started
    for name, value in {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "1"}.items():
        monkeypatch.setenv(name, value)
    assert started_by() is None
    assert is_main_process()
    assert not cluster_environment().creates_processes_externally


def test_processes_that_srun_or_torchrun_has_started_are_taken(monkeypatch):
    slurm = {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"}
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    assert started_by() == "srun" and not is_main_process()
    environment = cluster_environment()
    assert isinstance(environment, SLURMEnvironment) and not environment.auto_requeue
    # srun has started one torchrun on each node
    for name, value in {"TORCHELASTIC_RUN_ID": "1", "RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    assert started_by() == "torchrun" and is_main_process()
    assert isinstance(cluster_environment(), TorchElasticEnvironment)


def test_one_node_is_torchruns_and_several_need_a_job_of_slurm(monkeypatch):
    alone = launch_command(devices=2, nodes=1, threads=8)
    assert alone[1:3] == ["-m", "torch.distributed.run"] and {"--nproc-per-node=2", "--standalone"} < set(alone)
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(InputError, match="nodes is 3, but this is no SLURM job"):
        launch_command(devices=2, nodes=3, threads=8)


def test_arguments_come_back_from_the_command_line(monkeypatch):
    def main(*, table: Path, shards: list[Path], options: dict, seed: int, plays: Path = None): ...

    main.__globals__["__file__"] = __file__
    options = {"pool": [2, 1], "learning_rate": 1e-5, "objective": "mse", "temper": None}
    given = {"table": Path("a b.npy"), "shards": [Path("1"), Path("2")], "options": options, "seed": 3, "plays": None}
    monkeypatch.setattr(sys, "argv", ["x.py", *command_line(given)])
    assert job._from_command_line(main) == given


PROGRAM = """
import logging, os, sys, time
sys.path.append({scripts!r})
from pathlib import Path
from coldwave.models.cnn.launching import end_with_input, launch, started_by
from coldwave.errors import InputError
from coldwave.job import run

def main(*, folder: Path, devices: int, nodes: int, then: str) -> None:
    arguments = locals()
    if not started_by():
        launch(Path(__file__), arguments, devices, nodes, 2)
        return
    end_with_input()
    place = [os.environ[name] for name in ("GROUP_RANK", "RANK", "WORLD_SIZE", "OMP_NUM_THREADS")]
    logging.getLogger("coldwave").info("node %s, process %s of %s, threads: %s", *place)
    if then == "fail":
        raise InputError("what went wrong")
    if then == "sleep":
        (folder / str(os.getpid())).touch()
        time.sleep(600)

run(main)
"""

# as srun does: the command on every node, and what comes in for all of them
SRUN = """#!/bin/sh
echo "$@" > {log}
while [ "${{1#-}}" != "$1" ]; do shift; done
exec 3<&0
"$@" <&3 & first=$!
"$@" <&3 & second=$!
wait $first && wait $second
"""


def start(folder, then, devices=2, nodes=1, **variables):
    program = folder / "program.py"
    program.write_text(PROGRAM.format(scripts=str(SCRIPTS)))
    given = {"folder": folder, "devices": devices, "nodes": nodes, "then": then}
    command = [sys.executable, program, *command_line(given)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | variables)


def test_two_nodes_of_a_job_meet(tmp_path):
    (tmp_path / "srun").write_text(SRUN.format(log=tmp_path / "given"))
    (tmp_path / "srun").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    process = start(tmp_path, "end", devices=1, nodes=2, SLURM_JOB_ID="7", PATH=path)
    _, shown = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, shown
    assert all(f"process {number} of 2, threads: 2" in shown for number in (0, 1))
    assert "node 0," in shown and "node 1," in shown
    given = (tmp_path / "given").read_text()
    assert given.startswith("--nodes=2 --ntasks=2 --ntasks-per-node=1 --cpus-per-task=2")


def test_what_the_processes_log_is_logged_and_their_failure_is_one(tmp_path):
    process = start(tmp_path, "fail")
    _, shown = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert "program: node 0, process" in shown and "threads: 1" in shown
    assert "error: what went wrong" in shown
    assert shown.splitlines()[-1].endswith("a process of the training failed: see the lines before this one in the log")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program.py"]


def is_running(process):
    try:
        return (Path("/proc") / process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_processes_end_with_the_one_that_started_them_even_if_it_is_killed(tmp_path):
    process = start(tmp_path, "sleep")
    try:
        end = time.monotonic() + LIMIT
        while len(started := [path.name for path in tmp_path.iterdir() if path.name.isdigit()]) < 2:
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        while any(is_running(one) for one in started):
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        process.kill()
        process.stderr.close()


def test_a_screen_that_is_gone_ends_no_training(tmp_path):
    process = start(tmp_path, "end")
    process.stderr.close()
    assert process.wait(timeout=LIMIT) == 0


def test_what_a_process_says_is_chosen_for_the_screen_as_what_the_job_says_itself(monkeypatch):
    screen, log = logging.StreamHandler(io.StringIO()), logging.StreamHandler(io.StringIO())
    screen.addFilter(job.ForTheScreen())
    monkeypatch.setattr(logging.getLogger(), "handlers", [screen, log])
    for line in ("10:00:00 train_cnn: epoch 1: loss 0.9\n", "10:00:01 train_cnn: error: out of memory\n"):
        _pass_on(line)
    assert screen.stream.getvalue() == "10:00:01 train_cnn: error: out of memory\n"
    assert len(log.stream.getvalue().splitlines()) == 2
