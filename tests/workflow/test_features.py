"""The table of sources of song features: true of their rule files and of the config."""

from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from workflow.features import SOURCES, rule_files, sources, taken
from workflow.settings import SettingsError, check

ROOT = Path(__file__).parents[2]
EVERY_SOURCE = pytest.mark.parametrize("row", SOURCES, ids=rule_files())
NAMES = {"embeddings": "mine", "encoders": "musicnn"}  # of an entry
MINE = {"path": "mine.csv", "song": "id"}


def overlaid(overlay):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, overlay)
    return check(config)


@EVERY_SOURCE
def test_its_rules_make_its_files_and_those_learnt_for_new_songs(row):
    text = (
        (ROOT / f"workflow/rules/{row.section}.smk")
        .read_text()
        .replace("{embedding}", "{source}")
        .replace("{encoder}", "{source}")
    )
    assert f'features="<results>/{row.features}"' in text
    for path in row.learnt:
        assert f'="<results>/{path}"' in text
    assert all(f"\nrule {rule}:\n" in text or f" as {rule} with:\n" in text for rule in row.learning)


@EVERY_SOURCE
def test_what_its_features_depend_on_are_settings(row):
    config = overlaid({"embeddings": {"mine": MINE}})
    for section, keys in sources(config)[NAMES.get(row.section, row.section)].settings.items():
        above, _, entry = section.partition(".")
        assert set(keys) <= set(config[above][entry] if entry else config[above])
    section, _, key = row.rate.rpartition(".")
    assert not row.rate or key in row.settings[section], "a run that read audio at another rate is refused"


def test_models_take_some_of_the_sources_that_there_are():
    config = overlaid({"embeddings": {"b": MINE, "a": MINE, "c": MINE}})
    assert list(sources(config)) == ["bow", "b", "a", "c", "musicnn"]
    assert list(taken(config)) == ["bow"]
    models = {"linear": {"features": "b"}, "mlp": {"features": "a"}, "knn": {"features": "a"}, "mlr": None}
    found = taken(overlaid({"embeddings": {"b": MINE, "a": MINE, "c": MINE}, "models": models}))
    assert list(found) == ["a", "b"]
    assert found["a"].features == "embeddings/a.features.npy"
    assert found["b"].settings == {"embeddings.b": ("columns",)}
    assert found["b"].learnt[0] == "embeddings/b.columns.parquet"
    assert not found["a"].rate


@pytest.mark.parametrize("name", [row.section for row in SOURCES if not row.entries])
def test_an_embedding_may_not_have_the_name_of_another_source(name):
    with pytest.raises(SettingsError, match=f"and not {name}"):
        overlaid({"embeddings": {name: MINE}})
