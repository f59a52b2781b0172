"""The cluster, and Snakemake run on its login node as a user does."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, TINY, Call, Workplace
from tests.slurm.cluster import Cluster, unavailable

THREADS = 2  # of a job, at most: the nodes share the machine's few cores
# Fewer models than the tiny world has, to save jobs: each of them starts Snakemake twice.
LEFT_OUT = ["random", "mean", "knn", "mlr", "mlp", "popularity", "names", "names_and_linear", "cnn_wpe"]
LEFT_OUT += ["perfect_ear", "usage_in_sample"]
FEWER = {"models": {model: None for model in LEFT_OUT}, "evaluation": {"shards": 2}}
# What a user's own profile would say. Training goes to the partition with GPUs and is given two, though it uses none.
# A shard gets so much memory that a node has no room for two, so that both nodes take part.
OWN = [
    "--set-resources",
    *("train_cnn:gpu=2", "train_cnn:slurm_partition=gpu"),
    *(f"{rule}:mem_mb=9000" for rule in ("extract_log_mel", "count_words")),
]


class ClusterCall(Call):
    """A call on the login node. Its jobs on the cluster outlive it when it is killed."""

    @property
    def run_id(self) -> str:
        """The name of all of its cluster jobs."""
        found = re.search(r"^SLURM run ID: (\S+)", self.output, re.MULTILINE)
        assert found, self.output
        return found[1]


@dataclass(frozen=True)
class Desk:
    """A folder on the login node, in which a user runs the workflow on the cluster."""

    cluster: Cluster
    place: Workplace

    def call(
        self,
        *flags: str,
        targets: Sequence[str] = (),
        config: Path = TINY,
        overlay: dict | None = None,
        snakefile: Path | None = None,
    ) -> ClusterCall:
        """Start Snakemake with the SLURM profile and the tiny world's config, or another, or one laid over it."""
        configs = [config]
        if overlay:
            configs.append(self.place.folder / "overlay.yaml")
            configs[-1].write_text(yaml.safe_dump(overlay))
        launcher = Path(__file__).with_name("impatient.py")
        command = [sys.executable, launcher, "--snakefile", snakefile or ROOT / "Snakefile"]
        command += ["--directory", self.place.folder, "--profile", ROOT / "profiles" / "slurm"]
        command += ["--max-threads", THREADS, *flags, "--configfile", *configs, "--", *targets]
        number = len(list(self.place.folder.glob("call-*.txt")))
        output = self.place.folder / f"call-{number}.txt"
        return ClusterCall(self.cluster.command(*command, folder=self.place.home), self.place.environment, output)

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


@pytest.fixture(scope="session")
def whole(desk: Desk) -> Desk:
    """The finished run, which the other tests take copies of."""
    desk.call(*OWN, overlay=FEWER).finish()
    return desk
