"""Training in several processes, each on a device of its own: which one this is, and sums over all of them.

All processes hold the same network and draw the same batches; each predicts its share of a batch. Errors and the
statistics of batch normalisation are summed over the processes, so that every step is that of one process on the whole
batch, except for rounding.
"""

from typing import Any

import torch
from torch import distributed


def number_of_processes() -> int:
    """Return how many processes train together: 1 outside a training on several devices."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def own_share() -> slice:
    """The rows of a batch, or the batches, that are this process's: every n-th."""
    processes = number_of_processes()
    return slice(distributed.get_rank() if processes > 1 else 0, None, processes)


class _Sum(torch.autograd.Function):
    """The sum over the processes, whose gradient is the sum of theirs."""

    @staticmethod
    def forward(_context: Any, tensor: torch.Tensor) -> torch.Tensor:
        total = tensor.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return _Sum.apply(gradient)


def sum_over_processes(tensor: torch.Tensor) -> torch.Tensor:
    """Sum tensors of one shape over the processes; all get the same sum. With one process it is the tensor itself.

    Gradients are summed as well: what each process makes of the sum reaches the tensors of all. The mean over the
    processes that distributed training takes of the weights' gradients is then the gradient of the sum itself.
    """
    return _Sum.apply(tensor) if number_of_processes() > 1 else tensor


def whole_batch(own: torch.Tensor, rows: int) -> torch.Tensor:
    """Join the processes' shares of a batch: [rows of `own_share`, ...] → [rows, ...] on every process."""
    if number_of_processes() == 1:
        return own
    places = torch.arange(rows, device=own.device)[own_share()]
    return sum_over_processes(own.new_zeros(rows, *own.shape[1:]).index_copy(0, places, own))
