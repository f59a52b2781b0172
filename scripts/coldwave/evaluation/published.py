"""The paper's tables 2 and 3, with this run's models beside the paper's figures."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from coldwave.evaluation.recommendation import cutoff_of, gap_closed, mean_of_known
from coldwave.evaluation.table_of_measures import AUC, GAP, MAP
from coldwave.exhibits.markdown import number, percent

FLOOR, CEILING = "random", "upper bound"  # rows of the paper's tables


class Published(NamedTuple):
    """One row of a table of the paper. A run's models are matched by its name."""

    table: int
    name: str
    map: float
    auc: float


PUBLISHED = (
    Published(2, "MLR", 0.01801, 0.60608),
    Published(2, "linear regression", 0.02389, 0.63518),
    Published(2, "MLP", 0.02536, 0.64611),
    Published(2, "CNN with MSE", 0.05016, 0.70987),
    Published(2, "CNN with WPE", 0.04323, 0.70101),
    Published(3, FLOOR, 0.00015, 0.49935),
    Published(3, "linear regression", 0.00101, 0.64522),
    Published(3, "CNN with MSE", 0.00672, 0.77192),
    Published(3, CEILING, 0.23278, 0.96070),
)
SCHEMA = {
    "table": pl.UInt32,
    "row": pl.String,
    "paper_map": pl.Float64,
    "paper_auc": pl.Float64,
    "paper_gap_closed_auc": pl.Float64,  # null in table 2, which has neither the floor nor the upper bound
    "model": pl.String,  # null if the run has no model for the row
    "seeds": pl.UInt32,
    "map": pl.Float64,
    "map_sd": pl.Float64,
    "auc": pl.Float64,
    "auc_sd": pl.Float64,
    "gap_closed_auc": pl.Float64,
}


def published_table(recommendation: pl.DataFrame, rows: Mapping[str, str]) -> pl.DataFrame:
    """Put each row of the paper's tables beside each model of the run that matches it; columns as ``SCHEMA``.

    Parameters
    ----------
    recommendation : the table of the recommendation experiment
    rows : from each of its models that matches a row to that row (``Published.name``)

    The gap that a model closes is that between the run's models of the rows of the paper's ends: as probably in the
    paper, the upper bound is then in sample.
    """
    cutoff = cutoff_of(recommendation)
    ours = {row["model"]: row for row in recommendation.iter_rows(named=True)}
    models_at = {end: [model for model, row in rows.items() if row == end] for end in (FLOOR, CEILING)}
    own_ends = [mean_of_known(ours[model]["auc"] for model in models) for models in models_at.values()]
    ends = {(one.table, one.name): one.auc for one in PUBLISHED}
    found = []
    for one in PUBLISHED:
        floor, ceiling = ends.get((one.table, FLOOR)), ends.get((one.table, CEILING))
        paper = {
            "table": one.table,
            "row": one.name,
            "paper_map": one.map,
            "paper_auc": one.auc,
            "paper_gap_closed_auc": gap_closed(one.auc, floor, ceiling),
        }
        matching = [ours[model] for model, row in rows.items() if row == one.name and model in ours]
        for row in matching or [None]:
            found.append(paper if row is None else paper | _own(row, cutoff, own_ends))
    return pl.DataFrame(found, schema=SCHEMA)


def _own(row: Mapping, cutoff: int, ends: Sequence[float | None]) -> dict:
    return {
        "model": row["model"],
        "seeds": row["seeds"],
        "map": row[f"map_{cutoff}"],
        "map_sd": row[f"map_{cutoff}_sd"],
        "auc": row["auc"],
        "auc_sd": row["auc_sd"],
        "gap_closed_auc": None if row["auc"] is None else gap_closed(row["auc"], *ends),
    }


def about(recommendation: pl.DataFrame) -> list[str]:
    """Say how the paper's data and the run's differ, to stand above the table."""
    size = recommendation.row(0, named=True)
    lines = [
        "NOT THE SAME DATA. The paper's figures are for the Million Song Dataset with 29-second clips, which are no "
        "longer available: 20,000 users and 1,881 test songs in table 2, 1,000,000 and 46,728 in table 3. This run has "
        f"{size['users']:,} users with a test play and {size['songs']:,} test songs. mAP and AUC depend on these "
        "numbers: compare only the order of the models and how far apart they are, not the figures themselves."
    ]
    if cutoff_of(recommendation) != 500:
        lines.append(f"mAP looks at the first {cutoff_of(recommendation)} songs here, and at 500 in the paper.")
    return lines


def columns(table: pl.DataFrame) -> dict[str, list[str]]:
    """Make the table for people, in the paper's layout, with this run's models beside it."""
    rows: Sequence[dict] = table.to_dicts()
    return {
        "table": [f"{row['table']}" for row in rows],
        "model": [row["row"] for row in rows],
        **{f"{one.name}, paper": [number(row[f"paper_{one.key}"]) for row in rows] for one in (MAP, AUC)},
        f"{GAP}, paper": [percent(row["paper_gap_closed_auc"]) for row in rows],
        "this run's": [row["model"] or "–" for row in rows],
        **{one.name: [_measure(row, one.key) for row in rows] for one in (MAP, AUC)},
        GAP: [percent(row["gap_closed_auc"]) for row in rows],
    }


def notes(table: pl.DataFrame) -> list[str]:
    """Say how to read the table: one or two sentences for each note."""
    lines = [
        "A model of this run is matched to a row of the paper by its kind, and a network by its objective as well. –: "
        "the run has no such model, or the paper gives no figure.",
        "Gap closed: share of the way from the AUC of random scores to that of the factors of the songs' own plays, "
        "in sample here as probably in the paper, so it is below that of the results table. It compares better "
        "between data sets than AUC itself. Table 2 of the paper has neither end of the gap.",
        "The paper states neither the number of seeds nor how much its figures vary, nor whether its factors were "
        "fitted to the test songs' plays.",
    ]
    if (table["seeds"].max() or 0) > 1:
        lines.append("±: standard deviation over seeds.")
    return lines


def _measure(row: Mapping, name: str) -> str:
    deviation = row[f"{name}_sd"]
    return number(row[name]) + ("" if deviation is None else f" ± {number(deviation)}")
