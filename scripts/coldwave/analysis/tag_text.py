"""The tables of the tag prediction, in words."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from coldwave.analysis.tags import ALL
from coldwave.exhibits.markdown import number


def summary_columns(summary: pl.DataFrame) -> dict[str, list[str]]:
    """Format the means for people (``tags.SUMMARY``)."""
    return {
        "from": summary["inputs"].to_list(),
        "songs": summary["part"].to_list(),
        "number": [f"{songs:,}" for songs in summary["songs"]],
        "tags": [f"{tags:,}" for tags in summary["tags"]],
        "mean AUC": [number(value) for value in summary["auc"]],
        "sd over tags": [number(value) for value in summary["auc_sd"]],
        "paper": [number(value) for value in summary["paper"]],
    }


def summary_notes(settings: Mapping[str, Any]) -> list[str]:
    """How to read the means."""
    least = max(settings["min_songs"], settings["folds"])
    return [
        f"One logistic regression per tag, for the {settings['number']} most popular tags that at least {least} songs "
        f"have and {least} lack. AUC is the mean over {settings['folds']} folds, then over tags; 0.5 is chance. Inputs "
        f"are standardised within each fold; the strength of L2 regularisation is {settings['regularization']:g}.",
        "Songs without tags, or without one of the inputs, are left out.",
        "The bag of words and the usage factors are measured over all songs, as in the paper. Predictions are "
        "measured only over songs that no network has learnt from (held out). Compare rows of the same songs only.",
        "Held-out songs are fewer, so there are fewer tags and each fold is small. Validation songs, where they are "
        "among them, also chose when training stopped.",
        "The paper's figures are for other songs and tags.",
    ]


def by_tag_columns(by_tag: pl.DataFrame) -> dict[str, list[str]]:
    """The AUC of each tag, a column for each input and the songs it was measured on (``tags.BY_TAG``)."""
    tags = by_tag.sort("tagged", "tag", descending=[True, False]).unique("tag", keep="first", maintain_order=True)[
        "tag"
    ]
    columns = {"tag": tags.to_list()}
    for part in by_tag["part"].unique(maintain_order=True):
        own = by_tag.filter(pl.col("part") == part)
        counts = dict(own.select("tag", "tagged").iter_rows())
        columns[f"songs ({part})"] = [f"{counts[tag]:,}" if tag in counts else "–" for tag in tags]
        for name in own["inputs"].unique(maintain_order=True):
            values = dict(own.filter(pl.col("inputs") == name).select("tag", "auc").iter_rows())
            columns[name if part != ALL else f"{name} (all)"] = [
                "–" if values.get(tag) is None else f"{values[tag]:.3f}" for tag in tags
            ]
    return columns
