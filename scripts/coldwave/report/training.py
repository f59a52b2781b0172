"""The report's figures of training: the factorisation's objective, and the models' learning curves."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from coldwave.report import figures
from coldwave.report.figures import Figure


class Curve(NamedTuple):
    """The learning curve of one model trained with one seed."""

    model: str
    seed: int
    steps: pl.DataFrame


class CurveAxes(NamedTuple):
    """The columns of one kind of learning curve, and their labels."""

    x: str
    train: str
    held_out: str
    held_out_name: str
    label_x: str
    label_y: str
    logarithmic: bool
    ring: str  # what the step that is marked as best is


CURVES = (
    CurveAxes(
        "epoch",
        "train_loss",
        "validation_loss",
        "validation",
        "epoch",
        "loss",
        False,
        "the epoch whose weights are kept",
    ),
    CurveAxes(
        "strength",
        "train_mse",
        "left_out_mse",
        "left out",
        "strength of regularisation, one for all directions",
        "mean squared error of scores",
        True,
        "the strength that is best for all directions together",
    ),
)


def training_figures(objective: pl.DataFrame, curves: Sequence[Curve]) -> list[Figure]:
    """Draw the factorisation's objective by iteration, and a learning curve for each model that has one."""
    drawn = []
    if len(objective):
        x, y = objective["iteration"].to_list(), objective["objective"].to_list()
        alt = f"Objective from {y[0]:.4g} at iteration {x[0]} to {y[-1]:.4g} at iteration {x[-1]}"
        svg = figures.lines({"objective": [(x, y)]}, [], "iteration", "objective", alt)
        drawn.append(Figure(svg, "Matrix factorisation: its objective after each iteration."))
    for model in dict.fromkeys(curve.model for curve in curves):
        steps = [curve.steps for curve in curves if curve.model == model]
        for axes in CURVES:
            if {axes.x, axes.train, axes.held_out, "best"} <= set(steps[0].columns):
                drawn.append(_learning_curve(model, steps, axes))
    return drawn


def _learning_curve(model: str, steps: Sequence[pl.DataFrame], axes: CurveAxes) -> Figure:
    """Draw the loss on songs learnt from and on others, a line for each seed, and a ring at the step marked as best."""
    series = {
        name: [(step[axes.x].to_list(), step[column].to_list()) for step in steps]
        for name, column in (("training", axes.train), (axes.held_out_name, axes.held_out))
    }
    best = [(row[axes.x], row[axes.held_out]) for step in steps for row in step.filter("best").iter_rows(named=True)]
    rings = ", ".join(f"{y:.4g} at {axes.label_x} {x:g}" for x, y in best)
    alt = f"{model}: {axes.label_y} on training and {axes.held_out_name} songs; {axes.ring}: {rings or 'none'}"
    svg = figures.lines(series, best, axes.label_x, axes.label_y, alt, logarithmic=axes.logarithmic)
    seeds = f" ({len(steps)} seeds)" if len(steps) > 1 else ""
    return Figure(
        svg,
        f"{model}{seeds}: {axes.label_y} by {axes.label_x}. The ring is {axes.ring}.",
    )
