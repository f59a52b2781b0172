"""The planted traits: what is drawn, and that traits meant to be independent are."""

import numpy as np
import polars as pl
import pytest

from coldwave.world.styles import GENRES, ORDER_FREE, ORDER_ONLY, SCENES, STYLES, Style, draw_styles, styles_of


@pytest.fixture(scope="module")
def styles() -> pl.DataFrame:
    return draw_styles(600, 150, np.random.default_rng(1))


def explained(trait: np.ndarray, others: np.ndarray) -> float:
    """R² of a least-squares regression with intercept."""
    design = np.column_stack([np.ones(len(trait)), others])
    residual = trait - design @ np.linalg.lstsq(design, trait, rcond=None)[0]
    return 1 - residual.var() / trait.var()


def test_columns_and_ranges(styles):
    assert styles.schema == pl.Schema(STYLES)
    assert len(styles) == 600
    assert styles["artist"].n_unique() == 150
    assert styles["bpm"].is_between(80, 140).all()
    assert set(styles["genre"]) == set(GENRES)
    assert (styles["genre"] != styles["second_genre"]).all()
    assert set(styles["harmony"]) == {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert set(styles["contour"]) == set(styles["beat"]) == {-1, 1}
    assert set(styles["scene"]) == set(range(len(SCENES)))


def test_traits_vary_about_evenly(styles):
    deviations = styles.select(ORDER_FREE).to_numpy().std(axis=0)
    assert deviations.min() > 0.6
    assert deviations.max() < 1.4
    for name in ORDER_ONLY:
        assert abs(styles[name].mean()) < 0.4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_only_and_inaudible_traits_are_not_explained_by_what_is_heard(seed):
    styles = draw_styles(600, 150, np.random.default_rng(seed))
    heard = styles.select(ORDER_FREE).to_numpy().astype(float)
    for name in (*ORDER_ONLY, "fame", "luck"):
        assert explained(styles[name].to_numpy().astype(float), heard) < 0.08
    contour, beat = (styles[name].to_numpy().astype(float) for name in ORDER_ONLY)
    assert abs(np.corrcoef(contour, beat)[0, 1]) < 0.2
    for scene in range(len(SCENES)):
        assert explained((styles["scene"].to_numpy() == scene).astype(float), heard) < 0.08


def test_artists_have_a_manner_and_habits(styles):
    for name in ORDER_FREE:
        within = styles.select((pl.col(name) - pl.col(name).mean().over("artist")).var()).item()
        assert within < 0.6 * styles[name].var()
    sums = styles.group_by("artist").agg(pl.len(), *(pl.col(name).sum().abs() for name in ORDER_ONLY))
    for name in ORDER_ONLY:
        assert sums[name].sum() / sums["len"].sum() > 0.7
    assert styles.group_by("artist").agg(pl.col("fame").n_unique())["fame"].max() == 1


def test_as_many_artists_as_songs():
    assert draw_styles(8, 8, np.random.default_rng(0))["artist"].sort().to_list() == list(range(8))


def test_styles_of_gives_the_rows(styles):
    row = styles.row(3, named=True)
    style = styles_of(styles)[3]
    assert (style.tempo, style.contour, style.beat) == (row["tempo"], row["contour"], row["beat"])
    assert style.bpm == pytest.approx(row["bpm"], abs=1e-4)
    assert Style(tempo=-9).bpm == 80
    assert Style(tempo=9).bpm == 140
