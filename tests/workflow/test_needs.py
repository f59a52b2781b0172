"""What jobs ask of the machine, and the profiles that hand it on."""

import inspect
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workflow.needs import growing, shared_out, signed

ROOT = Path(__file__).parents[2]
RULES = {path.name: path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk")}
PROFILES = {path.parent.name: yaml.safe_load(path.read_text()) for path in (ROOT / "profiles").glob("*/config.yaml")}


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_a_need_doubles_with_each_attempt(attempt):
    assert growing(1000)({}, None, attempt) == [1000, 2000, 4000][attempt - 1]


def test_a_need_may_follow_from_the_input():
    assert growing(lambda input: 3 * len(input))({}, ["one", "two"], 2) == 12


@pytest.mark.parametrize("name", RULES)
def test_every_rule_states_memory_and_time_that_grow(name):
    rules = len(re.findall(r"^ *(?:rule|checkpoint) \w+:", RULES[name], re.MULTILINE))
    rules -= len(re.findall(r"^ *touch\(", RULES[name], re.MULTILINE))  # makes an empty file, and runs nothing
    for need in ("mem_mb", "runtime"):
        assert len(re.findall(rf"^ *{need}=growing\(", RULES[name], re.MULTILINE)) == rules


def test_no_profile_sets_what_the_default_profile_would_overrule():
    assert {"default", "slurm", "kubernetes"} <= set(PROFILES)
    for name, settings in PROFILES.items():
        assert name == "default" or not set(settings) & set(PROFILES["default"])


def test_arrays_are_of_rules_with_one_job_a_shard():
    listed = {rule.strip() for rule in PROFILES["slurm"]["slurm-array-jobs"].split(",")}
    begin = r"^(?:rule|use rule \w+ as) (\w+)(?: with)?:\n((?:(?:    .*)?\n)+)"
    found = set()
    for text in RULES.values():
        found |= {rule for rule, body in re.findall(begin, text, re.MULTILINE) if "{shard}.log" in body}
    assert listed == found


@pytest.mark.parametrize(
    ("most", "jobs", "cores", "threads"),
    [
        (8, 2, 2, 1),
        (8, 2, 16, 8),
        (8, 3, 16, 5),
        (4, 16, 16, 4),
        (8, 1, 2, 2),
        (8, 0, 4, 4),
        (8, 3, 1, 1),
        (8, 3, None, 8),
    ],
)
def test_threads_of_jobs_beside_each_other(most, jobs, cores, threads):
    assert shared_out(most, jobs, cores) == threads


@given(st.integers(1, 64), st.integers(0, 1000), st.integers(1, 512))
def test_two_jobs_fit_wherever_there_are_two_cores(most, jobs, cores):
    threads = shared_out(most, jobs, cores)
    assert 1 <= threads <= most
    assert threads <= cores
    if jobs > 1 and cores > 1:
        assert 2 * threads <= cores


def test_a_written_signature_is_that_of_the_function():
    def function(wildcards, input=None, *, attempt: int): ...

    plain = inspect.signature(function)
    assert inspect.signature(signed(function)) == plain
    assert list(inspect.signature(growing(1)).parameters) == ["wildcards", "input", "attempt"]
