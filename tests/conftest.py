"""The whole workflow, run for real on a tiny world: once for all tests that look at what it made."""

import functools
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import settings
from safetensors.numpy import load_file

from tests.pipeline.dry_runs import DryRuns, arguments_of_a_call, job_counts, plan_of

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "pipeline" / "tiny.yaml"
TIME_LIMIT = 600  # seconds that one call of Snakemake may take, however busy the machine is
# A network whose trainings by one process and by several are compared. Sums over processes differ in their last
# digits; steps are short, or the maximum of a pool would move to another frame for that, sooner or later and on some
# processors, and the two would part.
NETWORK = {"kind": "cnn", "window": 40, "channels": [8], "dense": [16], "batch_size": 8, "learning_rate": 1e-4,
           "accelerator": "cpu"}  # fmt: skip
DONE = r"\d\d:\d\d:\d\d \[\d+ of \d+(?:, [\w ]+ left)?\]"  # begins the line of a job that is done
SETTINGS_OF_A_DEVELOPER = ("COLDWAVE_", "SNAKEMAKE_", "PYTHON", "XDG_", "MPL")  # beginnings of variables' names

settings.register_profile("tests", deadline=None)  # a busy machine is no mistake
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make pages` writes the pages that tests otherwise compare."""
    parser.addoption("--write-pages", action="store_true", help="write the generated pages of docs/")


@dataclass(frozen=True)
class Outcome:
    """What a call of Snakemake came to: its exit status, and all that it printed."""

    status: int
    output: str

    @property
    def jobs(self) -> dict[str, int]:
        """The jobs of a dry run by rule, without ``all``; empty where nothing is to be done."""
        return job_counts(self.output)

    @property
    def done(self) -> list[str]:
        """The rules of the jobs that were finished, in order, without those that make nothing, such as ``all``."""
        return re.findall(rf"^{DONE} (\w+): ", self.output, re.MULTILINE)

    def check(self) -> "Outcome":
        """Fail the test with the end of what was printed where the call failed."""
        if self.status:
            pytest.fail(f"snakemake ended with {self.status}:\n{self.output[-6000:]}", pytrace=False)
        return self


class Call:
    """A call of Snakemake that is under way, or has ended. It and its jobs are a session of their own."""

    def __init__(self, command: Sequence, environment: dict[str, str], output: Path, folder: Path | None = None):
        self._output = output
        with output.open("w") as file:
            self.process = subprocess.Popen(
                list(map(str, command)), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return self._output.read_text(errors="replace")

    def kill(self) -> None:
        """End it and its jobs on this machine at once (kill -9)."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> Outcome:
        """Wait for it."""
        try:
            self.process.wait(TIME_LIMIT)
        except BaseException as error:
            self.kill()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            pytest.fail(f"snakemake has not ended within {TIME_LIMIT} seconds:\n{self.output[-6000:]}", pytrace=False)
        return Outcome(self.process.returncode, self.output)

    def finish(self) -> Outcome:
        """Wait for it, and fail the test with the end of what it printed where it fails."""
        return self.end().check()


@dataclass(frozen=True)
class Workplace:
    """A folder in which the workflow is run, and a home for it that holds nothing of the developer's."""

    folder: Path
    home: Path

    def __post_init__(self) -> None:
        """Let all places share what the evaluation compiles: it takes longer than all that a tiny run counts."""
        compiled = self.folder / "cache/compiled"
        if not compiled.is_symlink():
            compiled.parent.mkdir(parents=True, exist_ok=True)
            (self.home / "compiled").mkdir(exist_ok=True)
            compiled.symlink_to(self.home / "compiled")

    @property
    def results(self) -> Path:
        """Where the tiny run's files are."""
        return self.folder / "results" / "tiny"

    def start(
        self, *flags: str, targets: Sequence[str] = (), overlay: dict | None = None, snakefile: Path | None = None
    ) -> Call:
        """Start Snakemake as a user does, with the default profile and the tiny world's config, or one laid over it."""
        configs = [TINY]
        if overlay:
            configs.append(self.home / "overlay.yaml")
            configs[-1].write_text(yaml.safe_dump(overlay, sort_keys=False))
        arguments = arguments_of_a_call(snakefile or ROOT / "Snakefile", self.folder)
        command = [sys.executable, "-m", "snakemake", *arguments, *flags, "--configfile", *configs, "--", *targets]
        return Call(command, self.environment, self.home / f"call-{uuid.uuid4().hex}.txt", self.home)

    def snakemake(self, *flags: str, targets: Sequence[str] = (), overlay: dict | None = None) -> Outcome:
        """Run Snakemake, and wait for its end. Its process is a fork of one that has it loaded: that saves seconds."""
        overlays = [overlay] if overlay else []
        return Outcome(*_dry_runs(self.home).call(self.folder, *overlays, flags=flags, targets=targets))

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a user who has set nothing."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF_A_DEVELOPER)}
        return kept | {"HOME": str(self.home)}

    def make(self, *flags: str, targets: Sequence[str] = (), overlay: dict | None = None) -> Outcome:
        """Run Snakemake, and fail the test with the end of what it printed where it fails."""
        return self.snakemake(*flags, targets=targets, overlay=overlay).check()

    def plan(
        self, *flags: str, targets: Sequence[str] = (), overlay: dict | None = None, project: Path = ROOT
    ) -> dict[str, int]:
        """The jobs that Snakemake would run, by rule. ``project`` may be a copy whose ``scripts/`` are others."""
        overlays, flags = [overlay] if overlay else [], ["--dry-run", *flags]
        dry_run = _dry_runs(self.home).submit(self.folder, *overlays, flags=flags, targets=targets, project=project)
        return plan_of(dry_run.result()).rules

    def copy(self, folder: Path) -> "Workplace":
        """A copy of all files with their times, so that Snakemake takes it for the same."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Workplace(folder, self.home)

    def table(self, path: str) -> pl.DataFrame:
        """A Parquet table of the run."""
        return pl.read_parquet(self.results / path)

    def array(self, path: str) -> np.ndarray:
        """An NPY array of the run."""
        return np.load(self.results / path, allow_pickle=False)

    def part(self, name: str) -> np.ndarray:
        """The numbers of the songs of one part of the split."""
        return self.table("split/split.parquet").filter(pl.col("part") == name)["song"].to_numpy()


@functools.cache
def _dry_runs(home: Path) -> DryRuns:
    return DryRuns(Workplace(home, home).environment, home, at_a_time=1)


def check_same_weights(one: Path, two: Path) -> None:
    """Check that two files hold the same weights, but for what sums in another order make of them."""
    weights, others = load_file(one), load_file(two)
    assert weights.keys() == others.keys()
    for name, array in weights.items():
        assert others[name] == pytest.approx(array, abs=1e-4 * max(1.0, float(np.abs(array).max()))), name


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable]:
    """Function of a script's name: its ``main``."""
    monkeypatch.setattr("coldwave.job.run", lambda main: None)
    return lambda name: runpy.run_path(str(ROOT / f"scripts/{name}.py"))["main"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home folder, and the end of what plans for those who have it."""
    folder = tmp_path_factory.mktemp("home")
    yield folder
    if _dry_runs.cache_info().currsize:
        _dry_runs(folder).close()


@pytest.fixture
def workplace(tmp_path: Path, home: Path) -> Workplace:
    """An empty folder to run the workflow in."""
    return Workplace(tmp_path, home)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Workplace:
    """The finished run of the tiny world. Tests only read it; one that alters anything takes a copy."""
    place = Workplace(tmp_path_factory.mktemp("tiny"), home)
    (place.home / "screen.txt").write_text(place.start().finish().output)
    return place
