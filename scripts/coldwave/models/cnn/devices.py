"""Where a network runs."""

import torch


def use_threads(threads: int) -> None:
    """Let torch use as many threads of the processor as the job was given."""
    torch.set_num_threads(threads)


def best_device(accelerator: str) -> torch.device:
    """Choose where to predict: the named accelerator, or for "auto" a GPU where there is one."""
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return torch.device("cuda")
    if accelerator in ("auto", "gpu", "mps") and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
