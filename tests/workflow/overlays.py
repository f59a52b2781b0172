"""The default config, what is laid over it, and what the check says of the two."""

import copy
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from workflow.settings import SettingsError, check, over_default

ROOT = Path(__file__).parents[2]
LOADER = yaml.FullLoader  # the loader that Snakemake takes
CONFIG = yaml.load((ROOT / "config.yaml").read_text(encoding="utf-8"), Loader=LOADER)
OWN_DATA = {"world": None, "plays": {"path": "plays.tsv", "songs": {"path": "songs.csv"}}}
TIMBRE = {"embeddings": {"timbre": {"path": "timbre.csv", "song": "id"}}}
SPARK = {"wmf": {"engine": "spark"}, "audit": {"canary": ["bow", "linear"]}}


def overlaid(*overlays: str | dict) -> dict:
    """The default config with overlays merged in as Snakemake and the workflow merge them."""
    config = copy.deepcopy(CONFIG)
    for overlay in overlays:
        update_config(config, as_mapping(overlay))
    return over_default(config, ROOT / "config.yaml")


def laid(overlays: str | dict | list) -> list:
    """The overlays of a case, which may be a single one."""
    return overlays if isinstance(overlays, list) else [overlays]


def as_mapping(overlay: str | dict) -> dict:
    """An overlay, of its own, that may be written as YAML."""
    return yaml.load(overlay, Loader=LOADER) if isinstance(overlay, str) else copy.deepcopy(overlay)


def checked(*overlays: str | dict) -> dict:
    """The default config with overlays laid over it, as it is handed out."""
    return check(overlaid(*overlays))


def mistakes(*overlays: str | dict) -> dict[str, str]:
    """From the path of each key that is refused to what is said of it."""
    with pytest.raises(SettingsError) as error:
        checked(*overlays)
    head, *lines = str(error.value).splitlines()
    assert head.startswith(f"{len(lines)} mistake")
    assert [line.strip() for line in lines] == error.value.mistakes
    found = dict(line.split(": ", 1) for line in error.value.mistakes)
    assert len(found) == len(lines), "one line for each key"
    return found


def preset(name: str) -> str:
    """The text of a preset."""
    return (ROOT / "presets" / f"{name}.yaml").read_text(encoding="utf-8")
