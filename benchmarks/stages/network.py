"""The network's training step and prediction, beside plain layers of torch and the bare products of the same work."""

import numpy as np
import torch
from timing import Row, compare
from torch import nn

from coldwave.models.cnn.network import SongNetwork
from coldwave.models.cnn.training import optimizer_of

BATCH, FRAMES, BANDS, CHANNELS, KERNEL, POOL, DENSE, FACTORS = 64, 129, 128, 128, 4, 4, 256, 50
LEFT = 7  # frames after both layers
STEP = {"optimizer": "adamw", "learning_rate": 3e-4, "weight_decay": 0.0}
WHAT = f"{BATCH} windows × {FRAMES} frames, two layers of {CHANNELS} channels"
# both aims: never slower than plain layers, and three quarters of the speed of products alone
PLAIN, PRODUCT = "Conv1d, ReLU, MaxPool1d (torch)", "matrix product of as many operations (torch)"


class _Plain(nn.Sequential):
    """What one would write: the same layers over [windows, bands, frames]."""

    def __init__(self) -> None:
        convolved = [nn.Conv1d(BANDS, CHANNELS, KERNEL), nn.ReLU(), nn.MaxPool1d(POOL)]
        convolved += [nn.Conv1d(CHANNELS, CHANNELS, KERNEL), nn.ReLU(), nn.MaxPool1d(POOL)]
        dense = [nn.Linear(LEFT * CHANNELS, DENSE), nn.ReLU(), nn.Linear(DENSE, FACTORS)]
        super().__init__(*convolved, nn.Flatten(), *dense)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        return super().forward(windows.transpose(1, 2))

    def load(self, network: SongNetwork) -> "_Plain":
        """Take a network's weights; its frames lie before its channels, where these channels lie before frames."""
        for layer, own in zip((self[0], self[3]), network.convolutions, strict=True):
            layer.weight.data = own.convolution.weight.data.squeeze(-1).contiguous()
            layer.bias.data = own.convolution.bias.data.clone()
        for layer, own in zip((self[7], self[9]), (network.hidden[0], network.output), strict=True):
            layer.load_state_dict(own.state_dict())
        flat = self[7].weight.data.view(DENSE, LEFT, CHANNELS)
        self[7].weight.data = flat.transpose(1, 2).reshape(DENSE, -1).contiguous()
        return self


def _networks() -> tuple[SongNetwork, _Plain, torch.Tensor]:
    """Ours, the plain one with the same weights, and windows for which both predict the same."""
    torch.manual_seed(0)
    network = SongNetwork(
        FRAMES, [CHANNELS] * 2, KERNEL, POOL, "flatten", [DENSE],
        np.zeros(BANDS), np.ones(BANDS), np.zeros(FACTORS), np.eye(FACTORS),
    )  # fmt: skip
    plain, windows = _Plain().load(network), torch.randn(BATCH, FRAMES, BANDS)
    difference = float((network(windows) - plain(windows)).detach().abs().max())
    assert difference < 1e-5, difference
    return network, plain, windows


def _product(first: int, second: int, dense: int):
    """A product of as many operations as a batch takes if each layer is gone through so many times."""
    frames = FRAMES - KERNEL + 1, FRAMES // POOL - KERNEL  # of the outputs of both convolutions
    work = KERNEL * CHANNELS * (first * frames[0] * BANDS + second * frames[1] * CHANNELS)
    work += dense * (LEFT * CHANNELS * DENSE + DENSE * FACTORS)
    left, right = torch.randn(round(BATCH * work / 1024**2), 1024), torch.randn(1024, 1024)
    return lambda: left @ right


def _step() -> Row:
    network, plain, windows = _networks()
    wanted = torch.randn(BATCH, FACTORS)

    def training(model: nn.Module):
        optimizer = optimizer_of(model.parameters(), STEP)

        def step() -> None:
            optimizer.zero_grad()
            (model(windows) - wanted).square().sum(dim=1).mean().backward()
            optimizer.step()

        return step

    # windows need no gradient, so the first layer is gone through twice: forward, and for its weights
    works = {"coldwave": training(network), PLAIN: training(plain), PRODUCT: _product(2, 3, 3)}
    return compare(
        f"network: a training step, {WHAT}, {torch.get_num_threads()} threads",
        works,
        rounds=40,
        aims={PLAIN: 1.0, PRODUCT: 1.33},
    )


def _prediction() -> Row:
    network, plain, windows = _networks()
    works = {"coldwave": network, PLAIN: plain}
    predictions = {name: torch.inference_mode()(lambda one=one: one(windows)) for name, one in works.items()}
    return compare(
        f"network: a prediction, {WHAT}, {torch.get_num_threads()} threads",
        predictions | {PRODUCT: _product(1, 1, 1)},
        rounds=40,
        aims={PLAIN: 1.0, PRODUCT: 1.33},
    )


ROWS = {"step": _step, "prediction": _prediction}
