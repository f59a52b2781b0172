"""The nearest names, against every pair."""

import random

import pytest
from matching_noise import mistyped
from rapidfuzz.distance import Indel

from coldwave.matching import likeness
from coldwave.matching.likeness import nearest


def names(number, rng):
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    return sorted({" ".join("".join(rng.choices(syllables, k=3)) for _ in range(2)) for _ in range(number)})


@pytest.mark.parametrize("pairs", [1 << 22, 0])
def test_against_every_pair(pairs, monkeypatch):
    monkeypatch.setattr(likeness, "PAIRS", pairs)
    rng = random.Random(1)
    known = names(400, rng)
    queries = [mistyped(name, rng) for name in known[::4]] + names(50, rng)
    found = nearest(queries, known, 80.0, 3)
    for place, query in enumerate(queries):
        scores = [100 * Indel.normalized_similarity(query, name) for name in known]
        order = sorted(range(len(known)), key=lambda name: (-scores[name], name))
        wanted = [(place, name, pytest.approx(scores[name], abs=1e-3)) for name in order if scores[name] >= 80][:3]
        assert found.filter(query=place).rows() == wanted


def test_empty_lists():
    assert nearest([], ["a"], 50, 3).is_empty()
    assert nearest(["a"], [], 50, 3).is_empty()
    assert nearest(["abc"], ["xyz"], 50, 3).is_empty()


def test_names_that_share_common_pieces_only(monkeypatch):
    monkeypatch.setattr(likeness, "PAIRS", 0)
    monkeypatch.setattr(likeness, "CANDIDATES", 2)
    assert nearest(["abcd"], ["abcd", "abcx", "abcy", "abcz"], 90, 1).rows() == [(0, 0, 100.0)]
    assert nearest(["abc"], ["abcd", "abcx", "abcy", "abcz"], 80, 2)["name"].to_list() == [0, 1]
