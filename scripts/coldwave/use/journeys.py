"""A path from one song to another, by sound: each step near an evenly spaced point between the two."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from coldwave.errors import InputError
from coldwave.use.mixing import unit_vectors

ROUNDING = 1e-5  # of a cosine of float32
SOME = 1 << 14  # songs, or somewhat more, that tell how near the nearest are at least
SAME = 1e-7  # radians: ends nearer than this to each other, or to opposites, are taken for such


def path(
    a: int,
    b: int,
    vectors: np.ndarray,
    length: int,
    *,
    among: np.ndarray | None = None,
    inverse: np.ndarray | None = None,
) -> np.ndarray:
    """Lead from song ``a`` to song ``b`` in ``length`` songs, both counted: rows of ``vectors``, int64 [length].

    Song number i belongs to the point i / (length - 1) of the way along the great circle from the direction of a to
    that of b (`points_between`). The songs between are all different, and of all choices of them the one with the least
    sum of ``1 - cos(song, its point)`` is taken: an assignment (Kuhn 1955), not a greedy walk, so that no step has only
    what others have left.

    Parameters
    ----------
    vectors : [n, d]; a song whose vector is not finite or is zero is never a step
    among : bool [n], the songs that may be steps; None for all. The ends need not be among them
    inverse : float [n], what `inverse_lengths` says of the vectors, for who asks for many paths

    Raises
    ------
    InputError
        The length is below 2, the ends are one song or have no vector, or are opposites on a line, or there are fewer
        songs than steps.
    """
    if length < 2:
        raise InputError(f"a path of length {length}: it has at least 2 songs, its ends")
    if a == b:
        raise InputError("a path leads from one song to another: name two songs")
    start, end = unit_vectors(vectors[[a, b]])
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise InputError("an end of the path has no vector: its audio is not known or cannot be used; name another")
    steps = length - 2
    points = points_between(start, end, length)[1:-1]
    inverse = np.array(inverse_lengths(vectors) if inverse is None else inverse)
    inverse[[a, b]] = np.nan
    if among is not None:
        inverse[~among] = np.nan
    nearest, number = _near_points(vectors, points, inverse)
    if number < steps:
        raise InputError(f"a path of length {length} has {steps} songs between its ends, and there are {number}")
    if not steps:
        return np.array([a, b])
    _, columns = linear_sum_assignment(1 - points @ unit_vectors(vectors[nearest]).T)
    return np.array([a, *nearest[columns], b])


def inverse_lengths(vectors: np.ndarray) -> np.ndarray:
    """Return 1 / length of each vector [n, d], as float [n]: NaN for one that is not finite or is zero."""
    vectors = np.asarray(vectors)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    inverse[~np.isfinite(inverse) | (inverse == 0)] = np.nan  # 0 for one with an infinite part
    return inverse


def _near_points(vectors: np.ndarray, points: np.ndarray, inverse: np.ndarray) -> tuple[np.ndarray, int]:
    """Find all songs that a best path through ``points`` [steps, d] may have, and count those that may be steps.

    No best choice needs a song that is not among a point's ``steps`` nearest: one of those is always free for it. Songs
    as near as the last of these, but for rounding, are taken as well. The points lie in a plane, so songs are
    multiplied by its two axes alone. A song is nowhere nearer to a point than it is to the plane, and some of the songs
    tell how near the nearest are at least, so that few songs are compared with each point.

    Parameters
    ----------
    inverse : float [n], 1 / length of each song's vector, NaN for a song that is no step

    Returns
    -------
    rows of ``vectors``, int64 in increasing order, and the number of songs that may be steps
    """
    known, steps, found = np.flatnonzero(np.isfinite(inverse)), len(points), set()
    if len(known) < steps or not steps:
        return np.zeros(0, dtype=np.int64), len(known)
    shares, sizes, axes = np.linalg.svd(points, full_matrices=False)
    along = np.stack([vectors @ axis.astype(vectors.dtype) * inverse for axis in axes[:2]])
    weights = (shares * sizes)[:, :2].astype(vectors.dtype)
    some = weights @ along[:, known[:: max(1, len(known) // SOME)]]
    bound = np.partition(some, -steps)[:, -steps].min() - ROUNDING if some.shape[1] >= steps else -1
    near = np.flatnonzero(np.square(along).sum(axis=0) >= bound**2) if bound > 0 else known
    for cosines in weights @ along[:, near]:
        least = np.partition(cosines, -steps)[-steps]
        found.update(near[cosines >= least - ROUNDING].tolist())
    return np.array(sorted(found), dtype=np.int64), len(known)


def points_between(start: np.ndarray, end: np.ndarray, number: int) -> np.ndarray:
    """Space points evenly along the shorter great circle between two unit vectors, ends included: [number, d].

    Between opposites every great circle is as short; the one by the axis that is most at right angles to them is taken.
    Raises InputError for opposites on a line, which has none.
    """
    angle = np.arccos(np.clip(start @ end, -1, 1))
    if angle < SAME:
        return np.repeat(start[None], number, axis=0)
    if angle > np.pi - SAME:
        if len(start) == 1:
            raise InputError("the features have one dimension, and the ends are opposites in it: no path leads past 0")
        end = np.zeros_like(start)
        end[np.abs(start).argmin()] = 1
    aside = end - (end @ start) * start
    turns = np.linspace(0, angle, number)[:, None]
    return np.cos(turns) * start + np.sin(turns) * aside / np.linalg.norm(aside)
