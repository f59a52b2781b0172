"""Factors by name, by hand and against plain loops; and their stacking with what a model hears."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.metadata import ALBUM, ALL, ARTIST, YEAR, log_sources, metadata_factors, stacked_inputs


def table(artists, albums=None, dates=None):
    columns = {"song_id": [f"s{n}" for n in range(len(artists))], "artist": artists}
    columns |= {"album": albums or [None] * len(artists), "date": dates or [None] * len(artists)}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_a_song_of_a_known_year_alone_takes_that_years_mean():
    songs = table(["A", "B", "C", "D", "E"], dates=["1999", "1999-03", "2001", "1999-12-31", "1980"])
    factors = np.array([[1], [3], [9], [0], [0]], dtype=np.float32)
    found, source = metadata_factors(songs, factors, np.arange(5) < 3)
    assert found[3:, 0] == pytest.approx([2, 13 / 3])
    assert source[3:].tolist() == [YEAR, ALL]
    assert (found[0, 0], source[0]) == (3, YEAR)  # by the other song of its year
    stacked = stacked_inputs(found, source, factors)
    assert stacked[:, -1].tolist() == [0] * 5  # neither artist nor album is known


def test_artist_else_album_else_all_by_hand():
    songs = table(
        ["Ann", "ann ", "Bob", "ANN", "Cid", "Dee", None, "  "],
        ["x", None, "Y  z", None, "y Z", None, "x", None],
    )
    factors = np.array([[1, 0], [3, 0], [0, 8], [99, 99], [99, 99], [99, 99], [99, 99], [99, 99]], dtype=np.float32)
    found, source = metadata_factors(songs, factors, np.arange(8) < 3)
    assert found[3:] == pytest.approx(np.array([[2, 0], [0, 8], [4 / 3, 8 / 3], [1, 0], [4 / 3, 8 / 3]]))
    assert source[3:].tolist() == [ARTIST, ALBUM, ALL, ALBUM, ALL]
    # training songs: each by the others
    assert found[:3].tolist() == [[3, 0], [1, 0], [2, 0]]
    assert source[:3].tolist() == [ARTIST, ARTIST, ALL]


NAMES = st.sampled_from([None, "", " ", "A", "a", "B b", "b  B", "C"])


DATES = st.sampled_from([None, "1999", "1999-05", "2001"])


@given(st.lists(st.tuples(NAMES, NAMES, DATES, st.booleans()), min_size=1, max_size=12), st.integers(0, 9))
def test_it_is_plain_loops(rows, seed):
    artists, albums, dates, parts = zip(*rows, strict=True)
    factors = np.random.default_rng(seed).standard_normal((len(rows), 2)).astype(np.float32)
    found, source = metadata_factors(table(list(artists), list(albums), list(dates)), factors, np.array(parts))
    plain = [[" ".join((name or "").lower().split()) for name in names] for names in (artists, albums)]
    plain.append([(date or "")[:4] for date in dates])
    for song in range(len(rows)):
        others = [other for other in range(len(rows)) if parts[other] and other != song]
        expected, case = np.zeros(2), ALL
        chosen = [[other for other in others if names[song] and names[other] == names[song]] for names in plain] + [
            others
        ]
        for known, of_case in zip(chosen, (ARTIST, ALBUM, YEAR, ALL), strict=True):
            if known:
                expected, case = factors[known].mean(axis=0), of_case
                break
        assert found[song] == pytest.approx(expected, abs=1e-5)
        assert source[song] == case


def test_a_song_never_sees_its_own_factors():
    """Other factors of a song leave its own prediction as it was, and those of a held-out song leave them all."""
    rng = np.random.default_rng(0)
    songs = table(list(rng.choice(["A", "B", "C", "D"], 30)), list(rng.choice(["x", "y"], 30)))
    factors, training = rng.standard_normal((30, 3)).astype(np.float32), np.arange(30) < 20
    before, _ = metadata_factors(songs, factors, training)
    for song in range(30):
        other = factors.copy()
        other[song] += 100
        after, _ = metadata_factors(songs, other, training)
        assert after[song] == pytest.approx(before[song], abs=1e-4)
        assert training[song] or np.array_equal(after, before)


def test_the_cases_are_counted_in_the_log(caplog):
    source = np.array([ARTIST, ARTIST, ALBUM, ALL, YEAR, ALL])
    parts = {"validation": np.arange(6) < 3, "test": np.arange(6) >= 3}
    with caplog.at_level("INFO"):
        log_sources(source, parts)
    assert (
        "validation songs: 2 by their artist's training songs, 1 by their album's, 0 by their year's, 0 by all"
        in caplog.text
    )
    assert (
        "test songs: 0 by their artist's training songs, 0 by their album's, 1 by their year's, 2 by all" in caplog.text
    )
    assert "no test song's artist has training songs; with split.by: artist none can" in caplog.text


def test_songs_that_the_other_model_does_not_predict_are_nan_in_the_stack():
    audio = np.array([[5, 6], [np.nan, np.nan]], dtype=np.float32)
    stacked = stacked_inputs(np.array([[1, 2], [3, 4]], dtype=np.float32), np.array([ARTIST, ALL]), audio)
    assert stacked[0].tolist() == [1, 2, 5, 6, 1]
    assert np.isnan(stacked[1]).all()


def test_the_stack_beats_both_where_each_tells_half():
    """Factors are an artist's own plus what is heard: neither the name nor the audio alone can tell them."""
    rng = np.random.default_rng(0)
    number = 600
    artist, heard = rng.integers(60, size=number), rng.standard_normal((number, 3))
    factors = (rng.standard_normal((60, 3))[artist] + heard).astype(np.float32)
    audio = (heard + 0.1 * rng.standard_normal((number, 3))).astype(np.float32)
    place = np.arange(number)
    training, validation, test = place < 400, (place >= 400) & (place < 500), place >= 500
    names, source = metadata_factors(table([f"artist {n}" for n in artist]), factors, training)
    stacked = stacked_inputs(names, source, audio)
    weights, intercept, _ = fit_linear(stacked, factors, training, validation, [0.01, 0.1, 1.0])
    both = predict_linear(stacked, weights, intercept)
    errors = [np.square(factors - predicted)[test].mean() for predicted in (names, audio, both)]
    assert errors[2] < 0.6 * min(errors[:2])
