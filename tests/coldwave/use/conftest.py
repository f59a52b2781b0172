"""Small finished runs, open."""

from pathlib import Path

import pytest
from small_runs import write_run

import coldwave


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """The folder of the small run. Tests only read it."""
    return write_run(tmp_path_factory.mktemp("use") / "small")


@pytest.fixture(scope="session")
def run(folder):
    """The small run, open."""
    return coldwave.load(folder)


@pytest.fixture(scope="session")
def one_user(tmp_path_factory):
    """A run with one user, open."""
    return coldwave.load(write_run(tmp_path_factory.mktemp("use") / "one", users=1))
