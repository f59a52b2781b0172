"""A moving average of the weights, which is validated and kept in their place."""

import lightning
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging


class NetworkAverage(EMAWeightAveraging):
    """Exponential moving average of weights and running statistics, updated after every step.

    Lightning copies the whole module that is trained; the objective with all plays and user factors is left out.

    Parameters
    ----------
    decay : how much of the average an update keeps, below 1
    """

    def __init__(self, decay: float):
        super().__init__(decay=decay)

    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        objective, pl_module.objective = pl_module.objective, None
        try:
            super().setup(trainer, pl_module, stage)
        finally:
            pl_module.objective = objective

    def network_state(self) -> dict[str, torch.Tensor]:
        """The averaged weights of the network, by their names in it."""
        return self._average_model.module.network.state_dict()
