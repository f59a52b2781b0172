"""The config's section of the search: mistakes in it, and the model that it takes."""

import copy
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from workflow.model_consistency import tuned_model
from workflow.settings import SettingsError, check

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())


def overlaid(overlay):
    config = copy.deepcopy(CONFIG)
    update_config(config, copy.deepcopy(overlay))
    return config


@pytest.mark.parametrize(
    ("tune", "key", "words"),
    [
        ({"model": "usage"}, "tuning.model", "is of kind usage"),
        ({"model": "lineal"}, "tuning.model", "there is no model 'lineal'"),
        ({"wmf": {"alpha": {"low": 1}}}, "tuning.wmf.alpha", None),
        ({"wmf": {"alpha": {"low": 200.0}}}, "tuning.wmf.alpha", "low (200.0) is above high (100.0)"),
        ({"wmf": {"alpha": {"low": 0.0}}}, "tuning.wmf.alpha", "which has no logarithm"),
        ({"wmf": {"alpha": {"choices": [1.0]}}}, "tuning.wmf.alpha", "has both choices and low or high"),
        ({"wmf": {"iterations": {"low": 1}}}, "tuning.wmf.iterations", "needs low and high, or choices"),
        ({"wmf": {"factors": {"choices": [1.5]}}}, "tuning.wmf.factors", "1.5 is no whole number, as the setting is"),
        ({"wmf": {"solver": {"choices": ["cg"]}}}, "tuning.wmf.solver", "unknown key"),
        ({"settings": {"learning_rate": {"low": 0.1, "high": 1.0}}}, "tuning.settings.learning_rate",
         "model linear has no such setting; it has features, strengths"),
        ({"settings": {"strengths": {"choices": [1.0]}}}, "tuning.settings.strengths", "only single values"),
        ({"model": "mlp", "settings": {"epochs": {"choices": ["many"]}}}, "tuning.settings.epochs",
         "is no whole number"),
        ({"model": "cnn_mse", "settings": {"unit_norm": {"low": 0, "high": 1}}}, "tuning.settings.unit_norm",
         "give choices of that kind"),
        ({"trials": 0}, "tuning.trials", "from 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(tune, key, words):
    config = overlaid({"tuning": tune})
    if words is None:  # laid over the default range, it is whole again
        check(config)
        return
    with pytest.raises(SettingsError) as error:
        check(config)
    (line,) = error.value.mistakes
    assert line.startswith(f"{key}: ")
    assert words in line


def test_null_takes_a_setting_out_of_the_search():
    checked = check(overlaid({"tuning": {"wmf": {"factors": None, "alpha": {"high": 5}}}}))
    assert list(checked["tuning"]["wmf"]) == ["alpha", "epsilon", "regularization"]
    assert checked["tuning"]["wmf"]["alpha"] == {"low": 0.1, "high": 5, "log": True}


def test_settings_of_a_network_may_be_searched():
    settings = {"learning_rate": {"low": 0.0001, "high": 0.01, "log": True}, "optimizer": {"choices": ["adamw"]}}
    checked = check(overlaid({"tuning": {"model": "cnn_mse", "settings": settings}}))
    assert checked["tuning"]["settings"]["optimizer"] == {"choices": ["adamw"]}


def test_the_model_is_the_first_that_predicts_factors_from_audio():
    assert tuned_model(check(overlaid({}))) == "linear"
    assert tuned_model(check(overlaid({"tuning": {"model": "cnn_wpe"}}))) == "cnn_wpe"
    none = {name: None for name in ("linear", "mlp", "cnn_mse", "cnn_wpe")}
    assert tuned_model(check(overlaid({"models": none}))) is None


def test_the_former_name_of_the_section_is_told():
    with pytest.raises(SettingsError) as error:
        check(overlaid({"tune": {"trials": 3}}))
    assert error.value.mistakes == ["tune: the section tune is called tuning now: rename it"]
