"""Factors by name, by hand and against plain loops; and their combination with what a model hears."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.models.directions import Directions
from coldwave.models.metadata import (
    ALBUM,
    ALL,
    ARTIST,
    SHARES,
    Combination,
    Heard,
    choose_combination,
    combined_factors,
    find_others,
    followed_by_new,
    log_sources,
)

STRENGTHS = [0.1, 1.0, 10.0]


def table(artists, albums=None):
    columns = {"song_id": [f"s{n}" for n in range(len(artists))], "artist": artists}
    columns |= {"album": albums or [None] * len(artists)}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def plain(factors, shrinkage=0.0, shares=(0.0, 0.0), mean=None):
    """A combination whose directions are the factors themselves, around the mean."""
    size = factors.shape[1]
    directions = Directions(np.eye(size), np.eye(size), np.zeros(size) if mean is None else mean)
    return Combination(directions, np.full(size, shrinkage), np.array(shares))


def test_artist_else_album_else_all_by_hand():
    songs = table(
        ["Ann", "ann ", "Bob", "ANN", "Cid", "Dee", None, "  "],
        ["x", None, "Y  z", None, "y Z", None, "x", None],
    )
    factors = np.array([[1, 0], [3, 0], [0, 8], [99, 99], [99, 99], [99, 99], [99, 99], [99, 99]], dtype=np.float32)
    others = find_others(songs, np.arange(8) < 3)
    mean = factors[:3].mean(axis=0)
    found = combined_factors(others, factors, plain(factors, mean=mean))
    assert found[3:] == pytest.approx(np.array([[2, 0], [0, 8], [4 / 3, 8 / 3], [1, 0], [4 / 3, 8 / 3]]))
    assert others.source.tolist() == [ARTIST, ARTIST, ALL, ARTIST, ALBUM, ALL, ALBUM, ALL]
    # known songs: each by the others
    assert found[:3] == pytest.approx(np.array([[3, 0], [1, 0], mean]))
    # shrunk by one song: half of the way for one, two thirds for two
    shrunk = combined_factors(others, factors, plain(factors, shrinkage=1.0))
    assert shrunk[3:5] == pytest.approx(np.array([[4 / 3, 0], [0, 4]]))


def test_with_audio_by_hand():
    """What is heard is subtracted from the artist's songs before their mean is taken, unless it was learnt from."""
    songs, factors = table(["A", "A", "A", "B", "A"]), np.array([[4.0], [8.0], [0], [0], [0]], dtype=np.float32)
    heard = np.array([[2.0], [4.0], [6.0], [6.0], [np.nan]], dtype=np.float32)
    others, nothing = find_others(songs, np.arange(5) < 2), np.zeros(5, dtype=bool)
    combination = plain(factors, shrinkage=1.0, shares=(1.0, 0.5))
    found = combined_factors(others, factors, combination, Heard(heard, nothing))[:, 0]
    expected = [0.5 * 2 + (8 - 2) / 2, 0.5 * 4 + (4 - 1) / 2, 0.5 * 6 + (3 + 6) / 3, 6, 12 / 3]
    assert found == pytest.approx(expected)  # the last has no audio, and is predicted by names alone
    in_sample = Heard(heard, np.arange(5) == 0)
    assert combined_factors(others, factors, combination, in_sample)[2, 0] == pytest.approx(0.5 * 6 + (4 + 6) / 3)


NAMES = st.sampled_from([None, "", " ", "A", "a", "B b", "b  B", "C"])


@given(st.lists(st.tuples(NAMES, NAMES, st.booleans()), min_size=1, max_size=12), st.integers(0, 9))
def test_it_is_plain_loops(rows, seed):
    artists, albums, parts = zip(*rows, strict=True)
    rng = np.random.default_rng(seed)
    factors, heard = rng.standard_normal((2, len(rows), 2)).astype(np.float32)
    others = find_others(table(list(artists), list(albums)), np.array(parts))
    mean, shares = np.array([0.5, -1]), (0.9, 0.3)
    combination = plain(factors, 2.0, shares, mean)
    found = combined_factors(others, factors, combination, Heard(heard, np.zeros(len(rows), dtype=bool)))
    written = [[" ".join((name or "").lower().split()) for name in names] for names in (artists, albums)]
    for song in range(len(rows)):
        expected, case = mean + shares[0] * (heard[song] - mean), ALL
        for names, of_case in zip(written, (ARTIST, ALBUM), strict=True):
            same = [n for n in range(len(rows)) if parts[n] and n != song and names[song] and names[n] == names[song]]
            if same:
                left = sum(factors[n] - mean - shares[1] * (heard[n] - mean) for n in same)
                expected, case = mean + shares[1] * (heard[song] - mean) + left / (len(same) + 2), of_case
                break
        assert found[song] == pytest.approx(expected, abs=1e-4)
        assert others.source[song] == case


def world(seed=0, artists=60, number=600, sound=1.0, name=1.0):
    """Factors are an artist's own plus what is heard, plus noise."""
    rng = np.random.default_rng(seed)
    artist, heard = rng.integers(artists, size=number), rng.standard_normal((number, 3))
    noise = 0.5 * rng.standard_normal((number, 3))
    factors = (name * rng.standard_normal((artists, 3))[artist] + sound * heard + noise).astype(np.float32)
    return table([f"artist {n}" for n in artist]), factors, (heard + 0.1 * noise).astype(np.float32)


def errors_on_test_songs(songs, factors, heard, learnt=None):
    """Mean squared errors by names, by audio and by both: the last 100 songs are new, 100 more are validation songs."""
    place = np.arange(len(factors))
    known, judged, test = place < 400, place < 500, place >= 500
    others = find_others(songs, known)
    audio = Heard(heard, np.zeros(len(factors), dtype=bool) if learnt is None else learnt)
    by_name, _ = choose_combination(others, factors, np.eye(3), STRENGTHS)
    both, curve = choose_combination(others, factors, np.eye(3), STRENGTHS, judged, audio)
    predicted = [combined_factors(others, factors, by_name), heard, combined_factors(others, factors, both, audio)]
    return [np.square(factors - one)[test].sum(axis=1).mean() for one in predicted], both, curve


def test_both_beat_each_where_each_tells_half():
    errors, both, curve = errors_on_test_songs(*world())
    assert errors[2] < 0.6 * min(errors[:2])
    assert both.shares == pytest.approx([1, 1], abs=0.15)
    assert curve["share"].to_list() == SHARES.tolist()
    (best,) = curve.filter("best")["share"]
    assert best == both.shares[1]


def test_audio_that_tells_nothing_is_left_out():
    songs, factors, _ = world(sound=0.0)
    noise = np.random.default_rng(1).standard_normal(factors.shape).astype(np.float32)
    errors, both, _ = errors_on_test_songs(songs, factors, noise)
    assert both.shares.max() <= 0.1
    assert errors[2] < 1.02 * errors[0] < errors[1]


def test_names_that_tell_nothing_are_left_out():
    errors, both, _ = errors_on_test_songs(*world(name=0.0))
    assert (both.shrinkage >= 30).all()  # songs; the grid ends at 10 and was widened, or the limit taken
    assert errors[2] < 1.02 * errors[1] < errors[0]


def test_predictions_that_were_learnt_from_do_not_choose():
    """An audio model that knows its training songs by heart, and nothing else: it gets no share."""
    songs, factors, _ = world(sound=0.0)
    learnt = np.arange(600) < 400
    by_heart = np.where(learnt[:, None], factors, np.random.default_rng(1).standard_normal(factors.shape))
    deceived, both, _ = errors_on_test_songs(songs, factors, by_heart.astype(np.float32))
    assert both.shares[1] > 0.3
    errors, both, _ = errors_on_test_songs(songs, factors, by_heart.astype(np.float32), learnt)
    assert both.shares[1] <= 0.1
    assert errors[2] < 0.9 * deceived[2]


def test_a_songs_own_factors_do_not_reach_its_prediction():
    """With what was chosen given; and songs that are not known reach nothing, not even the choice."""
    songs, factors, heard = world(artists=10, number=40)
    known, audio = np.arange(40) < 30, Heard(heard, np.zeros(40, dtype=bool))
    others = find_others(songs, known)
    chosen, _ = choose_combination(others, factors, np.eye(3), STRENGTHS, known, audio)
    before = combined_factors(others, factors, chosen, audio)
    for song in range(40):
        other = factors.copy()
        other[song] += 100
        after = combined_factors(others, other, chosen, audio)
        assert after[song] == pytest.approx(before[song], abs=1e-3)
        if not known[song]:
            assert after.tobytes() == before.tobytes()
            again, _ = choose_combination(others, other, np.eye(3), STRENGTHS, known, audio)
            assert again.shrinkage.tolist() == chosen.shrinkage.tolist()
            assert again.shares.tolist() == chosen.shares.tolist()


def test_new_songs_are_predicted_as_songs_that_are_not_known():
    songs, factors, heard = world(artists=10, number=40)
    known, nothing = np.arange(40) < 30, np.zeros(40, dtype=bool)
    others = find_others(songs, known)
    chosen, _ = choose_combination(others, factors, np.eye(3), STRENGTHS, known, Heard(heard, nothing))
    expected = combined_factors(others, factors, chosen, Heard(heard, nothing))[30:]
    catalogue = (songs[:30], factors[:30], known[:30], Heard(heard[:30], nothing[:30]))
    later, targets, seen, audio = followed_by_new(*catalogue, songs[30:], heard[30:])
    assert seen.tolist() == known.tolist()
    found = combined_factors(find_others(later, seen), targets, chosen, audio)[30:]
    assert found == pytest.approx(expected, abs=1e-6)


def test_what_was_chosen_survives_as_arrays():
    songs, factors, heard = world(artists=10, number=40)
    audio = Heard(heard, np.arange(40) < 5)
    chosen, _ = choose_combination(find_others(songs, np.arange(40) < 30), factors, np.eye(3), STRENGTHS, None, audio)
    tensors = chosen.tensors(audio)
    again = Combination.of(tensors)
    assert all(np.array_equal(one, other) for one, other in zip(again.directions, chosen.directions, strict=True))
    assert np.array_equal(again.shrinkage, chosen.shrinkage) and np.array_equal(again.shares, chosen.shares)
    assert np.array_equal(Heard.of(tensors, heard).learnt, audio.learnt)


def test_no_song_to_choose_by_is_an_error():
    songs, factors, heard = world(number=40)
    others = find_others(songs, np.arange(40) < 30)
    with pytest.raises(InputError, match="no song is left to choose how names and audio are combined"):
        choose_combination(others, factors, np.eye(3), STRENGTHS, None, Heard(heard, np.ones(40, dtype=bool)))


def test_names_of_no_one_else_count_for_nothing(caplog):
    _, factors, heard = world(number=40)
    others = find_others(table([None] * 40), np.arange(40) < 30)
    audio = Heard(heard, np.zeros(40, dtype=bool))
    chosen, _ = choose_combination(others, factors, np.eye(3), STRENGTHS, None, audio)
    assert "names will count for nothing" in caplog.text
    assert np.isinf(chosen.shrinkage).all()
    assert chosen.shares[0] == chosen.shares[1] > 0.5


def test_the_cases_are_counted_in_the_log(caplog):
    source = np.array([ARTIST, ARTIST, ALBUM, ALL, ALBUM, ALL])
    parts = {"validation": np.arange(6) < 3, "test": np.arange(6) >= 3}
    with caplog.at_level("INFO"):
        log_sources(source, parts)
    assert "validation songs: 2 by their artist's songs, 1 by their album's, 0 by neither" in caplog.text
    assert "test songs: 0 by their artist's songs, 1 by their album's, 2 by neither" in caplog.text
    assert "no other song of any test song's artist is known; with split.by: artist none can be" in caplog.text
