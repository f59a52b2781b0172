"""What the settings of a network may be to each other: rankings, and what is added to the paper's network."""

import copy
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from workflow.settings import SettingsError, check, load_schema

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def checked(**model):
    config = copy.deepcopy(CONFIG)
    update_config(config, {"models": {"net": {"kind": "cnn", **model}}})
    return check(config)["models"]["net"]


@pytest.mark.parametrize(
    "model",
    [
        {"objective": "bpr", "temper": 1, "temperature": 0.5, "plays_per_song": 1},
        {"objective": "sampled_softmax", "precision": "bf16-true"},
        {"normalization": "batch", "blocks": "residual", "pooling": "attention", "dropout": 0.5},
        {"mask_bands": 127, "mask_frames": 128, "mixup": 0.4},
        {"schedule": "cosine", "warm_up": 5, "epochs": 6, "averaging": 0.999},
        {"accelerator": "gpu", "devices": 4, "nodes": 2, "batch_size": 8},
    ],
    ids=str,
)
def test_what_is_accepted(model):
    found = checked(**model)
    assert {key: found[key] for key in model} == model


def test_by_default_it_is_the_papers_network():
    found = checked()
    added = {
        "normalization": "none", "blocks": "plain", "pooling": "flatten", "dropout": 0, "mask_bands": 0,
        "mask_frames": 0, "mixup": 0, "schedule": "constant", "warm_up": 0, "averaging": 0,
    }  # fmt: skip
    assert {key: found[key] for key in added} == added
    keys = load_schema()["$defs"]["cnn"]["properties"]
    assert "cnn_mse" in CONFIG["models"]
    assert found == check(CONFIG)["models"]["cnn_mse"]
    assert set(found) == set(keys)


@pytest.mark.parametrize(
    ("model", "key", "mistake"),
    [
        ({"objective": "bpr", "unit_norm": True}, "unit_norm", "the objective bpr has none: write false"),
        ({"objective": "bpr", "temperature": 0}, "temperature", "0 is not a number above 0"),
        ({"objective": "bpr", "plays_per_song": 0}, "plays_per_song", "0 is not a whole number from 1"),
        ({"objective": "ranking"}, "objective", "'ranking' is not one of mse, wpe, bpr, sampled_softmax"),
        ({"temper": 0.5}, "temper", "0.5 is for objectives of plays"),
        ({"mask_bands": 128}, "mask_bands", "128 could hide everything, as audio.mel_bands is 128"),
        ({"mask_frames": 129}, "mask_frames", "129 could hide everything, as window is 129"),
        ({"mixup": -1}, "mixup", "-1 is not a number from 0"),
        ({"dropout": 1}, "dropout", "1 is not a number from 0 and below 1"),
        ({"averaging": 1.0}, "averaging", "1.0 is not a number from 0 and below 1"),
        ({"warm_up": 3, "epochs": 3}, "warm_up", "3 leaves none of the 3 epochs for full steps"),
        ({"normalization": "layer"}, "normalization", "'layer' is not one of none, batch"),
        ({"devices": 4, "nodes": 2, "batch_size": 7}, "batch_size", "7 songs cannot be shared out over 8 devices"),
        ({"nodes": 0}, "nodes", "0 is not a whole number from 1"),
        ({"blocks": "inverted"}, "blocks", "'inverted' is not one of plain, residual"),
    ],
    ids=str,
)
def test_what_is_refused(model, key, mistake):
    with pytest.raises(SettingsError) as error:
        checked(**model)
    (line,) = error.value.mistakes
    assert line.startswith(f"models.net.{key}: ")
    assert mistake in line


def overlay(name):
    return yaml.load((ROOT / "presets" / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.FullLoader)


def laid_over(name):
    config = copy.deepcopy(CONFIG)
    update_config(config, overlay(name))
    return check(config)


@pytest.mark.parametrize("name", ["ablations", "better-network", "ranking-objectives"])
def test_a_preset_of_networks_adds_them_and_changes_nothing_else(name):
    found, default = laid_over(name), check(CONFIG)
    assert found.pop("models").items() > default.pop("models").items()
    assert found == default


def test_each_ablation_adds_or_takes_away_one_ingredient():
    models, paper = laid_over("ablations")["models"], checked()
    full = models["all_ingredients"]
    schedule = {"schedule", "warm_up", "epochs", "patience", "learning_rate"}
    ingredients = {
        "mixup": {"mixup"}, "masks": {"mask_bands", "mask_frames"}, "averaging": {"averaging"}, "cosine": schedule,
        "attention": {"pooling"}, "normalization": {"normalization"}, "residual": {"blocks"},
    }  # fmt: skip
    assert {key for key in full if full[key] != paper[key]} == set().union(*ingredients.values())
    for name, keys in ingredients.items():
        added, without = models[f"plus_{name}"], models[f"minus_{name}"]
        assert added == paper | {key: full[key] for key in keys}
        assert without == full | {key: paper[key] for key in keys}
    assert set(models) - set(CONFIG["models"]) == {"all_ingredients"} | {
        f"{sign}_{name}" for sign in ("plus", "minus") for name in ingredients
    }
