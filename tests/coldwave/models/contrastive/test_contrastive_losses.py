"""Losses against their definition, maximised over distributions by a general solver."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from coldwave.models.contrastive.losses import LOSSES, row_losses

ENTROPIES = {
    "softmax": lambda p: -(p * np.log(np.maximum(p, 1e-300))).sum(),
    "entmax15": lambda p: (1 - (np.maximum(p, 0) ** 1.5).sum()) / (1.5 * 0.5),
    "sparsemax": lambda p: (1 - (p**2).sum()) / 2,
}


def fenchel_young(scores, target, loss):
    """The largest value of (p - e) z + H(p) over distributions p, and the p that has it."""
    truth = np.eye(len(scores))[target]
    found = minimize(
        lambda p: -((p - truth) @ scores + ENTROPIES[loss](p)),
        np.full(len(scores), 1 / len(scores)),
        bounds=[(0, 1)] * len(scores),
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        options={"ftol": 1e-13, "maxiter": 500},
    )
    return -found.fun, found.x


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_a_loss_and_its_gradient_are_those_of_the_definition(loss, spread):
    rng = np.random.default_rng(0)
    scores, target = rng.normal(0, spread, (4, 6)), rng.integers(6, size=4)
    given = torch.tensor(scores, requires_grad=True)
    losses = row_losses(given, torch.from_numpy(target), torch.zeros(4, 6, dtype=torch.bool), loss)
    losses.sum().backward()
    for row in range(4):
        wanted, distribution = fenchel_young(scores[row], target[row], loss)
        assert losses[row].item() == pytest.approx(wanted, abs=1e-5)
        assert given.grad[row].numpy() == pytest.approx(distribution - np.eye(6)[target[row]], abs=2e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_songs_apart_are_as_if_they_were_not_there(loss):
    rng = np.random.default_rng(1)
    scores = torch.tensor(rng.normal(0, 2, (3, 7)), requires_grad=True)
    apart = torch.zeros(3, 7, dtype=torch.bool)
    apart[:, [1, 5]] = True
    target = torch.tensor([0, 2, 6])
    losses = row_losses(scores, target, apart, loss)
    losses.sum().backward()
    kept = [0, 2, 3, 4, 6]
    alone = row_losses(scores[:, kept], torch.tensor([0, 1, 4]), torch.zeros(3, 5, dtype=torch.bool), loss)
    assert losses.detach().numpy() == pytest.approx(alone.detach().numpy(), abs=1e-9)
    assert (scores.grad[:, [1, 5]] == 0).all()


def test_only_the_sparse_losses_forget_songs_that_are_far_below():
    scores = torch.tensor([[3.0, 2.9, -3.0]], requires_grad=True)
    for loss, forgets in (("softmax", False), ("entmax15", True), ("sparsemax", True)):
        (gradient,) = torch.autograd.grad(
            row_losses(scores, torch.tensor([0]), torch.zeros(1, 3, dtype=torch.bool), loss).sum(), scores
        )
        assert (gradient[0, 2] == 0) == forgets
