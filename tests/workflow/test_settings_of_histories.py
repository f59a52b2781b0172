"""A history is read alike by the workflow, whose schema has the defaults, and by the library, which has its own."""

from coldwave.histories.options import DEFAULTS
from coldwave.matching.matching import LIKENESS, MARGIN
from workflow.settings import load_schema


def test_the_librarys_defaults_are_those_of_the_schema():
    plays = load_schema()["properties"]["plays"]["properties"]
    given = {
        section: {name: setting["default"] for name, setting in plays[section]["properties"].items()}
        for section in ("history", "matching")
    }
    assert given["history"] == DEFAULTS | {"also": []}
    assert given["matching"] == {"likeness": LIKENESS, "margin": MARGIN, "overrides": None, "redirects": None}
