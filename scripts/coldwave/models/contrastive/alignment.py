"""Drawing a tower's vectors towards the factors of the same songs, as CLCRec does (Wei et al., 2021)."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Alignment(nn.Module):
    """How well songs are told from each other by their factors: the cross-entropy of each song among all others.

    Song vectors are compared with the factors mapped linearly, at unit length, by the cosine over a temperature.

    Parameters
    ----------
    factors : float32 [training songs, factors]; outputs : coordinates of a song's vector
    """

    def __init__(self, factors: np.ndarray, outputs: int) -> None:
        super().__init__()
        spread = float(np.sqrt(np.mean(np.square(factors)))) or 1.0
        self.register_buffer("factors", torch.from_numpy(factors / np.float32(spread)))
        self.map = nn.Linear(factors.shape[1], outputs, bias=False)

    def forward(self, songs: torch.Tensor, vectors: torch.Tensor, temperature: float) -> torch.Tensor:
        """Compute the mean cross-entropy: ``songs`` int [n], positions among the training songs; ``vectors`` [n, k]."""
        mapped = functional.normalize(self.map(self.factors[songs]))
        scores = vectors @ mapped.T / temperature
        return functional.cross_entropy(scores, torch.arange(len(songs), device=scores.device))
