"""docs/settings.md: every key of the schema is on it, and it is what `make pages` writes."""

import re
from pathlib import Path

import pytest
from test_settings import KINDS, SUBSCHEMAS

from workflow.settings import check, load_schema
from workflow.settings_page import page

PAGE = Path(__file__).parents[2] / "docs/settings.md"
ROWS = re.compile(r"\| `(.+?)` \| (.*?) \| (.*?) \| (.*?) \| (.+) \|")


@pytest.fixture(scope="module")
def rows():
    """From each heading of the page to its rows, from key to the other columns."""
    found, heading = {}, None
    for line in page(load_schema()).replace("\\|", "¦").splitlines():
        if line.startswith("##"):
            heading = line.lstrip("# ").removeprefix("Kind ")
        elif line.startswith("| `"):
            key, *cells = ROWS.fullmatch(line).groups()
            assert key not in found.setdefault(heading, {}), f"{heading}.{key} has two rows"
            found[heading][key] = cells
    return found


def test_the_page_is_what_the_schema_says(request):
    if request.config.getoption("write_pages"):
        PAGE.write_text(page(load_schema()), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(load_schema()), "make pages"


def test_every_key_is_on_the_page_with_its_words(rows):
    found = {}
    for heading, keys in rows.items():
        above = "" if heading == "Of the run as a whole" else f"{heading}."
        found |= {f"{above}{key}".replace("<name>", "<NAME>"): cells[-1] for key, cells in keys.items()}
    headings = {key for key in load_schema()["properties"] if key == "models" or key in rows}
    expected = {path: sub["description"] for path, sub in SUBSCHEMAS.items() if path not in headings}
    assert {key: words.replace("¦", "|") for key, words in found.items() if not key.endswith(".<NAME>")} == {
        path: words for path, words in expected.items() if not path.endswith((".low", ".high", ".log", ".choices"))
    }


def test_type_range_default_and_the_papers_value_are_shown(rows):
    assert rows["wmf"]["factors"][:3] == [
        "a whole number from 1 or a list of one or more whole numbers from 1",
        "`[10, 20, 50]`",
        "50 in the subset, 400 in the full data",
    ]
    assert rows["cnn"]["dropout"][:3] == ["a number from 0 and below 1", "`0.0`", "0, as dropout did not help"]
    assert rows["plays"]["path"][:3] == ["text", "must be given", ""]
    assert rows["plays"]["songs.columns.title"][:3] == ["text", "left out", ""]
    assert rows["split"]["test"][0] == (
        "a share above 0 and below 1 or a whole number of songs from 1 or a month or a day, as 2009-01 or 2009-01-31"
    )
    assert rows["bow"]["words"][1:3] == ["`500`", "4000"]
    assert rows["plays"]["table.delimiter"][1] == r"`'\t'`"


def test_the_defaults_shown_are_those_that_a_run_gets(rows):
    """A config that gives only what must be given gets the numbers on the page."""
    given = {"run": "mine", "world": {}, "plays": {"path": "<results>/world/plays.tsv"}}
    needed = {"predictions": {"scores": "scores.csv"}, "blend": {"models": ["linear", "knn"]}}
    checked = check(
        given
        | {
            "encoders": {"musicnn": {"network": "musicnn"}},
            "models": {kind: {"kind": kind, **needed.get(kind, {})} for kind in KINDS},
        }
    )
    wheres = {**checked, **checked["models"]}
    shown = {(where, key): cells[1] for where, keys in rows.items() for key, cells in keys.items()}
    numbers = {path: float(text[1:-1]) for path, text in shown.items() if re.fullmatch(r"`[\d.e+-]+`", text)}
    assert len(numbers) > 70
    for (where, key), number in numbers.items():
        if key.startswith("<name>."):
            where, key = "encoders", key.replace("<name>", "musicnn")
        value = wheres.get(where, checked) or load_schema()["properties"][where]["properties"]  # no world by default
        for part in key.split("."):
            value = value[part]
        assert (value["default"] if isinstance(value, dict) else value) == number, (where, key)
