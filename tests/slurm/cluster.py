"""A SLURM cluster of two nodes on one machine: the real daemons, without systemd, cgroups or accounting.

It lives in namespaces of its own: its processes, network, host names, `/etc/slurm` and `/etc/hosts` are not the
machine's. Its ports are therefore always free, nothing of the machine's is altered, and ending the first process of a
namespace ends all of it. A node is a namespace within, and a crash of the node is the end of that.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

INIT = Path(__file__).with_name("init.py")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol", "unshare", "nsenter")
NODES = ("node1", "node2")
CPUS, MEMORY, GPUS = 8, 16000, 2  # that a node says it has; the last one has GPUs
PATIENCE = 90  # seconds for the daemons to do what takes them one, however busy the machine is

# Believe the nodes' lines instead of the hardware, keep out of cgroups, end a job whose memory is above its limit when
# it is next looked at, schedule at once, forget no finished job, and start one that was requeued after 6 seconds
# instead of 120. A busy machine must not make a node look dead: SlurmdTimeout is long.
CONFIGURATION = """\
ClusterName=test
SlurmctldHost=login(127.0.0.1)
SlurmctldPort=6817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=6
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/logs/slurmctld.log
SlurmdLogFile={folder}/logs/slurmd.%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=2
MinJobAge=3600
KillWait=2
CompleteWait=0
InactiveLimit=0
SlurmdTimeout=600
ReturnToService=2
PropagateResourceLimits=NONE
NodeName=node1 NodeHostname=node1 NodeAddr=127.0.0.1 Port=6821 CPUs={cpus} RealMemory={memory}
NodeName=node2 NodeHostname=node2 NodeAddr=127.0.0.1 Port=6822 CPUs={cpus} RealMemory={memory} Gres=gpu:{gpus}
PartitionName=cpu Nodes=node1,node2 Default=YES LLN=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=node2 MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True)
class Job:
    """What SLURM says of one of its jobs, or of one task of an array."""

    id: str
    state: str
    node: str
    partition: str
    memory: str
    rule: str


def unavailable() -> str | None:
    """Why no cluster can be made here, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "it takes Linux and root"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    if missing := [program for program in PROGRAMS if shutil.which(program, path=path) is None]:
        return f"not installed: {', '.join(missing)}"
    if not Path("/etc/slurm").is_dir():
        return "no folder /etc/slurm, where Debian's packages keep the configuration"
    spaces = ["unshare", "--mount", "--pid", "--fork", "--net", "--uts", "--mount-proc", "true"]
    if subprocess.run(spaces, capture_output=True).returncode:
        return "no namespaces may be made here"
    return None


class Cluster:
    """A running cluster; ``stop`` ends it. Its folder must be readable for all, as munge wants it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self._daemons: dict[str, subprocess.Popen] = {}
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def command(self, *words: str | Path, folder: Path | None = None) -> list[str]:
        """The command that runs another one on the cluster's login node."""
        into = ["nsenter", f"--target={self._init}", "--mount", "--pid", "--net", "--uts", "--"]
        return [*into, "sh", "-c", 'cd "$0" && exec "$@"', str(folder or self.folder), *map(str, words)]

    def ask(self, *words: str) -> str:
        """What one of SLURM's programs prints."""
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=PATIENCE, env=_with_system_programs()
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def jobs(self, rule: str | None = None) -> list[Job]:
        """All jobs so far, in the order of their numbers; the SLURM plugin leaves the rule in the comment."""
        columns = "%i|%T|%N|%P|%m|%k"
        lines = self.ask("squeue", "--states=all", "--array", "--noheader", f"--format={columns}").splitlines()
        found = [Job(*line.split("|", 5)) for line in lines]
        found.sort(key=lambda job: [int(part) for part in job.id.split("_") if part.isdigit()])
        return [job for job in found if rule is None or job.rule.split("_wildcards_")[0] == f"rule_{rule}"]

    def start_node(self, name: str) -> None:
        """Start a node, and wait until it is there to take jobs."""
        space = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--mount-proc"]
        start = 'hostname "$0" && exec "$@"'
        self._start_daemon(name, *space, "sh", "-c", start, name, sys.executable, INIT, "slurmd", "-D", "-N", name)
        wait_until(lambda: self._is_up(name), f"{name} is up", self._logs)

    def crash_node(self, name: str) -> None:
        """End all processes of a node at once, as a loss of power does, and let the controller know.

        It would find out by itself after SlurmdTimeout, and do then what it does now.
        """
        _kill(self._daemons.pop(name))
        self.ask("scontrol", "update", f"nodename={name}", "state=down", "reason=crashed")

    def stop(self) -> None:
        """End all processes, and delete what they left."""
        for daemon in reversed(self._daemons.values()):
            _kill(daemon)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        self.folder.chmod(0o755)
        for name in ("etc", "logs", "state", *(f"spool.{node}" for node in NODES)):
            (self.folder / name).mkdir()
        values = {"folder": self.folder, "cpus": CPUS, "memory": MEMORY, "gpus": GPUS}
        (self.folder / "etc" / "slurm.conf").write_text(CONFIGURATION.format(**values))
        devices = f"{self.folder}/gpu[0-{GPUS - 1}]"
        (self.folder / "etc" / "gres.conf").write_text(f"NodeName={NODES[-1]} Name=gpu File={devices}\n")
        null = Path("/dev/null").stat().st_rdev
        for number in range(GPUS):
            os.mknod(self.folder / f"gpu{number}", 0o20666, null)  # a file has to be there
        hosts = "".join(f"127.0.0.1 {name}\n" for name in ("localhost", "login", *NODES))
        (self.folder / "hosts").write_text(hosts)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)

        space = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "--mount-proc"]
        setup = 'mount --bind "$0/etc" /etc/slurm && mount --bind "$0/hosts" /etc/hosts && hostname login && exec "$@"'
        self._run("machine", *space, "sh", "-c", setup, self.folder, sys.executable, INIT)
        self._init = wait_until(lambda: _first_child(self._daemons["machine"].pid), "the namespaces are there")
        # one of the setup's steps may still be to come: the name is the last of them
        wait_until(lambda: self.ask("hostname") == "login\n", "the namespaces are set up", self._logs)
        self.ask(sys.executable, "-c", UP)
        options = {"socket": "socket", "key-file": "key", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        files = [f"--{option}={self.folder}/munge.{suffix}" for option, suffix in options.items()]
        self._start_daemon("munged", "munged", "--foreground", "--force", *files)
        wait_until((self.folder / "munge.socket").exists, "munged is up", self._logs)
        self._start_daemon("slurmctld", "slurmctld", "-D", "-i")
        wait_until(lambda: "UP" in self.ask("scontrol", "ping"), "slurmctld is up", self._logs)
        for node in NODES:
            self.start_node(node)

    def _start_daemon(self, name: str, *words: str | Path) -> None:
        self._run(name, *self.command(*words))

    def _run(self, name: str, *words: str | Path) -> None:
        with (self.folder / "logs" / f"{name}.out").open("ab") as output:
            self._daemons[name] = subprocess.Popen(
                list(map(str, words)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_with_system_programs(),
            )

    def _is_up(self, node: str) -> bool:
        return self.ask("sinfo", "--noheader", f"--nodes={node}", "--partition=cpu", "--format=%T").strip() == "idle"

    def _logs(self) -> str:
        ends = (
            f"{path.name}:\n{path.read_text(errors='replace')[-1500:]}" for path in (self.folder / "logs").iterdir()
        )
        return "\n".join(ends)


# Brings up the loopback device of a network namespace, without the programs of iproute2, and gives it a second address
# (of a block kept for examples): with loopback addresses alone, SLURM resolves no name.
UP = """\
import fcntl, socket, struct
SIOCSIFFLAGS, SIOCSIFADDR, UP_AND_RUNNING = 0x8914, 0x8916, 0x41
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
    fcntl.ioctl(device, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", UP_AND_RUNNING))
    address = socket.inet_aton("192.0.2.1")
    fcntl.ioctl(device, SIOCSIFADDR, struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET, address))
"""


def wait_until(
    is_so: Callable[[], object], what: str, told: Callable[[], str] = str, seconds: float = PATIENCE
) -> object:
    """Wait until a function returns something true, which is returned; an error of it counts as not yet."""
    end, error = time.monotonic() + seconds, None
    while True:
        try:
            if found := is_so():
                return found
            error = None
        except (OSError, RuntimeError, subprocess.SubprocessError) as caught:
            error = caught
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} seconds: {what} ({error})\n{told()}")
        time.sleep(0.1)


def _first_child(pid: int) -> int | None:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def _kill(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _with_system_programs() -> dict[str, str]:
    """The environment, in which programs for administrators are found as well."""
    return os.environ | {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
