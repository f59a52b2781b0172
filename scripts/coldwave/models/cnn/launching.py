"""Start the processes of a training on several devices: with torchrun, on several nodes through srun.

A training script starts itself again as several processes, by hand, with its arguments on the command line: under
Snakemake it is a generated file, which processes could not import. If torchrun or srun has started the processes
already, they are used as they are.
"""

import contextlib
import logging
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from coldwave.errors import InputError

WATCHED = "COLDWAVE_WATCHES_ITS_INPUT"  # set for processes that end when the one that started them does


def started_by() -> str | None:
    """Return what has started this process as one of several, torchrun or srun, or None if it is alone.

    ``SLURM_NTASKS`` is about the whole job; the step's number of tasks says what srun has started. If srun has started
    torchrun on each node, it is torchrun.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return "torchrun"
    return "srun" if int(os.environ.get("SLURM_STEP_NUM_TASKS", 1)) > 1 else None


def is_main_process() -> bool:
    """Return whether this process writes what is learnt: the first one, or the only one."""
    number = {"torchrun": "RANK", "srun": "SLURM_PROCID"}.get(started_by())
    return number is None or int(os.environ[number]) == 0


def check_processes(processes: int) -> None:
    """Check that as many processes were started as the settings ask for.

    Raises
    ------
    InputError
        There are more or fewer: they would wait for each other, or all write the same file.
    """
    number = {"torchrun": "WORLD_SIZE", "srun": "SLURM_STEP_NUM_TASKS"}.get(started_by())
    started = 1 if number is None else int(os.environ[number])
    if started != processes:
        raise InputError(
            f"{started} processes were started, but the model's devices x nodes are {processes}: make the two agree"
        )


def end_with_input() -> None:
    """End this process when the one that started it ends, even if that was killed: its input then ends."""
    if os.environ.pop(WATCHED, None):

        def watch() -> None:
            while os.read(0, 1024):
                pass
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


def launch_command(devices: int, nodes: int, threads: int) -> list[str]:
    """Return the command that runs the script: torchrun for one node, or srun to start torchrun on every node.

    Parameters
    ----------
    devices : processes on each node
    threads : processors of each node

    Raises
    ------
    InputError
        Several nodes are wanted outside a SLURM job.
    """
    launcher = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={devices}"]
    if nodes == 1:
        return [*launcher, "--standalone"]
    job = os.environ.get("SLURM_JOB_ID")
    if job is None or shutil.which("srun") is None:
        raise InputError(
            f"nodes is {nodes}, but this is no SLURM job: run it with --profile profiles/slurm, or start the script "
            "on every node with torchrun (its options: --help)"
        )
    with socket.socket() as free:
        free.bind(("", 0))
        meeting = f"{socket.gethostname()}:{free.getsockname()[1]}"
    srun = ["srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1", f"--cpus-per-task={threads}",
            "--input=all", "--overlap", "--kill-on-bad-exit=1"]  # fmt: skip
    return [*srun, *launcher, f"--nnodes={nodes}", "--rdzv-backend=c10d", f"--rdzv-endpoint={meeting}",
            f"--rdzv-id={job}"]  # fmt: skip


def launch(script: Path, arguments: Mapping[str, Any], devices: int, nodes: int, threads: int) -> None:
    """Run a script in several processes, and wait for all of them. What they log is logged here too.

    Parameters
    ----------
    script : one that runs by hand (``coldwave.job``)
    arguments : those of its ``main``
    devices, nodes, threads : see `launch_command`

    Raises
    ------
    InputError
        A process failed; why is in the log. Or see `launch_command`.
    """
    command = [*launch_command(devices, nodes, threads), str(script), *command_line(arguments)]
    own = {WATCHED: "1", "OMP_NUM_THREADS": str(max(1, threads // devices))}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **own},
        text=True, errors="replace",
    ) as process:  # fmt: skip
        try:
            for line in process.stdout:
                _pass_on(line)
        finally:
            process.stdin.close()  # if this one is interrupted, the others end with it
    if process.returncode:
        raise InputError("a process of the training failed: see the lines before this one in the log")


def command_line(arguments: Mapping[str, Any]) -> list[str]:
    """Write arguments as a script's command line. None and empty lists are left out."""
    given = []
    for name, value in arguments.items():
        if isinstance(value, dict):
            value = yaml.safe_dump(value, default_flow_style=True, width=math.inf).strip()
        values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
        if values:
            given += [f"--{name.replace('_', '-')}", *map(str, values)]
    return given


def _pass_on(line: str) -> None:
    """Log a line of another process unchanged: it has its time already."""
    level = logging.ERROR if ": error: " in line else logging.INFO
    record = logging.LogRecord(__name__, level, __file__, 0, line, None, None)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.filter(record):
            # if the screen is gone, the log still gets the line, as with lines of this process
            with handler.lock, contextlib.suppress(OSError):
                handler.stream.write(line)
                handler.flush()
