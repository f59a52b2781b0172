"""Ids come back from the text that other tools read, and no tool takes one for another."""

import io
import string
from urllib.parse import unquote

import pandas as pd
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st
from odd_runs import ODD

from coldwave.export.ids import cells, plain, tokens

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
NUMBERS = st.text(string.digits + ".e+-x_", min_size=1, max_size=6)
IDS = st.lists(TEXT | NUMBERS | st.sampled_from(ODD), min_size=1, max_size=30, unique=True)


@given(IDS)
@example(ODD)
def test_tokens_are_single_words_and_come_back(ids):
    found = tokens(pl.Series(ids)).to_list()
    assert [unquote(token) for token in found] == ids
    assert " ".join(found).split() == found
    assert len(set(found)) == len(ids)


@given(IDS)
@example(ODD)
@example(["12", "7"])
def test_a_reader_that_guesses_types_gets_every_id_back(ids):
    found = cells(pl.Series(ids)).to_list()
    text = "".join(f"{cell}\t{place}\n" for place, cell in enumerate(found))
    table = pd.read_csv(io.StringIO(text), sep="\t", header=None, names=["id", "place"])
    assert table["place"].tolist() == list(range(len(ids)))
    assert [unquote(str(cell)) for cell in table["id"].tolist()] == ids


def test_what_is_safe_stays():
    safe = pl.Series(["SO16D1RRN3D4143U08", "Ünï", "a'b,c"])
    assert tokens(safe).equals(safe) and cells(safe).equals(safe)
    whole = pl.Series(["0", "7", "12"])
    assert cells(whole).equals(whole)
    assert cells(pl.Series(["7", "x", "NA", "a b"])).to_list() == ["%37", "x", "%4EA", "a%20b"]


def test_names_are_put_on_one_line():
    names = pl.Series(['Say "No"', "two\tparts\r\n here ", None, "None", "311", "\ufeff", ""])
    assert plain(names).to_list() == ["Say 'No'", "two parts here", None, "%4Eone", "311", "", ""]
