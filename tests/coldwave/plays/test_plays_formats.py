"""The table of formats against what the config's schema offers, and what each advises where no line is a play."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from coldwave.errors import InputError
from coldwave.histories.formats import HISTORIES
from coldwave.plays.datasets import DATA_SETS
from coldwave.plays.formats import FORMATS
from coldwave.plays.reading import read_plays

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
DATA = ROOT / "docs" / "datasets.md"


def test_the_schema_offers_these_formats_and_says_what_each_is():
    offered = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]["plays"]["properties"]["format"]
    assert offered["enum"] == [*FORMATS, "history", *HISTORIES]
    for name, row in FORMATS.items():
        assert name in DATA_SETS or f"`{name}` ({row.words})" in offered["description"]


def test_every_data_set_has_a_reader_and_a_line_in_the_documentation():
    lines = DATA.read_text(encoding="utf-8").splitlines()
    for name in DATA_SETS:
        assert name in FORMATS
        assert any(line.startswith("|") and f"`{name}`" in line for line in lines), name


@pytest.mark.parametrize(
    ("lines", "options", "advice"),
    [
        ("u,s,1\n", {}, 'not by a TAB: set plays.format: table and plays.table.delimiter: ","'),
        ("u s\n", {}, 'not by a TAB: set plays.format: table and plays.table.delimiter: " "'),
        ("us\n", {}, "plays.format: table reads other layouts"),
        ("u\ts\tmany\n", {}, "plays.format: table reads other layouts"),
        (
            "user\tsong\tcount\nu,s,1\n",
            {"format": "table", "table": {}},
            "not by '\\t': set plays.table.delimiter: \",\"",
        ),
        ("user,song\nu\ts\n", {"format": "table", "table": {"delimiter": ","}}, 'plays.table.delimiter: "\\t"'),
        ("user\tsong\tn\nu\ts\tx\n", {"format": "table", "table": {"count": "n"}}, "Is plays.table.count the column"),
        ("user\tsong\n\ts\n", {"format": "table", "table": {}}, "Are the columns of plays.table right?"),
    ],
)
def test_advice_where_no_line_is_a_play(lines, options, advice, tmp_path):
    (tmp_path / "plays.txt").write_text(lines)
    with pytest.raises(InputError) as refused:
        read_plays(tmp_path / "plays.txt", options)
    assert advice in str(refused.value)


def test_a_folder_without_a_play_is_told_of(tmp_path):
    """Its text is not looked at, as it has none."""
    pl.DataFrame({"user": ["u"], "song": [""]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"empty song id in 1 of them.* Are the columns of plays\.table right\?"):
        read_plays(tmp_path, {"format": "table", "table": {}})
