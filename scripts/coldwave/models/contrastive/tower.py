"""The tower: from a song's features to a vector of unit length."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Base(NamedTuple):
    """The fixed affine map that a tower starts as: ``weight`` float32 [k, d], ``bias`` float32 [k]."""

    weight: np.ndarray
    bias: np.ndarray


class Tower(nn.Module):
    """A fixed base plus a learnt correction of one hidden layer with ReLU, divided by its length.

    A correction starts at zero, so that the tower starts as its base, and weight decay draws it back there. Without a
    base (None) all starts at random.

    Parameters
    ----------
    inputs, hidden, outputs : numbers of features d, of units, and of a vector's coordinates k
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, base: Base | None) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.output = nn.Linear(hidden, outputs)
        if base is None:
            base = Base(np.zeros((outputs, inputs), dtype=np.float32), np.zeros(outputs, dtype=np.float32))
        else:
            nn.init.zeros_(self.output.weight)
            nn.init.zeros_(self.output.bias)
        self.register_buffer("base_weight", torch.from_numpy(base.weight))
        self.register_buffer("base_bias", torch.from_numpy(base.bias))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Make vectors of unit length [songs, k] of features [songs, d]."""
        correction = self.output(functional.relu(self.hidden(features)))
        return functional.normalize(functional.linear(features, self.base_weight, self.base_bias) + correction)
