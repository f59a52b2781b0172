"""The cluster, and Snakemake run on its login node as a user does."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, TINY, Outcome, Workplace
from tests.slurm.cluster import Cluster, unavailable

TIME_LIMIT = 600  # seconds that one call of Snakemake may take, however busy the machine is
THREADS = 2  # of a job, at most: the nodes share the machine's few cores


class Call:
    """A call of Snakemake that is under way, or has ended."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], output: Path) -> None:
        self._output = output
        with output.open("w") as file:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return self._output.read_text(errors="replace")

    @property
    def run_id(self) -> str:
        """The name of all of its cluster jobs."""
        found = re.search(r"^SLURM run ID: (\S+)", self.output, re.MULTILINE)
        assert found, self.output
        return found[1]

    def kill(self) -> None:
        """End it at once (kill -9), and its jobs on the login node; those on the cluster go on."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> Outcome:
        """Wait for it."""
        try:
            self._process.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"snakemake has not ended within {TIME_LIMIT} seconds:\n{self.output[-6000:]}", pytrace=False)
        return Outcome(self._process.returncode, self.output)

    def finish(self) -> Outcome:
        """Wait for it, and fail the test with the end of what it printed where it fails."""
        outcome = self.end()
        if outcome.status:
            pytest.fail(f"snakemake ended with {outcome.status}:\n{outcome.output[-6000:]}", pytrace=False)
        return outcome


@dataclass(frozen=True)
class Desk:
    """A folder on the login node, in which a user runs the workflow on the cluster."""

    cluster: Cluster
    place: Workplace

    def call(
        self, *flags: str, targets: Sequence[str] = (), overlay: dict | None = None, snakefile: Path | None = None
    ) -> Call:
        """Start Snakemake with the SLURM profile and the tiny world's config, or one laid over it."""
        configs = [TINY]
        if overlay:
            configs.append(self.place.folder / "overlay.yaml")
            configs[-1].write_text(yaml.safe_dump(overlay))
        launcher = Path(__file__).with_name("impatient.py")
        command = [sys.executable, launcher, "--snakefile", snakefile or ROOT / "Snakefile"]
        command += ["--directory", self.place.folder, "--profile", ROOT / "profiles" / "slurm"]
        command += ["--max-threads", THREADS, *flags, "--configfile", *configs, "--", *targets]
        number = len(list(self.place.folder.glob("call-*.txt")))
        output = self.place.folder / f"call-{number}.txt"
        return Call(self.cluster.command(*command, folder=self.place.home), self.place.environment, output)

    def copy(self, folder: Path) -> "Desk":
        """A copy of all files with their times, so that Snakemake takes it for the same."""
        return Desk(self.cluster, self.place.copy(folder))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, for all tests: it starts in a second."""
    if reason := unavailable():
        pytest.skip(f"no SLURM cluster: {reason}")
    running = Cluster()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def desk(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, home: Path) -> Desk:
    """A folder of the tests' own, and an empty home."""
    return Desk(cluster, Workplace(tmp_path_factory.mktemp("desk"), home))
