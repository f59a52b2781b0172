"""A small finished run with audio."""

from pathlib import Path

import pytest

from tests.coldwave.bundle.bundled_runs import write_bundled_run


@pytest.fixture(scope="session")
def heard_folder(tmp_path_factory) -> Path:
    """The folder of the run. Tests only read it."""
    return write_bundled_run(tmp_path_factory.mktemp("bundle") / "heard")
