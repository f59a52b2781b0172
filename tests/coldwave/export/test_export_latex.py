"""LaTeX tables that compile: environments balance, rows have all cells, and nothing in a cell acts."""

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from odd_runs import CUTOFF

from coldwave.evaluation.recommendation import columns
from coldwave.export.asked import Asked
from coldwave.export.latex import escaped, export, latex_table
from tests.coldwave.use.small_runs import MODELS

COMMANDS = {"textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar", "pm", "times",
            "approx"}  # fmt: skip
TEXT = st.text(st.sampled_from("\\{}$&%#_^~[]*<>|-– ±×≈−\n\t'aB1é") | st.characters(codec="utf-8"), max_size=20)


def printed(source):
    """Read text as LaTeX prints it; fail on whatever would act."""
    found, depth, maths, place = "", 0, False, 0
    signs = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">",
             "textbar": "|", "pm": "±", "times": "×", "approx": "≈"}  # fmt: skip
    while place < len(source):
        character = source[place]
        if character == "\\":
            name = re.match(r"[A-Za-z]+|.", source[place + 1 :], re.DOTALL)[0]
            place += 1 + len(name)
            assert name in signs or name in "&%$#_{}", name
            assert not name.isalpha() or maths or source[place : place + 2] == "{}"
            found += signs.get(name, name)
            continue
        assert character not in "&%#_^~"
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            assert depth >= 0
        elif character == "$":
            maths = not maths
        else:
            assert character not in "[*" or depth
            found += "−" if maths else character
        place += 1
    assert depth == 0 and not maths
    return found


def rows_of(source):
    """Parse a table: the alignments, and the cells of each row."""
    lines = source.splitlines()
    stack, body = [], []
    for line in lines:
        for kind, name in re.findall(r"(?<!\\)\\(begin|end)\{(\w+)\}", line):
            assert kind == "begin" or stack.pop() == name
            stack += [name] if kind == "begin" else []
        if line.endswith(r" \\"):
            assert stack == ["table", "tabular"]
            body.append([cell.strip() for cell in re.split(r"(?<!\\)&", line.removesuffix(r" \\"))])
    assert not stack
    rules = [line for line in lines if line.endswith("rule")]
    assert rules == [r"\toprule", r"\midrule", r"\bottomrule"]
    return re.search(r"\\begin\{tabular\}\{([lr]+)\}", source)[1], body


@given(TEXT)
def test_what_is_escaped_is_printed_and_does_not_act(text):
    assert printed(escaped(text)).replace("−", "-") == printed(escaped(" ".join(text.split()))).replace("−", "-")
    if text.isascii() and text.isprintable():
        assert printed(escaped(text)).replace("−", "-") == " ".join(text.split())


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(TEXT, min_size=n, max_size=n), min_size=2, max_size=4)))
def test_tables_are_whole(columns):
    named = {f"h{place} & {cells[0]}": cells for place, cells in enumerate(columns)}
    alignment, rows = rows_of(latex_table(named, 1, "50 % of {all}", "tab:x"))
    assert alignment == "l" + "r" * (len(named) - 1)
    assert {len(row) for row in rows} == {len(named)}
    assert rows[1:] == [[escaped(cell).strip() for cell in row] for row in zip(*columns, strict=True)]


def test_the_tables_of_a_run(odd_run, odd_folder, tmp_path):
    written = export(odd_run, Asked(tmp_path)).files
    assert [(one.path.name, one.rows) for one in written] == [("results.tex", 5), ("differences.tex", 10)]
    _, (header, *rows) = rows_of((tmp_path / "results.tex").read_text(encoding="utf-8"))
    table = pl.read_parquet(odd_folder / "tables/recommendation.parquet")
    shown = columns(table)
    assert [printed(cell) for cell in header] == list(shown)
    assert [[printed(cell).replace("--", "–") for cell in row] for row in rows] == [
        list(row) for row in zip(*shown.values(), strict=True)
    ]
    place = header.index(f"mAP@{CUTOFF}")
    assert [float(row[place]) for row in rows] == [round(value, 5) for value in table[f"map_{CUTOFF}"]]
    _, (header, *rows) = rows_of((tmp_path / "differences.tex").read_text(encoding="utf-8"))
    assert {printed(row[1]) for row in rows} == set(MODELS)
    means = pl.read_parquet(odd_folder / "tables/intervals.parquet")["mean"]
    assert [float(row[header.index("mean")]) for row in rows] == [round(value, 5) for value in means]
