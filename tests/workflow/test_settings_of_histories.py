"""A history is read alike by the workflow, whose schema has the defaults, and by the library, which has its own."""

from coldwave.histories.formats import HISTORIES
from coldwave.histories.options import DEFAULTS, OF_FORMATS
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


def test_formats_that_options_are_for_are_formats():
    assert {name for formats in OF_FORMATS.values() for name in formats} <= HISTORIES.keys()
    assert OF_FORMATS.keys() <= DEFAULTS.keys()
