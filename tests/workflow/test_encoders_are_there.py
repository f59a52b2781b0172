"""Encoders whose weights or models are missing are told before anything is planned."""

import copy
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import update_config

from coldwave.encoders import musicnn_weights
from coldwave.encoders.musicnn_weights import DATA, INDEX, weights_folder
from workflow.encoders import check_encoders
from workflow.settings import SettingsError, check

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))
TAKEN = {"models": {"linear": {"features": "musicnn"}}}


def config(overlay):
    merged = copy.deepcopy(CONFIG)
    update_config(merged, overlay)
    return check(merged)


def workflow(conda=False, elsewhere=False):
    methods = {DeploymentMethod.CONDA} if conda else set()
    return SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=methods), non_local_exec=elsewhere)


@pytest.fixture
def not_installed(monkeypatch):
    monkeypatch.setattr(musicnn_weights.importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A folder into which a package was unpacked, with files that count as the weights."""
    folder = tmp_path / "wheel/musicnn/MSD_musicnn"
    folder.mkdir(parents=True)
    for name in (INDEX, DATA):
        (folder / name).write_text(name)
    monkeypatch.setattr(musicnn_weights, "DIGESTS", {name: musicnn_weights.digest_file(folder / name)
                                                     for name in (INDEX, DATA)})  # fmt: skip
    return folder


def test_weights_are_missed_only_where_a_model_takes_them_here(not_installed):
    check_encoders(config({}), workflow())
    check_encoders(config(TAKEN), workflow(elsewhere=True))
    with pytest.raises(SettingsError, match="encoders.musicnn: MusiCNN's weights are not installed: run `make install"):
        check_encoders(config(TAKEN), workflow())


def test_weights_are_found_in_the_folder_the_package_and_what_it_was_unpacked_into(weights, not_installed):
    for path in (weights, weights.parent, weights.parents[1]):
        assert weights_folder(path) == weights
        check_encoders(config(TAKEN | {"encoders": {"musicnn": {"path": str(path)}}}), workflow(conda=True))
    with pytest.raises(SettingsError, match=r"encoders.musicnn.path: null, but the environments that conda makes"):
        check_encoders(config(TAKEN), workflow(conda=True))


def test_other_weights_and_an_empty_folder_are_refused(weights, tmp_path):
    (weights / DATA).write_text("cut short")
    for path, said in ((weights, "not the weights of musicnn 0.1.0"), (tmp_path / "wheel/none", "are not there")):
        path.mkdir(exist_ok=True)
        with pytest.raises(SettingsError, match=said):
            check_encoders(config(TAKEN | {"encoders": {"musicnn": {"path": str(path)}}}), workflow())


def test_all_that_is_wrong_is_told_at_once(not_installed, tmp_path):
    models = {"linear": {"features": "musicnn"}, "knn": {"features": "mine"}}
    wrong = config({"models": models, "encoders": {"mine": {"path": str(tmp_path)}}})
    with pytest.raises(SettingsError) as caught:
        check_encoders(wrong, workflow())
    assert len(caught.value.mistakes) == 2
    assert any(f"encoders.mine.path: {tmp_path} is a folder" in line for line in caught.value.mistakes)
