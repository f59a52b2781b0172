"""Names with an audio model and without: against the covariance matrix, in made worlds, and with controls."""

import numpy as np
import pytest

from coldwave.errors import InputError
from coldwave.models.directions import Directions
from coldwave.models.names.effects import Ratios
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import MOST, Heard, Names, fit_names, followed_by_new, predict_names

PLAIN = Directions(np.eye(3), np.eye(3), np.zeros(3))
NUMBER, KNOWN = 900, np.arange(900) < 600


def world(seed=0, artists=90, sound=1.0, name=1.0):
    """Factors are an artist's own plus what is heard, plus noise; the last 300 songs are new."""
    rng = np.random.default_rng(seed)
    artist, heard = rng.integers(artists, size=NUMBER), rng.standard_normal((NUMBER, 3))
    factors = name * rng.standard_normal((artists, 3))[artist] + sound * heard
    factors += 0.5 * rng.standard_normal((NUMBER, 3))
    return artist, factors.astype(np.float32), (sound * heard).astype(np.float32)


def grouped(table, artist):
    return find_groups(table([None if n is None else f"artist {n}" for n in artist]))


def errors(table, artist, factors, heard, learnt=None):
    """Mean squared errors on new songs: by names, by audio and by both; and what was learnt for both."""
    groups = grouped(table, artist)
    audio = Heard(heard, np.zeros(NUMBER, dtype=bool) if learnt is None else learnt)
    alone, both = (fit_names(groups, factors, KNOWN, np.eye(3), one) for one in (None, audio))
    predicted = [
        predict_names(groups, factors, KNOWN, alone), heard, predict_names(groups, factors, KNOWN, both, audio),
    ]  # fmt: skip
    return [np.square(factors - one)[~KNOWN].sum(axis=1).mean() for one in predicted], both


def test_with_audio_it_is_the_covariance_matrix_of_what_is_left(dense, table):
    artist, factors, heard = world()
    few = np.arange(0, NUMBER, 15)
    artist, factors, heard, known = artist[few] % 9, factors[few], heard[few], KNOWN[few]
    learnt = np.arange(60) < 10
    heard[20] = np.nan
    ratios, alone = Ratios(np.array([0.5, 1, 2]), np.array([0.0, 0.5, 1])), Ratios(np.full(3, 3.0), np.zeros(3))
    left = np.where(np.isnan(heard), factors, factors - heard) * np.where(learnt, 2, 1)[:, None]
    groups, wholes = (
        grouped(table, artist),
        [(dense(artist, np.arange(60), *pair)) for pair in zip(*ratios, strict=True)],
    )
    means = [[whole.mean(left, known)[place] for place, whole in enumerate(wholes)],
             dense(artist, np.arange(60), 3, 0).mean(factors, known)]  # fmt: skip
    names = Names(PLAIN, ratios, alone, np.array(means), 2.0)
    found = predict_names(groups, factors, known, names, Heard(heard, learnt))
    for place, whole in enumerate(wholes):
        expected = heard[:, place] + whole.predicted(left, known)[:, place]
        expected[20] = dense(artist, np.arange(60), 3, 0).predicted(factors, known)[20, place]  # no audio: by names
        assert found[:, place] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_both_are_better_than_each_where_each_tells_half(table):
    found, both = errors(table, *world())
    assert found[2] < 0.4 * min(found[:2])
    of_artist, alone = (ratios.artist / (1 + ratios.album) for ratios in both[1:3])  # each song has an album of its own
    assert np.log2(of_artist) == pytest.approx(np.full(3, 2), abs=1.1)  # 1 / 0.5^2
    assert (of_artist > alone).all()


def test_names_that_tell_nothing_leave_the_audio_model_as_it_is(table):
    found, _ = errors(table, *world(name=0.0))
    assert found[2] == pytest.approx(found[1], rel=0.02)


def test_artists_dealt_out_among_songs_cost_what_names_bring_and_no_more(table):
    artist, factors, heard = world()
    found, _ = errors(table, np.random.default_rng(1).permutation(artist), factors, heard)
    assert found[2] == pytest.approx(found[1], rel=0.03)


def test_audio_that_tells_nothing_leaves_names(table):
    artist, factors, heard = world(sound=0.0)
    assert not heard.any()
    found, _ = errors(table, artist, factors, heard)
    assert found[2] == pytest.approx(found[0], rel=1e-6)


def test_a_new_artist_and_a_song_without_names_are_predicted_by_audio_and_one_constant(table):
    artist, factors, heard = world()
    named = [None if song % 2 else 1000 + song if song >= 600 else name for song, name in enumerate(artist)]
    groups, audio = grouped(table, named), Heard(heard, np.zeros(NUMBER, dtype=bool))
    names = fit_names(groups, factors, KNOWN, np.eye(3), audio)
    added = (predict_names(groups, factors, KNOWN, names, audio) - heard)[~KNOWN]
    assert added == pytest.approx(np.tile(added[0], (300, 1)), abs=1e-5)
    alone = predict_names(groups, factors, KNOWN, fit_names(groups, factors, KNOWN, np.eye(3)))[~KNOWN]
    assert alone == pytest.approx(np.tile(alone[0], (300, 1)), abs=1e-6)


def test_songs_that_were_learnt_from_count_as_if_they_had_been_left_out(table):
    """An audio model whose fit takes half of what it would leave: halved errors are doubled, and nothing is lost."""
    artist, factors, heard = world()
    learnt = np.arange(NUMBER) < 450
    fitted = np.where(learnt[:, None], (heard + factors) / 2, heard)
    honest, _ = errors(table, artist, factors, heard)
    found, both = errors(table, artist, factors, fitted, learnt)
    assert both.enlarged == pytest.approx(2, rel=0.1)
    assert found[2] == pytest.approx(honest[2], rel=0.03)
    deceived, _ = errors(table, artist, factors, fitted)
    assert deceived[2] > 1.1 * found[2]


def test_it_warns_where_a_part_is_better_than_both(table, caplog):
    """An audio model that knows its songs by heart and nothing else leaves nothing for names to learn from."""
    artist, factors, heard = world(sound=0.0)
    learnt = np.arange(NUMBER) < 450
    by_heart = np.where(learnt[:, None], factors, np.random.default_rng(1).standard_normal(factors.shape))
    _, both = errors(table, artist, factors, by_heart.astype(np.float32), learnt)
    assert both.enlarged == MOST
    assert "on songs left out, names alone would be better than names and audio together" in caplog.text


def test_a_songs_own_factors_do_not_reach_its_prediction(table):
    artist, factors, heard = world()
    groups, audio = grouped(table, artist), Heard(heard, np.zeros(NUMBER, dtype=bool))
    names = fit_names(groups, factors, KNOWN, np.eye(3), audio)
    before = predict_names(groups, factors, KNOWN, names, audio)
    for song in (0, 599, 600, 899):
        other = factors.copy()
        other[song] += 10
        after = predict_names(groups, other, KNOWN, names, audio)
        if KNOWN[song]:
            assert after[song] == pytest.approx(before[song], abs=1e-6)
        else:
            assert after.tobytes() == before.tobytes()
            again = fit_names(groups, other, KNOWN, np.eye(3), audio)
            assert np.array_equal(again.ratios, names.ratios)


def test_the_order_of_songs_and_what_artists_are_called_do_not_matter(table):
    artist, factors, heard = world()
    audio, rng = Heard(heard, np.zeros(NUMBER, dtype=bool)), np.random.default_rng(2)
    order, renamed = rng.permutation(NUMBER), rng.permutation(90)
    groups, others = grouped(table, artist), grouped(table, renamed[artist][order])
    names = fit_names(groups, factors, KNOWN, np.eye(3), audio)
    again = fit_names(others, factors[order], KNOWN[order], np.eye(3), Heard(heard[order], audio.learnt))
    expected = predict_names(groups, factors, KNOWN, names, audio)[order]
    found = predict_names(others, factors[order], KNOWN[order], again, Heard(heard[order], audio.learnt))
    assert found == pytest.approx(expected, abs=1e-4)


def test_new_songs_are_predicted_as_songs_that_are_not_known(table):
    artist, factors, heard = world()
    nothing, songs = np.zeros(NUMBER, dtype=bool), table([f"artist {n}" for n in artist])
    groups = find_groups(songs)
    names = fit_names(groups, factors, KNOWN, np.eye(3), Heard(heard, nothing))
    expected = predict_names(groups, factors, KNOWN, names, Heard(heard, nothing))[600:]
    catalogue = (songs[:600], factors[:600], KNOWN[:600], Heard(heard[:600], nothing[:600]))
    later, targets, known, audio = followed_by_new(*catalogue, songs[600:], heard[600:])
    assert known.tolist() == KNOWN.tolist()
    found = predict_names(find_groups(later), targets, known, names, audio)[600:]
    assert found == pytest.approx(expected, abs=1e-6)


def test_what_was_learnt_survives_as_arrays(table):
    artist, factors, heard = world()
    learnt = np.arange(NUMBER) < 300
    audio = Heard(np.where(learnt[:, None], (heard + factors) / 2, heard), learnt)
    names = fit_names(grouped(table, artist), factors, KNOWN, np.eye(3), audio)
    tensors = names.tensors(audio)
    again = Names.of(tensors)
    for one, other in zip(again[:4], names[:4], strict=True):
        assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))
    assert again.enlarged == names.enlarged > 1
    assert np.array_equal(Heard.of(tensors, heard).learnt, learnt)


def test_no_song_that_the_audio_model_has_not_learnt_from_is_an_error(table):
    artist, factors, heard = world()
    with pytest.raises(InputError, match="no song is left to tell how names and audio are combined"):
        fit_names(grouped(table, artist), factors, KNOWN, np.eye(3), Heard(heard, np.ones(NUMBER, dtype=bool)))
