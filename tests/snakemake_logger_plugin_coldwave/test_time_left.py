"""How long a run will still take."""

import pytest

from snakemake_logger_plugin_coldwave.time_left import time_left


def test_a_job_takes_as_long_as_those_of_its_rule_and_one_of_a_new_rule_the_median():
    done = {"short": [1.0, 3.0], "long": [40.0], "other": [6.0]}  # means 2, 40 and 6
    waiting = {"short": 3, "long": 0, "other": 1, "new": 2}
    assert time_left(done, waiting, passed=50.0) == pytest.approx(3 * 2 + 6 + 2 * 6)


def test_jobs_at_the_same_time_share_it():
    # 80 seconds of jobs in 20 seconds: four at a time
    assert time_left({"count": [20.0] * 4}, {"count": 8}, passed=20.0) == pytest.approx(8 * 20 / 4)


def test_nothing_is_said_too_early():
    assert time_left({"a": [20.0, 20.0]}, {"a": 1}, passed=40.0) is None
    assert time_left({"a": [0.1] * 9}, {"a": 1}, passed=1.0) is None
