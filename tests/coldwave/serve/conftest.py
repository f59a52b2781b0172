"""A small run, served."""

import pytest

import coldwave
from tests.coldwave.serve.places import client_of, write_place


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """The folder that the run, its audio and new files are in. Tests only read it."""
    return write_place(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="package")  # its threads must not meet the clocks that tests of other packages set
def client(place):
    """A client of the run's app."""
    with client_of(place) as found:
        yield found


@pytest.fixture(scope="session")
def run(place):
    """The run, open."""
    return coldwave.load(place / "results/small")
