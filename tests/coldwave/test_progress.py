"""Progress in words."""

import logging

import pytest

from coldwave.progress import duration, track


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_it_yields_everything_and_says_how_far_it_is(caplog):
    with caplog.at_level(logging.INFO):
        assert list(track([1, 2, 3], "songs read", every=0)) == [1, 2, 3]
    assert caplog.messages[0].startswith("songs read: 1 of 3, ")
    assert caplog.messages[-1].startswith("songs read: 3 in ")


def test_it_works_without_a_length(caplog):
    with caplog.at_level(logging.INFO):
        assert list(track(iter("ab"), "blocks", every=0)) == ["a", "b"]
    assert "blocks: 2" in caplog.text
    assert list(track([], "nothing")) == []
