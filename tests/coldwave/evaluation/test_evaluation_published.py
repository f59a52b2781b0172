"""The paper's figures beside a run's: matched by row, and never without what has to be said."""

import polars as pl
import pytest

from coldwave.evaluation.published import PUBLISHED, SCHEMA, about, columns, notes, published_table
from coldwave.files import check_table


def recommendation(cutoff=500):
    return pl.DataFrame(
        {
            "model": ["ours", "second", "own", "chance"], "seeds": [2, 1, 1, 1],
            f"map_{cutoff}": [0.2, 0.1, 0.3, 0.05], f"map_{cutoff}_sd": [0.01, None, None, None],
            "auc": [0.7, 0.6, 0.9, 0.5], "auc_sd": [0.02, None, None, None],
            "gap_closed_auc": [0.625, 0.3125, 1.25, 0.0], "users": [90] * 4, "songs": [30] * 4,
        }
    )  # fmt: skip


def test_each_row_of_the_paper_stands_beside_every_model_that_matches():
    table = published_table(recommendation(), {"ours": "CNN with MSE", "second": "CNN with MSE", "own": "upper bound"})
    check_table(table, SCHEMA, "published")
    rows = table.select("table", "row", "model").rows()
    assert [row for row in rows if row[2]] == [
        (2, "CNN with MSE", "ours"), (2, "CNN with MSE", "second"), (3, "CNN with MSE", "ours"),
        (3, "CNN with MSE", "second"), (3, "upper bound", "own"),
    ]  # fmt: skip
    assert len(rows) == len(PUBLISHED) + 2
    ours = table.filter(table=2, model="ours").row(0, named=True)
    assert (ours["paper_map"], ours["map"], ours["map_sd"], ours["auc"]) == (0.05016, 0.2, 0.01, 0.7)


def test_the_gap_is_that_between_the_runs_rows_of_the_papers_ends():
    rows = {"ours": "CNN with MSE", "chance": "random", "own": "upper bound"}  # the bound in sample, as the paper's
    table = published_table(recommendation(), rows)
    assert table.filter(table=3, model="ours")["gap_closed_auc"].item() == pytest.approx(0.5)
    assert table.filter(model="own")["gap_closed_auc"].item() == pytest.approx(1)
    without = published_table(recommendation(), {"ours": "CNN with MSE", "chance": "random"})
    assert without["gap_closed_auc"].null_count() == without.height


def test_the_papers_order_and_its_gap():
    auc = {(one.table, one.name): one.auc for one in PUBLISHED}
    maps = {(one.table, one.name): one.map for one in PUBLISHED}
    for values in (auc, maps):
        order = sorted((key for key in values if key[0] == 2), key=values.get)
        assert [row for _, row in order] == ["MLR", "linear regression", "MLP", "CNN with WPE", "CNN with MSE"]
    table = published_table(recommendation(), {})
    assert table["paper_gap_closed_auc"].null_count() == 5
    network = table.filter(table=3, row="CNN with MSE")["paper_gap_closed_auc"].item()
    assert network == pytest.approx((0.77192 - 0.49935) / (0.96070 - 0.49935))


def test_the_table_for_people_says_that_the_data_differ():
    table = published_table(recommendation(10), {"ours": "CNN with MSE"})
    cells = columns(table)
    assert cells["this run's"].count("–") == len(PUBLISHED) - 2
    assert cells["mAP"][3] == "0.20000 ± 0.01000"
    text = " ".join(about(recommendation(10)))
    assert text.startswith("NOT THE SAME DATA")
    assert "90 users with a test play and 30 test songs" in text
    assert "first 10 songs here, and at 500" in text
    assert any(note.startswith("±") for note in notes(table))
    assert not any(note.startswith("±") for note in notes(published_table(recommendation(), {})))
