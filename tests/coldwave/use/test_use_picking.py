"""Lists hold so many songs of an artist, and each recording once."""

import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.use.picking import best_first, pick
from coldwave.use.recordings import Recordings, names_of


def recordings(names, ids=None, units=None):
    return Recordings(folded(names), ids, units)


def folded(names):
    return names_of(pl.DataFrame(names, schema={"artist": pl.String, "title": pl.String}, orient="row"))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_every_list_is_best_first_and_within_its_limits(data):
    songs = data.draw(st.integers(1, 25))
    draw = lambda values: data.draw(st.lists(values, min_size=songs, max_size=songs))  # noqa: E731
    scores = np.array(draw(st.sampled_from([np.nan, 0.0, 1.0, 2.0, 3.5])), dtype=np.float32)
    names = list(
        zip(draw(st.sampled_from([None, "A", "a ", "B"])), draw(st.sampled_from([None, "x", "Y"])), strict=True)
    )
    candidates = np.array(draw(st.booleans()))
    number, most = data.draw(st.integers(1, 6)), data.draw(st.sampled_from([None, 1, 2]))
    heard = data.draw(st.lists(st.integers(0, songs - 1), max_size=3))
    known = recordings(names)
    known.add(heard)
    found = pick(scores, candidates, known, number, most)

    artist = [(name or "").strip().lower() for name, _ in names]
    key = [(artist[song], (title or "").lower()) for song, (_, title) in enumerate(names)]
    used = {key[song] for song in heard if all(key[song])}
    expected = []
    for song in sorted(range(songs), key=lambda song: (-np.nan_to_num(scores[song], nan=-9), song)):
        allowed = candidates[song] and not np.isnan(scores[song]) and key[song] not in used and len(expected) < number
        same = sum(artist[other] == artist[song] for other in expected)
        if allowed and (not artist[song] or most is None or same < most):
            expected.append(song)
            used |= {key[song]} if all(key[song]) else set()
    assert found == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Sigur Rós", "Hoppípolla"), ("sigur ros", "HOPPIPOLLA")),
        (("AC/DC", "T.N.T."), ("ac dc", "TNT")),
        (("R.E.M.", "Drive"), ("REM", "drive")),
        (("Simon & Garfunkel", "The Boxer"), ("Simon and Garfunkel", "The Boxer")),
        (("Øystein", "Å"), ("Oystein", "a")),
        (("Beyoncé", "Halo"), (unicodedata.normalize("NFD", "Beyoncé"), "Ｈａｌｏ")),
    ],
)
def test_names_are_the_same_whatever_their_spelling(one, other):
    first, second = folded([one, other]).recordings
    assert first == second is not None
    known = recordings([one, other])
    known.add([0])
    assert 1 in known


@pytest.mark.parametrize(
    ("one", "other"),
    [(("A", "か"), ("A", "が")), (("A", "мой"), ("A", "мои")), (("A", "!!!"), ("A", "???")),
     (("A", None), ("A", None)), ((None, "x"), (None, "x")),
     (("A b", "c"), ("A", "b c")),
     (("Various Artists", "Intro"), ("Various Artists", "Intro"))],
)  # fmt: skip
def test_other_names_and_missing_ones_are_not(one, other):
    known = recordings([one, other])
    known.add([0])
    assert 1 not in known


def test_a_recording_id_tells_recordings_whatever_their_names():
    known = recordings([("A", "x"), ("B", "y"), ("C", "z"), ("D", "w")], ids=["m1", "M1 ", None, None])
    known.add([0, 2])
    assert 1 in known and 3 not in known


def test_songs_that_sound_the_same_are_one_recording():
    rng = np.random.default_rng(0)
    units = rng.normal(size=(4, 12)).astype(np.float32)
    units[1] = units[0] + rng.normal(size=12) * 1e-3
    units[3] = np.nan
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    names = [(f"A{song}", f"x{song}") for song in range(4)]
    known = recordings(names, units=units)
    known.add([0, 3])
    assert [song in known for song in range(4)] == [True, True, False, True]
    few = recordings(names, units=units[:, :2] / np.linalg.norm(units[:, :2], axis=1, keepdims=True))
    few.add([0])
    assert 1 not in few, "in a few dimensions songs are alike by chance"


@given(st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0]), max_size=80), st.integers(1, 9))
def test_songs_come_in_the_order_of_a_stable_sort(scores, number):
    scores = np.array(scores, dtype=np.float32)
    expected = np.argsort(-scores, kind="stable")
    assert list(best_first(scores, number)) == [song for song in expected.tolist() if scores[song] > -np.inf]
