"""How to cite the project, for those who read CITATION.cff."""

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_it_says_what_the_project_says_of_itself():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert cited["abstract"].startswith(project["description"])
    assert cited["authors"][0]["name"] in (ROOT / "LICENSE").read_text()
