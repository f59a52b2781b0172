"""Figures of the comparison: every model is named, names do not touch, and the same data give the same bytes."""

import itertools
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.evaluation.figures import draw_strata, spread
from coldwave.evaluation.models import LOG_MELS, Model
from coldwave.exhibits.files import read_exhibit, write_exhibit_figure


@given(st.lists(st.floats(-5, 5), max_size=12), st.floats(0.01, 2))
def test_values_are_moved_apart_and_keep_their_order(values, distance):
    found = spread(values, distance)
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= distance - 1e-9).all()
    assert found.mean() == pytest.approx(np.mean(values), abs=1e-9) if values else len(found) == 0


def test_values_far_apart_stay_where_they_are():
    assert spread([3.0, 1.0, 2.0], 0.5).tolist() == [3, 1, 2]
    assert spread([1.0, 1.0], 1).tolist() == [0.5, 1.5]


def strata(models, groups, by="popularity"):
    rows = [
        {"by": by, "group": group, "low": 10 * group, "high": 10 * group + place, "model": model, "kind": kind}
        | {"auc": 0.4 + 0.01 * place + 0.05 * group}
        for place, (model, kind) in enumerate(models)
        for group in range(groups)
    ]
    return pl.DataFrame(rows)


@pytest.mark.parametrize("groups", [1, 3, 10])
def test_every_model_is_named_and_networks_are_in_colour(groups, tmp_path):
    models = [(f"net_{place}", "cnn") for place in range(5)] + [(f"other {place}", "linear") for place in range(9)]
    models.append(("a model with a name that is long", "usage"))
    table = strata(models, groups).unique(["group", "model"], maintain_order=True)
    hearing = {name: Model(kind, 3, hears=LOG_MELS if kind == "cnn" else "") for name, kind in models}
    svg, caption = draw_strata(table, hearing, "popularity")
    assert all(f">{name}<" in svg for name, _ in models[:-1])
    assert ">a model with a name…<" in svg
    assert "net_0, net_1, net_2, net_3, net_4" in caption
    for colour in ("--accent", "--second", "--ink", "--muted"):
        assert f"var({colour})" in svg
    heights = [float(y) for y in re.findall(r'<text[^>]* y="([\d.-]+)"[^>]*>(?:net_|other )', svg)]
    assert len(heights) == 14
    assert all(abs(one - other) > 8 for one, other in itertools.combinations(heights, 2))
    write_exhibit_figure(tmp_path / "figure.svg", svg, caption)
    assert read_exhibit(tmp_path / "figure.svg").figure


def test_the_same_data_give_the_same_bytes_and_nothing_has_to_be_emphasised():
    table = strata([("linear", "linear"), ("usage", "usage")], 4, by="activity")
    models = {name: Model(name, 3) for name in ("linear", "usage")}
    assert draw_strata(table, models, "activity") == draw_strata(table, models, "activity")
    assert "colour" not in draw_strata(table, models, "activity")[1]
