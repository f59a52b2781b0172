"""A blend that is fitted: what it reads, when weights are equal, and controls with sound and names dealt out anew."""

import logging

import numpy as np
import polars as pl
import pytest

from coldwave.models.blend.fitting import EQUAL, LEARNT, fit_blend
from coldwave.use.choice import mean_auc

USERS, SONGS, WIDTH = 150, 160, 6
VALIDATION, TEST = np.arange(SONGS) < 60, np.arange(SONGS) >= 60


def world(seed=0, sound=1.0, name=1.0):
    """Users play by a song's sound and by its name, which are two parts' song vectors, less some noise."""
    rng = np.random.default_rng(seed)
    users = [rng.normal(size=(USERS, WIDTH)).astype(np.float32) for _ in range(2)]
    songs = [rng.normal(size=(SONGS, WIDTH)).astype(np.float32) for _ in range(2)]
    liked = sum(weight * x @ y.T for weight, x, y in zip((sound, name), users, songs, strict=True)) / np.sqrt(WIDTH)
    user, song = np.nonzero(rng.random((USERS, SONGS)) < 1 / (1 + np.exp(2 - 2 * liked)))
    return users, [3 * songs[0], 0.01 * songs[1]], pl.DataFrame({"user": user, "song": song}).cast(pl.UInt32)


def aucs(users, songs, plays, blend=None):
    """AUC on test songs of both parts and of the blend."""
    blend = blend or fit_blend(["sound", "names"], plays, VALIDATION, users, songs)
    test = plays.filter(pl.col("song").is_in(np.flatnonzero(TEST)))
    pairs = test["user"].to_numpy(), test["song"].to_numpy() - int(TEST.argmax())
    every = [*zip(users, songs, strict=True), (blend.users(users), blend.songs(songs))]
    return [mean_auc(x, y[TEST], *pairs) for x, y in every], blend


def test_the_blend_is_better_than_its_parts_and_its_weights_are_those_of_what_counts():
    (sound, names, both), even = aucs(*world())
    assert both > max(sound, names) + 0.05
    assert even.weights == pytest.approx([0.5, 0.5], abs=0.08)
    _, uneven = aucs(*world(sound=2.0))
    assert uneven.weights[0] > 0.6


@pytest.mark.parametrize("dealt", [0, 1])
def test_with_sound_or_names_dealt_out_among_songs_it_loses_what_they_gave_and_no_more(dealt):
    users, songs, plays = world()
    before, _ = aucs(users, songs, plays)
    songs[dealt] = songs[dealt][np.random.default_rng(9).permutation(SONGS)]
    after, blend = aucs(users, songs, plays)
    assert abs(after[dealt] - 0.5) < 0.03 and after[1 - dealt] == before[1 - dealt]
    assert blend.weights[dealt] < 0.1
    assert before[2] - after[2] > 0.05 and abs(after[2] - after[1 - dealt]) < 0.01


def test_how_large_a_parts_scores_are_does_not_matter():
    users, songs, plays = world(sound=1.5)
    one = fit_blend(["a", "b"], plays, VALIDATION, users, songs)
    scale = np.random.default_rng(1).lognormal(size=(USERS, 1)).astype(np.float32)
    other = fit_blend(["a", "b"], plays, VALIDATION, [users[0] * scale, users[1]], [songs[0], songs[1] * 100 + 7])
    assert other.weights == pytest.approx(one.weights, abs=1e-4)


def test_only_plays_of_validation_songs_and_what_is_predicted_of_them_count():
    users, songs, plays = world()
    one = fit_blend(["a", "b"], plays, VALIDATION, users, songs)
    rng = np.random.default_rng(3)
    songs = [np.where(VALIDATION[:, None], own, rng.normal(size=own.shape)).astype(np.float32) for own in songs]
    plays = plays.filter(pl.col("song") < 60).sample(fraction=1, shuffle=True, seed=0)
    other = fit_blend(["a", "b"], plays, VALIDATION, users, songs).tensors()
    assert all(array.tobytes() == other[name].tobytes() for name, array in one.tensors().items())


def test_weights_that_are_given_are_taken_and_a_part_that_knows_the_songs_makes_them_equal(caplog):
    users, songs, plays = world(sound=2.0)
    caplog.set_level(logging.INFO)

    def weights(setting, in_sample=()):
        return fit_blend(["a", "b"], plays, VALIDATION, users, songs, setting, in_sample).weights.tolist()

    assert weights([3, 1]) == [0.75, 0.25] and weights(EQUAL, ["b"]) == [0.5, 0.5] and not caplog.records[0].exc_info
    assert "has learnt from validation songs" not in caplog.text
    assert weights(LEARNT, ["b"]) == [0.5, 0.5]
    assert "b has learnt from validation songs, so these cannot tell how much it counts" in caplog.text
    caplog.clear()
    assert weights(LEARNT)[0] > 0.6 and "learnt from" in caplog.text and " ± " in caplog.text


def test_songs_that_one_part_lacks_count_as_its_mean_and_songs_that_all_lack_not_at_all():
    users, songs, plays = world()
    songs[0][[3, 4]], songs[1][[4]] = np.nan, np.nan
    one = fit_blend(["a", "b"], plays, VALIDATION, users, songs)
    songs[0][3] = np.nanmean(songs[0][VALIDATION], axis=0)
    without = plays.filter(pl.col("song") != 4)
    other = fit_blend(["a", "b"], without, VALIDATION & (np.arange(SONGS) != 4), users, songs)
    assert one.weights == pytest.approx(other.weights, abs=0.02)
