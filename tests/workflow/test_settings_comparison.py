"""Settings of the comparison of models: what is refused."""

import copy
from pathlib import Path

import pytest
import yaml

from workflow.settings import SettingsError, check

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))


def check_with(**changed):
    config = copy.deepcopy(CONFIG)
    config["evaluation"] |= changed
    return check(config)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("list_lengths", value) for value in ([], [0], [10, 10], [1.5], 10, None)),
        *(("bootstrap", value) for value in (0, 99, 1000.5, "many", None)),
    ],
)
def test_a_mistake_is_told_by_its_key(key, value):
    with pytest.raises(SettingsError) as error:
        check_with(**{key: value})
    assert [line.split(":")[0].startswith(f"evaluation.{key}") for line in error.value.mistakes] == [True]


def test_lists_keep_their_order_as_the_first_is_that_of_coverage():
    checked = check_with(list_lengths=[50, 10], bootstrap=100)
    assert checked["evaluation"]["list_lengths"] == [50, 10]
