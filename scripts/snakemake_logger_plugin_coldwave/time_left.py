"""An estimate of how long a run will still take."""

import statistics
from collections.abc import Mapping

FEWEST = 3  # jobs that must be done before an estimate is given
SOONEST = 5.0  # seconds that must have passed


def time_left(done: Mapping[str, list[float]], waiting: Mapping[str, float], passed: float) -> float | None:
    """Estimate the seconds that a run will still take.

    A job is taken to need as long as the others of its rule; if its rule has not run yet, the median of the rules that
    have. As many jobs are taken to run at a time as so far.

    Parameters
    ----------
    done : from each rule to the seconds that its finished jobs took
    waiting : from each rule to the number of its jobs that are not finished
    passed : seconds since the run began

    Returns
    -------
    the seconds, or None where it is too early to say
    """
    if passed < SOONEST or sum(map(len, done.values())) < FEWEST:
        return None
    usual = {rule: statistics.fmean(seconds) for rule, seconds in done.items()}
    other = statistics.median(usual.values())
    at_a_time = max(1.0, sum(map(sum, done.values())) / passed)
    return sum(jobs * usual.get(rule, other) for rule, jobs in waiting.items()) / at_a_time
