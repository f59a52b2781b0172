"""Ranked songs are those of sorting all scores, in blocks that do not grow with the users."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.evaluation.lists import tie_order
from coldwave.export.ranked import Block, candidates, ranked


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 9), st.none() | st.integers(1, 10), st.booleans())
def test_brute_force(seed, users, songs, n, leave_out):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-1, 2, (number, 2)).astype(np.float32) for number in (users, songs))  # many ties
    y[rng.random(songs) < 0.2] = np.nan
    ids = pl.Series([f"S{song}" for song in range(songs)])
    chosen = np.flatnonzero(rng.random(songs) < 0.8)
    played = rng.random((users, songs)) < 0.3
    heard = (lambda some: np.nonzero(played[some])) if leave_out else None
    asked = np.flatnonzero(rng.random(users) < 0.8)
    model = SimpleNamespace(name="m", users=x, songs=y)
    blocks = list(ranked(model, candidates(y, chosen, ids), asked, n, heard))
    fields = [np.concatenate([getattr(block, name) for block in blocks] or [[]]).tolist() for name in Block._fields]
    found = list(zip(*fields, strict=True))
    expected = []
    order = chosen[tie_order(ids[chosen.tolist()].to_list())] if len(chosen) else chosen
    for user in asked:
        scores = {song: float(y[song] @ x[user]) for song in order}
        kept = [song for song in order if not (leave_out and played[user, song] and not np.isnan(scores[song]))]
        kept.sort(key=lambda song: (np.isnan(scores[song]), -scores[song] if scores[song] == scores[song] else 0))
        if leave_out:  # those without a prediction stand at their places among all
            kept = [song for song in kept if not np.isnan(scores[song])]
            found = [row for row in found if not np.isnan(row[3])]
        expected += [(user, song, rank, scores[song]) for rank, song in enumerate(kept[:n], start=1)]
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    assert [row[3] for row in found] == pytest.approx([row[3] for row in expected], nan_ok=True)


def test_blocks_are_bounded_and_in_order():
    rng = np.random.default_rng(3)
    model = SimpleNamespace(
        name="m", users=rng.normal(size=(50_000, 3)).astype(np.float32), songs=rng.normal(size=(7, 3))
    )
    among = candidates(model.songs, np.arange(7), pl.Series([f"S{song}" for song in range(7)]))
    blocks = list(ranked(model, among, np.arange(50_000), 2))
    assert max(len(block.users) for block in blocks) <= 2 * 4096
    assert (np.concatenate([block.users for block in blocks]) == np.repeat(np.arange(50_000), 2)).all()


def test_vectors_that_cannot_be_ranked():
    half = np.array([[1, np.nan]], np.float32)
    with pytest.raises(InputError, match="partly NaN"):
        candidates(half, np.array([0]), pl.Series(["S"]))
    model = SimpleNamespace(name="m", users=np.full((1, 2), np.inf, np.float32), songs=np.ones((1, 2), np.float32))
    with pytest.raises(InputError, match="model m cannot be ranked: 1 user vectors are not finite"):
        list(ranked(model, candidates(model.songs, np.array([0]), pl.Series(["S"])), np.array([0])))
