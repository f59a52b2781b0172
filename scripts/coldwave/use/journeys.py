"""A path from one song to another, by sound: each step near an evenly spaced point between the two."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from coldwave.errors import InputError
from coldwave.use.mixing import unit_vectors

SAME = 1e-7  # radians: ends nearer than this to each other, or to opposites, are taken for such


def path(a: int, b: int, vectors: np.ndarray, length: int, *, among: np.ndarray | None = None) -> np.ndarray:
    """Lead from song ``a`` to song ``b`` in ``length`` songs, both counted: rows of ``vectors``, int64 [length].

    Song number i belongs to the point i / (length - 1) of the way along the great circle from the direction of a to
    that of b (`points_between`). The songs between are all different, and of all choices of them the one with the least
    sum of ``1 - cos(song, its point)`` is taken: an assignment (Kuhn 1955), not a greedy walk, so that no step has only
    what others have left.

    Parameters
    ----------
    vectors : [n, d]; a song whose vector is not finite or is zero is never a step
    among : bool [n], the songs that may be steps; None for all. The ends need not be among them

    Raises
    ------
    InputError
        The length is below 2, the ends are one song or have no vector, or there are fewer songs than steps.
    """
    if length < 2:
        raise InputError(f"a path of length {length}: it has at least 2 songs, its ends")
    if a == b:
        raise InputError("a path leads from one song to another: name two songs")
    unit = unit_vectors(vectors)
    usable = np.isfinite(unit).all(axis=1)
    if not (usable[a] and usable[b]):
        raise InputError("an end of the path has no vector: its audio is not known or cannot be used; name another")
    usable[[a, b]] = False
    rows = np.flatnonzero(usable if among is None else usable & among)
    steps = length - 2
    if len(rows) < steps:
        raise InputError(f"a path of length {length} has {steps} songs between its ends, and there are {len(rows)}")
    if not steps:
        return np.array([a, b])
    cost = 1 - points_between(unit[a], unit[b], length)[1:-1] @ unit[rows].T
    # No best choice needs a song that is not among a point's `steps` nearest: one of those is always free for it.
    nearest = np.unique(np.argpartition(cost, steps - 1, axis=1)[:, :steps])
    _, columns = linear_sum_assignment(cost[:, nearest])
    return np.array([a, *rows[nearest[columns]], b])


def points_between(start: np.ndarray, end: np.ndarray, number: int) -> np.ndarray:
    """Space points evenly along the shorter great circle between two unit vectors, ends included: [number, d].

    Between opposites every great circle is as short; the one by the axis that is most at right angles to them is taken.
    """
    angle = np.arccos(np.clip(start @ end, -1, 1))
    if angle < SAME:
        return np.repeat(start[None], number, axis=0)
    if angle > np.pi - SAME:
        end = np.zeros_like(start)
        end[np.abs(start).argmin()] = 1
    aside = end - (end @ start) * start
    turns = np.linspace(0, angle, number)[:, None]
    return np.cos(turns) * start + np.sin(turns) * aside / np.linalg.norm(aside)
