"""A grid of strengths that is widened by itself where the best one lies at its end."""

import logging
from collections.abc import Iterator, Sequence

import numpy as np

log = logging.getLogger(__name__)

STEP = 10.0  # factor between the strengths that are added
STEPS = 4  # at most, at each end
GAIN = 1e-3  # an end is open if its error is below its neighbour's by more than this share


class Strengths:
    """Strengths to try, from the weakest; those added after them depend on the errors told so far.

    There are several targets, such as directions of factors, each with an error at every strength. Where an end of the
    grid is the best strength of a target, the grid goes on from there, ten times as far with each step. One strength
    alone is taken as it is, without a choice.

    Use it as ``for strength in grid: grid.tell(strength, errors)``.

    Parameters
    ----------
    strengths : above 0
    limit : float64 [targets], errors at a strength without bound, which may be the best one; None if that is no choice
    steps : added at each end, at most
    """

    def __init__(self, strengths: Sequence[float], limit: np.ndarray | None = None, steps: int = STEPS) -> None:
        self.given, self.steps = sorted(strengths), steps
        self.limit = limit if len(self.given) > 1 else None
        self.tried: dict[float, np.ndarray] = {}

    def __iter__(self) -> Iterator[float]:
        """Yield the given strengths, and then those that are worth trying."""
        yield from self.given
        if len(self.given) == 1:
            return
        for factor in (1 / STEP, STEP):
            for _ in range(self.steps):
                if not self._open(factor).any():
                    break
                yield float(f"{self._end(factor) * factor:.6g}")

    def tell(self, strength: float, errors: np.ndarray | float) -> None:
        """Keep the errors at a strength: float [targets], or one number."""
        self.tried[strength] = np.atleast_1d(np.asarray(errors, dtype=np.float64))

    @property
    def strengths(self) -> list[float]:
        """The strengths tried so far, ascending."""
        return sorted(self.tried)

    @property
    def errors(self) -> np.ndarray:
        """Their errors, and last those of the limit if there is one: float64 [strengths (+ 1), targets]."""
        rows = [self.tried[strength] for strength in self.strengths]
        return np.stack(rows if self.limit is None else [*rows, self.limit])

    def best(self) -> np.ndarray:
        """Choose the strength with the smallest error for each target: float64 [targets]; infinite is the limit."""
        return self._candidates()[self.errors.argmin(axis=0)]

    def best_together(self) -> float:
        """Choose the strength with the smallest error summed over targets; infinite is the limit."""
        return float(self._candidates()[self.errors.sum(axis=1).argmin()])

    def warn(self, what: str) -> None:
        """Log a warning if the best strength still lies at an end of the widened grid. ``what`` names it."""
        if len(self.given) == 1:
            return
        for factor, name, advice in ((1 / STEP, "weakest", "weaker"), (STEP, "strongest", "stronger")):
            still = self._open(factor)
            if still.any():
                log.warning(
                    "%s: the %s strength, %g, is still the best for %d of %d after widening the grid %d times; add "
                    "%s ones to `strengths`",
                    what, name, self._end(factor), still.sum(), len(still), self.steps, advice,
                )  # fmt: skip

    def _candidates(self) -> np.ndarray:
        return np.array(self.strengths if self.limit is None else [*self.strengths, np.inf])

    def _end(self, factor: float) -> float:
        return self.strengths[0] if factor < 1 else self.strengths[-1]

    def _open(self, factor: float) -> np.ndarray:
        """Find the targets whose best strength is an end of the grid and clearly better than what is beside it."""
        if factor < 1:
            end, beside = self.errors[0], self.errors[1]
        elif self.limit is None:
            end, beside = self.errors[-1], self.errors[-2]
        else:
            end, beside = self.errors[-2], self.limit
        return (end <= self.errors.min(axis=0)) & (end < (1 - GAIN) * beside)
