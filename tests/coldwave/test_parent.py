"""A job whose Snakemake has been killed ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coldwave import parent

JOB = f"""
import sys, time
sys.path.insert(0, {str(Path(parent.__file__).parents[1])!r})
from coldwave.parent import end_with_parent
end_with_parent(sys.argv[0])
print("started", flush=True)
time.sleep(120)
"""
DIRECTLY = "import subprocess, sys; subprocess.run([sys.executable, sys.argv[1]])"
IN_A_SHELL = "import subprocess, sys; subprocess.run(f'set -e; {sys.executable} {sys.argv[1]}; true', shell=True)"


def wait_for_end(pid: int) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # ended, and nobody has asked for its status
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told apart by /proc")
@pytest.mark.parametrize("starts", [DIRECTLY, IN_A_SHELL], ids=["directly", "in a shell"])
def test_a_job_ends_when_what_started_it_is_killed(tmp_path, starts):
    script = tmp_path / "job.py"
    script.write_text(JOB)
    starter = subprocess.Popen([sys.executable, "-c", starts, script], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert starter.stdout.readline() == b"started\n"
        (job,) = [
            int(process.name)
            for process in Path("/proc").iterdir()
            if process.name.isdigit() and parent._command(int(process.name)).split(b"\0")[1:2] == [str(script).encode()]
        ]
        os.kill(starter.pid, signal.SIGKILL)
        assert wait_for_end(job)
    finally:
        os.killpg(starter.pid, signal.SIGKILL)
        starter.wait()


def test_the_parent_of_a_process():
    assert parent.parent_of(os.getpid()) in (os.getppid(), None)
    assert parent.parent_of(2**30) is None
