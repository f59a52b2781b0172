"""Users: the planted shares of taste, heavy tails, and that nobody and no song is left out."""

import numpy as np
import polars as pl
import pytest

from coldwave.world.planted import POPULARITY_DEVIATION, TASTE_DEVIATION, TASTE_SHARES, planted
from coldwave.world.styles import draw_styles
from coldwave.world.users import MOST_COUNT, PLAYS, draw_activity, draw_counts, draw_plays, draw_tastes


@pytest.fixture(scope="module")
def tastes():
    return draw_tastes(draw_styles(600, 150, np.random.default_rng(1)), 2000, np.random.default_rng(2))


@pytest.fixture(scope="module")
def plays(tastes):
    return draw_plays(tastes, np.random.default_rng(3))


def test_shares_of_taste_are_as_planted(tastes):
    parts = {name: tastes.users[:, block] @ tastes.songs[:, block].T for name, block in tastes.blocks.items()}
    assert sum(TASTE_SHARES.values()) == 1
    for name, share in TASTE_SHARES.items():
        np.testing.assert_allclose(parts[name].var(), share * TASTE_DEVIATION**2, rtol=1e-9)
        np.testing.assert_allclose(parts[name].mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(sum(parts.values()).var(), TASTE_DEVIATION**2, rtol=0.05)
    np.testing.assert_allclose(tastes.popularity.std(), POPULARITY_DEVIATION)


def test_pairs_are_unique_and_complete(plays):
    assert plays.schema == pl.Schema(PLAYS)
    assert 70_000 < len(plays) < 110_000
    assert not plays.select("user", "song").is_duplicated().any()
    assert plays["user"].unique().sort().to_list() == list(range(2000))
    assert plays["song"].unique().sort().to_list() == list(range(600))


def test_tails_are_heavy(plays):
    counts = plays["count"].to_numpy()
    assert np.median(counts) == 1
    assert 0.75 < np.mean(counts <= 3) < 0.95
    assert (counts >= 100).sum() > 20
    songs = plays.group_by("user").len()["len"].to_numpy()
    assert songs.min() >= 5
    assert 35 < songs.mean() < 55
    assert np.quantile(songs, 0.99) > 5 * np.median(songs)
    users = np.sort(plays.group_by("song").len()["len"].to_numpy())
    assert users[-60:].sum() > 0.25 * users.sum()  # the top tenth of the songs


def test_what_is_liked_and_popular_is_played(tastes, plays):
    """Mean log-odds of played pairs, by brute force over all pairs."""
    user, song = plays["user"].to_numpy(), plays["song"].to_numpy()
    for block in tastes.blocks.values():
        part = tastes.users[:, block] @ tastes.songs[:, block].T
        assert part[user, song].mean() > 0.4 * part.std()
    assert tastes.popularity[song].mean() > 0.4
    liking = np.einsum("nd,nd->n", tastes.users[user], tastes.songs[song])
    often = plays["count"].to_numpy() >= 4
    assert liking[often].mean() > liking[~often].mean() + 0.2


def test_songs_that_nobody_picks_go_to_the_closest_user():
    styles = draw_styles(400, 40, np.random.default_rng(1))
    plays = draw_plays(draw_tastes(styles, 3, np.random.default_rng(2)), np.random.default_rng(3))
    assert plays["song"].n_unique() == 400
    assert not plays.select("user", "song").is_duplicated().any()


def test_tiny_worlds():
    for songs, artists, users in ((24, 8, 40), (2, 1, 1), (6, 6, 3)):
        styles = draw_styles(songs, artists, np.random.default_rng(1))
        plays = draw_plays(draw_tastes(styles, users, np.random.default_rng(2)), np.random.default_rng(3))
        assert plays["song"].n_unique() == songs
        assert plays["user"].n_unique() == users


def test_activity_is_within_bounds():
    for songs in (2, 5, 9, 24, 600):
        drawn = draw_activity(5000, songs, np.random.default_rng(1))
        assert drawn.min() >= min(5, songs)
        assert drawn.max() <= max(min(5, songs), songs // 2)


def test_counts_follow_their_power_law():
    """P(count >= k) = k^(-1/weight), with weight 0.6 for a song of average liking."""
    counts = draw_counts(np.zeros(200_000), np.random.default_rng(1))
    for least in (2, 4, 10, 50):
        expected = least ** (-1 / 0.6)
        assert np.mean(counts >= least) == pytest.approx(expected, abs=5 * np.sqrt(expected / 200_000))
    assert counts.min() == 1
    assert counts.max() <= MOST_COUNT


def test_planted_is_said_in_words():
    text = planted()
    for words in ("synthetic", "50 %", "25 %", "order", "cannot be heard"):
        assert words in text
