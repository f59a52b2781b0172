"""What all tests of models share."""

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Networks this small are trained faster by one thread than by several, which wait for each other at every step."""
    torch.set_num_threads(1)
