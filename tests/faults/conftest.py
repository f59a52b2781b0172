"""What the tests of faults share: a small disk, and what a run has made."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Workplace


def made(place: Workplace) -> dict[str, str]:
    """The digests of all that the run has made, by path; times apart."""
    return json.loads((place.results / "provenance.json").read_text())["outputs"]


def leftovers(place: Workplace) -> list[Path]:
    """Files under temporary names."""
    return [path for path in place.folder.rglob(".*.tmp") if ".snakemake" not in path.parts]


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path, int], None]]:
    """Function of a folder and a size in bytes: mounts a disk of that size there, with the folder's content on it."""
    folders = []

    def mount(folder: Path, size: int) -> None:
        aside = folder.with_name(f"{folder.name}-aside")
        folder.rename(aside)
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a small disk takes the right to mount one (root)")
        folders.append(folder)
        shutil.copytree(aside, folder, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(aside)

    yield mount
    for folder in folders:
        subprocess.run(["umount", "--lazy", folder], check=True)
