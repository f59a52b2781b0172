"""Losses of users' scores of the candidate songs of a batch, of which one is the song that a user has played.

Scores z of a row lose L(z) = max over distributions p of (p - e) · z + H(p), the Fenchel-Young loss of the entropy H,
where e is one for the song played (Blondel, Martins, Niculae: Learning with Fenchel-Young Losses, 2020). Shannon's
entropy gives the cross-entropy of a softmax. Tsallis' entropies of order 1.5 and 2 give distributions with zeros: songs
that score far below the one played then teach nothing.
"""

from collections.abc import Callable

import torch
from entmax import entmax15_loss, sparsemax_loss
from torch.nn import functional

LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "softmax": lambda scores, target: functional.cross_entropy(scores, target, reduction="none"),
    "entmax15": entmax15_loss,
    "sparsemax": sparsemax_loss,
}
FAR = 1e4  # below the highest score of its row: a song that does not take part


def row_losses(scores: torch.Tensor, target: torch.Tensor, apart: torch.Tensor, loss: str) -> torch.Tensor:
    """Compute the loss of each row: [rows].

    Parameters
    ----------
    scores : float [rows, songs]; target : int [rows], the song that the row's user has played
    apart : bool [rows, songs], the songs that do not take part; never the target
    loss : a key of ``LOSSES``
    """
    floor = scores.detach().max(dim=1, keepdim=True).values - FAR
    return LOSSES[loss](torch.where(apart, floor, scores), target)
