"""What the settings of the analysis must be."""

import copy
from pathlib import Path

import pytest
import yaml

from workflow.settings import SettingsError, check

DEFAULT = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())


def mistakes(models=None, **analysis):
    config = copy.deepcopy(DEFAULT)
    for section, settings in analysis.items():
        config["analysis"][section] |= settings
    config["models"] |= models or {}
    try:
        check(config)
    except SettingsError as error:
        return error.mistakes
    return []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tags": {"folds": 12}}, "analysis.tags.min_songs: 10 is below analysis.tags.folds (12)"),
        ({"tags": {"folds": 1}}, "analysis.tags.folds: 1 is not"),
        ({"tags": {"max_songs": 5}}, "analysis.tags.max_songs: 5 is not"),
        ({"tags": {"regularization": 0}}, "analysis.tags.regularization: 0 is not"),
        ({"map": {"model": "cnn_mes"}}, "analysis.map.model: there is no model 'cnn_mes': name one of linear, mlp"),
        ({"map": {"model": "mlr"}}, "analysis.map.model: 'mlr' is of kind mlr, whose vectors make no map"),
        ({"map": {"songs": "tests"}}, "did you mean 'test'?"),
        (
            {"neighbours": {"queries": "S1"}},
            "analysis.neighbours.queries: 'S1' is text, not a list of song ids, or null",
        ),
        ({"neighbours": {"queries": []}}, "analysis.neighbours.queries: [] is not a list of song ids, or null"),
        ({"factors": {"artist": 3}}, "did you mean 'artists'?"),
    ],
    ids=str,
)
def test_a_mistake_is_named(settings, words):
    found = mistakes(**settings)
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"map": {"model": "usage", "songs": "all"}},
        {"map": {"model": "linear"}},
        {"neighbours": {"queries": ["S1", "S2"], "same_artist": False}},
        {"tags": {"max_songs": None, "folds": 3, "min_songs": 3}},
    ],
    ids=str,
)
def test_what_is_right(settings):
    assert mistakes(**settings) == []


def test_a_map_needs_no_model():
    assert mistakes(models=dict.fromkeys(("linear", "mlp", "cnn_mse", "cnn_wpe", "mlr", "knn"))) == []
