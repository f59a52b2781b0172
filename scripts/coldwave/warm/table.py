"""The table of the warm evaluation for people: what it answers, its rows, and how to read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.evaluation.table_of_measures import AUC, MAP, RECALL
from coldwave.exhibits.files import write_exhibit_table
from coldwave.exhibits.markdown import number


def write_warm_table(path: Path, table: pl.DataFrame, options: Mapping[str, Any], about: Sequence[str]) -> None:
    """Write the table of ``evaluate_warm``; ``options`` are those of the rule, ``about`` the first lines."""
    cutoff, first, sizes = options["cutoff"], options["recall_at"], table.row(0, named=True)
    shown = ((MAP, cutoff), (AUC, cutoff), (RECALL, first))
    measures = {one.title_at(length): one.column_at(length) for one, length in shown}
    precision, recall = (
        MAP.of_user_at(cutoff, "the user's held-out plays"),
        RECALL.of_user_at(first, "the held-out plays"),
    )
    write_exhibit_table(
        path,
        "Warm: plays of songs that others have played",
        [
            *about,
            "This is a different question from cold start: every song here has plays to learn from. "
            f"{sizes['held_out']:,} of the {sizes['plays']:,} pairs of a user and a training song were held out, and "
            "every system was fitted to the rest. Each then ranks, for every user, the training songs without a "
            f"remaining play of the user. {sizes['users']:,} users × {sizes['songs']:,} songs. Do not compare these "
            "figures with those of the test songs.",
        ],
        {"system": table["system"].to_list()}
        | {name: [number(value) for value in table[column]] for name, column in measures.items()},
        left=1,
        notes=[
            f"Item-item: a song's similarity to the songs that a user has played, summed over those that have it among "
            f"their {options['neighbours']} nearest, by the cosine of binary user vectors or by BM25 of play counts. "
            "WMF: the factorisation with the settings of this run. Popularity: number of users in the remaining plays.",
            f"{MAP.title_at(cutoff)}: {precision}. {RECALL.title_at(first).capitalize()}: {recall}. Ties count as "
            f"the expectation over the orders of the tied songs; in {AUC.name}, one half.",
            f"{sizes['unreachable']:,} held-out plays are of songs with no play left, which no system fitted to "
            "plays can find; they count in every mean.",
        ],
    )
