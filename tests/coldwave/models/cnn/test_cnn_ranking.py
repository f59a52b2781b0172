"""The ranking objectives: against loops over users and pairs of songs, and against what is known in closed form."""

import math
import tracemalloc

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.models.cnn.ranking import LOSSES, RankingError, capped_plays, ranking_errors

USERS, SONGS, FACTORS, TEMPERATURE = 25, 12, 4, 0.5
TRAINING = np.arange(8)
ALL = 10**6  # no song has as many plays


def world(seed=0, share=0.3):
    """Who has played what, bool [users, songs]: song 2 nobody, song 5 all but one, user 4 all but song 2."""
    rng = np.random.default_rng(seed)
    played = rng.random((USERS, SONGS)) < share
    played[:, 5], played[4], played[:, 2], played[3, 5] = True, True, False, False
    return played, rng.standard_normal((USERS, FACTORS)).astype(np.float32)


def table(played):
    user, song = np.nonzero(played)
    return pl.DataFrame({"user": user, "song": song}, schema={"user": pl.UInt32, "song": pl.UInt32})


def objective(played, users, loss="bpr", cap=ALL, temper=0.0, seed=0):
    return RankingError(table(played), users, SONGS, TRAINING, loss, TEMPERATURE, cap, temper, seed)


def errors(kind, songs, predicted):
    return kind.errors(predicted, *kind.known(songs))


def loop(played, users, predicted, songs, loss):
    """The mean loss of each song's plays, from the definitions, one pair at a time: float64 [songs]."""
    found = []
    for i, song in enumerate(songs):
        losses = []
        for user in np.flatnonzero(played[:, song]):
            scores = [float(users[user].astype(float) @ y) / TEMPERATURE for y in predicted]
            others = [j for j, other in enumerate(songs) if not played[user, other]]
            if not others:
                losses.append(1.0)
            elif loss == "bpr":
                pairs = [-math.log(1 / (1 + math.exp(-(scores[i] - scores[j])))) for j in others]
                losses.append(sum(pairs) / len(pairs) / math.log(2))
            else:
                every = [math.exp(scores[k]) for k in (i, *others)]
                losses.append(-math.log(every[0] / sum(every)) / math.log(len(every)))
        found.append(sum(losses) / len(losses) if losses else 0.0)
    return np.array(found)


@pytest.mark.parametrize("loss", LOSSES)
@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.floats(0, 1), st.sets(st.integers(0, SONGS - 1), min_size=1))
def test_it_equals_a_loop_over_users_and_pairs(loss, seed, share, batch):
    played, users = world(seed, share)
    songs = np.array(sorted(batch))
    predicted = np.random.default_rng(seed).standard_normal((len(songs), FACTORS))
    kind = objective(played, users, loss)
    found = errors(kind, songs, torch.tensor(predicted, dtype=torch.float32)).double()
    expected = kind.weights[songs].double().numpy() * loop(played, users, predicted, songs, loss)
    assert found.numpy() == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_its_gradient_is_that_of_finite_differences(loss):
    played, users = world()
    _, vectors, owners, negatives = objective(played, users, loss).known(np.arange(SONGS))
    y = torch.randn(SONGS, FACTORS, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)

    def total(y):
        return ranking_errors(y, vectors.double(), owners, negatives, loss, TEMPERATURE)

    assert torch.autograd.gradcheck(total, y)


@pytest.mark.parametrize("loss", LOSSES)
def test_steps_against_the_gradient_rank_what_users_play_first(loss):
    _, users = world()
    played = users @ np.random.default_rng(1).standard_normal((FACTORS, SONGS)) > 1
    songs = np.arange(SONGS)
    kind = objective(played, users, loss)
    y = torch.zeros(SONGS, FACTORS)
    for _ in range(100):
        y.requires_grad_()
        (gradient,) = torch.autograd.grad(errors(kind, songs, y).mean(), y)
        y = (y - gradient).detach()
    scores = users @ y.numpy().T
    right = [(s[p][:, None] > s[~p]).mean() for s, p in zip(scores, played, strict=True) if 0 < p.sum() < SONGS]
    assert np.mean(right) > 0.95


@pytest.mark.parametrize("loss", LOSSES)
def test_equal_scores_are_one_whatever_the_batch(loss):
    played, users = world()
    same = torch.ones(SONGS, FACTORS)
    for songs in (np.arange(SONGS), np.array([0, 5, 7]), np.array([5])):
        kind = objective(played, users, loss, temper=1.0)
        assert errors(kind, songs, same[songs]).numpy() == pytest.approx(kind.weights[songs].numpy(), rel=1e-6)
    for part in (TRAINING, np.arange(8, SONGS)):
        reference = kind.reference(part, np.zeros(FACTORS, np.float32))
        assert float(errors(kind, part, same[part]).mean()) / reference.unit == pytest.approx(1, rel=1e-6)
        assert reference.origin == 0


@pytest.mark.parametrize("loss", LOSSES)
def test_a_user_who_played_every_song_of_the_batch_tells_nothing(loss):
    played, users = world()
    songs = np.array([0, 5, 7])
    played[:, songs] = False
    played[4, songs] = True
    y = torch.randn(3, FACTORS, requires_grad=True)
    found = errors(objective(played, users, loss, temper=1.0), songs, y)
    found.sum().backward()
    assert torch.isfinite(found).all()
    assert torch.equal(y.grad, torch.zeros_like(y))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_song_without_plays_has_no_error_and_is_still_a_negative(loss):
    played, users = world()
    y = torch.randn(2, FACTORS, generator=torch.Generator().manual_seed(1), requires_grad=True)
    for temper in (0.0, 1.0):
        found = errors(objective(played, users, loss, temper=temper), np.array([2, 5]), y)
        assert found.tolist()[0] == 0
        (gradient,) = torch.autograd.grad(found.sum(), y)
        assert gradient.abs().sum(dim=1).min() > 0
    nobody = errors(objective(played, users, loss), np.array([2]), y[:1])
    assert nobody.tolist() == [0.0]
    nobody.sum().backward()


def test_no_plays_at_all_give_a_scale_that_divides():
    kind = objective(np.zeros((USERS, SONGS), dtype=bool), world()[1])
    assert kind.reference(TRAINING, np.zeros(FACTORS, np.float32)).unit == 1
    assert errors(kind, np.arange(4), torch.zeros(4, FACTORS)).tolist() == [0.0] * 4


def test_a_song_weighs_as_many_plays_as_it_has_or_as_much_as_any_other():
    played, users = world()
    counts = played.sum(axis=0)
    for temper in (0.0, 0.5, 1.0):
        weights = objective(played, users, cap=2, temper=temper).weights.numpy()
        assert weights[TRAINING].mean() == pytest.approx(1, rel=1e-6)
        expected = np.where(counts > 0, counts.clip(1) ** (1 - temper), 0)
        assert weights / weights.sum() == pytest.approx(expected / expected.sum(), rel=1e-5)


# Which plays are compared


def test_few_plays_of_a_hit_stand_for_all_of_them():
    played, users = world(share=0.6)
    kind, whole = objective(played, users, cap=3), objective(played, users)
    counts = played.sum(axis=0)
    assert np.diff(kind.compared.indptr).tolist() == np.minimum(counts, 3).tolist()
    assert ((whole.by_song - kind.compared.astype(int)).toarray() >= 0).all()  # each of them is a play
    assert np.array_equal(kind.weights, whole.weights)
    songs = np.arange(SONGS)
    y = torch.randn(SONGS, FACTORS, generator=torch.Generator().manual_seed(1))
    draws = [errors(objective(played, users, cap=3, seed=seed), songs, y).numpy() for seed in range(300)]
    spread = np.std(draws, axis=0) / 300**0.5
    assert (np.abs(np.mean(draws, axis=0) - errors(whole, songs, y).numpy()) < 4 * spread + 1e-6).all()


def test_a_song_that_a_user_played_is_no_negative_though_that_play_is_not_compared():
    played, users = world(share=0.6)
    songs = np.arange(SONGS)
    kind = objective(played, users, cap=1)
    _, vectors, owners, negatives = kind.known(songs)
    assert len(owners) == (played.sum(axis=0) > 0).sum()
    for vector, row in zip(vectors.numpy(), negatives.numpy(), strict=True):
        (user,) = np.flatnonzero((users == vector).all(axis=1))
        assert np.array_equal(row, ~played[user])


def test_the_draw_depends_on_the_seed_alone():
    played, users = world(share=0.6)
    rows = table(played)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1)
    one, same, other = (
        RankingError(plays, users, SONGS, TRAINING, "bpr", TEMPERATURE, 3, 0.0, seed).known(np.array([3, 0, 5]))
        for plays, seed in ((rows, 1), (shuffled, 1), (rows, 2))
    )
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[1], other[1])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(1, 12), st.integers(0, 99))
def test_capping_keeps_what_there_is_up_to_the_cap(counts, cap, seed):
    played = np.zeros((len(counts), 9), dtype=bool)
    for row, count in zip(played, counts, strict=True):
        row[np.random.default_rng([seed, count]).permutation(9)[:count]] = True
    found = capped_plays(sparse.csr_matrix(played), cap, np.random.default_rng(seed))
    assert np.diff(found.indptr).tolist() == np.minimum(counts, cap).tolist()
    assert not (found.toarray() & ~played).any()
    assert found.has_sorted_indices


def test_validation_songs_are_mixed_the_same_way_every_time():
    played, users = world()
    songs = np.arange(100, 160)
    orders = [objective(played, users, seed=seed).order(songs) for seed in (1, 1, 2)]
    assert sorted(orders[0]) == songs.tolist()
    assert np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], songs)


# Cost


def test_no_array_grows_with_users_and_songs():
    users, songs, plays = 100_000, 50_000, 100_000  # 5 GB as bytes
    rng = np.random.default_rng(0)
    pairs = rng.choice(users * songs, plays, replace=False)
    heard = pl.DataFrame({"user": pairs // songs, "song": pairs % songs})
    factors = rng.standard_normal((users, 2)).astype(np.float32)
    tracemalloc.start()
    try:
        kind = RankingError(heard, factors, songs, np.arange(songs), "bpr", TEMPERATURE, 256, 0.0, 0)
        _, vectors, owners, negatives = kind.known(np.arange(64))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    played = int((pairs % songs < 64).sum())
    assert [len(vectors), len(owners), negatives.shape] == [played, played, (played, 64)]
    assert peak < 30e6


def test_the_cost_of_a_hit_is_that_of_the_plays_compared():
    heard = pl.DataFrame({"user": np.arange(50_000), "song": np.zeros(50_000, dtype=int)})
    factors = np.ones((50_000, 2), np.float32)
    kind = RankingError(heard, factors, 3, np.arange(3), "bpr", TEMPERATURE, 256, 0.0, 0)
    assert kind.known(np.arange(3))[3].shape == (256, 3)


def test_threads_change_no_bit_and_mixed_precision_does_not_reach_it():
    played, users = world()
    songs = np.arange(SONGS)
    for loss in LOSSES:
        kind = objective(played, users, loss)
        found = []
        before = torch.get_num_threads()
        try:
            for threads in (1, 2):
                torch.set_num_threads(threads)
                y = torch.randn(SONGS, FACTORS, generator=torch.Generator().manual_seed(1), requires_grad=True)
                value = errors(kind, songs, y)
                value.sum().backward()
                found.append((value.detach(), y.grad))
        finally:
            torch.set_num_threads(before)
        assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert torch.equal(errors(kind, songs, y).detach(), found[0][0])


def test_another_loss_is_refused():
    with pytest.raises(ValueError, match="hinge is not one of bpr, sampled_softmax"):
        objective(*world(), loss="hinge")
