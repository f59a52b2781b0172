"""The loss of a batch against a loop over its plays."""

import numpy as np
import pytest
import scipy.sparse as sparse
import torch
from scipy.special import logsumexp

from coldwave.models.contrastive.alignment import Alignment
from coldwave.models.contrastive.batches import make_batch, plays_to_learn
from coldwave.models.contrastive.starts import from_features
from coldwave.models.contrastive.tower import Tower
from coldwave.models.contrastive.training import Teaching

SETTINGS = {
    "loss": "softmax", "temperature": 0.3, "log_q": False, "aligned": 0.0, "learning_rate": 0.1, "weight_decay": 0.0,
}  # fmt: skip


def teaching(alignment=None, **changes):
    rng = np.random.default_rng(0)
    played = sparse.csr_matrix((rng.random((12, 9)) < 0.4).astype(float))
    inputs = rng.normal(size=(9, 4)).astype(np.float32)
    tower = Tower(4, 3, 4, from_features(4))
    torch.nn.init.normal_(tower.output.weight)
    return Teaching(
        tower, alignment, torch.from_numpy(inputs), played, SETTINGS | changes, seed=1, device=torch.device("cpu")
    )


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def draw(learner, number=20):
    users, songs = plays_to_learn(learner.played)
    chosen = np.random.default_rng(1).integers(len(users), size=number)
    return users[chosen], songs[chosen]


@pytest.mark.parametrize("log_q", [False, True])
def test_it_asks_for_the_song_played_by_the_mean_of_the_users_others(log_q):
    learner = teaching(log_q=log_q)
    users, songs = draw(learner)
    with torch.inference_mode():
        vectors = learner.tower(learner.inputs).double().numpy()
        batch = make_batch(learner.played, users, songs, 50, np.random.default_rng(2))
        found = learner.loss(batch).item()
    played = learner.played.toarray() > 0
    teaching_plays = played[played.sum(axis=1) > 1]
    share = teaching_plays.sum(axis=0) / teaching_plays.sum()
    losses = []
    for user, song in zip(users, songs, strict=True):
        others = [other for other in np.flatnonzero(played[user]) if other != song]
        mean = unit(vectors[others].mean(axis=0))
        # every play of the batch is a wrong answer once, but for songs that the user has played
        wrong = [other for other in songs if other == song or not played[user, other]]
        scores = [mean @ vectors[other] / 0.3 - log_q * np.log(share[other] * len(songs)) for other in wrong]
        number = (songs == song).sum()
        own = mean @ vectors[song] / 0.3 - log_q * np.log(share[song] * len(songs)) + np.log(number)
        losses.append(logsumexp(scores) - own)
    assert found == pytest.approx(np.mean(losses), abs=1e-5)


def test_corrected_draws_count_all_songs_alike_in_expectation():
    learner = teaching(log_q=True)
    users, songs = plays_to_learn(learner.played)
    rng, sums = np.random.default_rng(3), np.zeros(9)
    for _ in range(400):
        chosen = rng.integers(len(users), size=30)
        batch = make_batch(learner.played, users[chosen], songs[chosen], 50, rng)
        sums[batch.songs[batch.candidates]] += np.exp(learner.offsets(batch))
    assert sums / 400 == pytest.approx(np.ones(9), abs=0.1)


def test_the_second_loss_tells_songs_by_their_factors():
    factors = np.random.default_rng(4).normal(size=(9, 2)).astype(np.float32)
    alignment = Alignment(factors, 4)
    plain, both = teaching(), teaching(alignment, aligned=0.7)
    both.tower.load_state_dict(plain.tower.state_dict())
    users, songs = draw(plain)
    batch = make_batch(plain.played, users, songs, 50, np.random.default_rng(2))
    with torch.inference_mode():
        found = (both.loss(batch) - plain.loss(batch)).item()
        vectors = plain.tower(plain.inputs).double().numpy()
    weight = alignment.map.weight.detach().double().numpy()
    mapped = unit(factors @ weight.T)
    candidates = np.unique(songs)
    scores = vectors[candidates] @ mapped[candidates].T / 0.3
    wanted = np.mean(logsumexp(scores, axis=1) - np.diag(scores))
    assert found == pytest.approx(0.7 * wanted, abs=1e-5)
