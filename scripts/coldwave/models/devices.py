"""Where networks are learnt and predict."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def best_device(accelerator: str) -> torch.device:
    """Choose where to compute: the named accelerator, or for "auto" a GPU where there is one."""
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return torch.device("cuda")
    if accelerator in ("auto", "gpu", "mps") and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread of the processor inside the block: more threads add in another order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
