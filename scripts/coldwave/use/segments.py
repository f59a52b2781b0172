"""Cut a song into segments, and leave out one at a time what is counted or averaged over it."""

from itertools import pairwise

import numpy as np

from coldwave.errors import InputError


def segment_ends(steps: int, length: float) -> np.ndarray:
    """Cut ``steps`` into equal segments, as near to ``length`` as can be: int64 [segments + 1], from 0 to ``steps``.

    Raises
    ------
    InputError
        There is but one, so that nothing would be left without it.
    """
    fewest = max(1, int(steps / length))
    number = min(fewest, fewest + 1, key=lambda number: abs(steps / number - length))
    if number < 2:
        raise InputError("the song is too short to be cut into segments")
    return np.linspace(0, steps, number + 1).round().astype(np.int64)


def frequencies_without(words: np.ndarray, ends: np.ndarray, size: int) -> np.ndarray:
    """Return the share of each word among a song's frames, in all and without each segment: float64 [1 + n, size].

    Parameters
    ----------
    words : int [frames], the word of each frame, below ``size``; ends : int [n + 1], as `segment_ends` makes them
    """
    counts = np.stack([np.bincount(words[begin:end], minlength=size) for begin, end in pairwise(ends)])
    left = np.vstack((counts.sum(axis=0), counts.sum(axis=0) - counts))
    return left / left.sum(axis=1, keepdims=True)


def means_without(means: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the mean over a song, in all and without each segment: float64 [1 + n, k].

    Parameters
    ----------
    means : [n, k], over each segment; sizes : int [n], what each is a mean of
    """
    sums = means.astype(np.float64) * sizes[:, None]
    left, number = np.vstack((sums.sum(axis=0), sums.sum(axis=0) - sums)), np.append(sizes.sum(), sizes.sum() - sizes)
    return left / number[:, None]
