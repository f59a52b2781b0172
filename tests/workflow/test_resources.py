"""What jobs ask of the machine, and the profiles that hand it on."""

import re
from pathlib import Path

import pytest
import yaml

from workflow.needs import growing

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
