"""The attention as a network, and the songs that it is shown, in PyTorch."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from coldwave.models.catalogue_attention.catalogue import EMPTY


class Network(nn.Module):
    """The attention as a network: its parameters are what it changes of its start.

    Parameters
    ----------
    projection : float32 [d, h]; start : float32 [k], the log of the null token's weight
    """

    def __init__(self, projection: torch.Tensor, start: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("projection", projection)
        self.register_buffer("start", start)
        self.turn = nn.Parameter(torch.zeros_like(projection))
        self.sharpness = nn.Parameter(torch.zeros(()))
        self.gate = nn.Parameter(torch.zeros(projection.shape[1]))
        self.trust = nn.Parameter(torch.zeros_like(start))

    def forward(
        self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, shown: torch.Tensor
    ) -> torch.Tensor:
        """Attend: [b, k].

        ``queries`` [b, d] and ``keys`` [b, n, d] are centred features; ``values`` [b, n, k]; ``shown`` bool [b, n].
        """
        projection = self.projection + self.turn
        query = functional.normalize(queries @ projection, dim=-1)
        cosines = (functional.normalize(keys @ projection, dim=-1) @ query[:, :, None])[..., 0]
        weights = torch.exp(self.sharpness * cosines) * shown
        null = torch.exp(self.start + self.trust + (query @ self.gate)[:, None])
        return (weights[:, None] @ values)[:, 0] / (null + weights.sum(dim=1, keepdim=True))


class Songs:
    """Songs, and the others that they attend to, on a device.

    Parameters
    ----------
    features : float32 [songs, d], centred, zeros for songs without; left : float32 [songs, k] of known songs
    others : int64 [songs, n], ``EMPTY`` where there are no more
    """

    def __init__(self, features: np.ndarray, left: np.ndarray, others: np.ndarray, device: torch.device) -> None:
        self.features, self.left, self.others = (torch.from_numpy(one).to(device) for one in (features, left, others))

    def batch(self, songs: np.ndarray) -> tuple[torch.Tensor, ...]:
        """Gather what `Network` takes of some songs."""
        chosen = torch.from_numpy(songs).to(self.others.device)
        others = self.others[chosen]
        shown = others != EMPTY
        others = others.clamp(min=0)
        return self.features[chosen], self.features[others], self.left[others], shown

    def wanted(self, songs: np.ndarray) -> torch.Tensor:
        """Gather what is left of some songs: [b, k]."""
        return self.left[torch.from_numpy(songs).to(self.left.device)]
