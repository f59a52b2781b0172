"""What the table of where models earn their AUC says to people: a sentence for each model, the table, and notes."""

from collections.abc import Mapping

import polars as pl

from coldwave.evaluation.differences import LEVEL
from coldwave.evaluation.pair_rows import ALL, BAND, BETWEEN, BY_FAMILIARITY, BY_GENRE_AND_USERS, CHANCE, LIKE

FAMILIAR_FIRST = "ranking songs of artists that a user knows against the others"
NOTHING = "There is no pair of a test song that a user has played and one that the user has not."
NO_ARTISTS = "No song has an artist's name, so there are no rows by familiarity or by artist."


def statement(table: pl.DataFrame, model: str) -> str | None:
    """Say where a model earns its AUC, and no more than the intervals do; None for a model that is not in the table."""
    rows = {(row["by"], row["pairs"]): row for row in table.filter(model=model).iter_rows(named=True)}
    if (ALL, ALL) not in rows:
        return None
    whole, between = rows[ALL, ALL], rows.get((BY_FAMILIARITY, BETWEEN))
    sign = _sign(whole, "lead")
    text = f"{model} is {_against(whole, whole['reference'])}"
    if sign and between:
        part = _signed(between, "part", sign)
        if _sign(between, "part") == sign:
            text += f"; {part} of it comes from {FAMILIAR_FIRST}"
        elif _sign(between, "part"):
            text += f"; {FAMILIAR_FIRST} takes from it: {part}"
        else:
            text += f"; how much of it comes from {FAMILIAR_FIRST} is not certain: {part}"
    for (by, pairs), row in rows.items():
        if pairs == LIKE:
            alike = "of one genre with" if by == BY_GENRE_AND_USERS else "with"
            text += f". Among songs {alike} about as many users it is {_against(row, row['reference'])}"
    return f"{text}."


def _sign(row: Mapping, name: str) -> int:
    """Tell whether a lead is above zero (1) or below (-1) by its interval; 0 if that is not certain."""
    if row[f"{name}_low"] is None:
        return 0
    return (row[f"{name}_low"] > 0) - (row[f"{name}_high"] < 0)


def _signed(row: Mapping, name: str, sign: int) -> str:
    """Write a lead with its interval; with sign -1 that of the other model."""
    low, value, high = sorted(sign * row[f"{name}{end}"] + 0.0 for end in ("_low", "", "_high"))
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _against(row: Mapping, reference: str) -> str:
    sign = _sign(row, "lead")
    if row["lead_low"] is None:
        return f"at {row['lead']:+.3f} AUC from {reference}, of unknown error"
    how = {1: "ahead of", -1: "behind", 0: "level with"}[sign]
    return f"{how} {reference} by AUC, {_signed(row, 'lead', sign or 1)}"


def columns(table: pl.DataFrame) -> dict[str, list[str]]:
    """Make the table for people: rows for each type of pairs (AUC, lead, part, mAP), a column for each model."""
    # headings with a space, which no model's name has
    cells: dict[str, list[str]] = {name: [] for name in ("pairs by", "these pairs", "their share", "what it is")}
    cells |= {model: [] for model in table["model"].unique(maintain_order=True)}
    for (by, pairs), rows in table.group_by("by", "pairs", maintain_order=True):
        kinds = {"AUC": _cell(rows, "auc"), "lead": _cell(rows, "lead"), "part": _cell(rows, "part")}
        if rows["map"].null_count() < len(rows):
            kinds["mAP"] = ["–" if value is None else f"{value:.3f}" for value in rows["map"]]
        if by == ALL:
            del kinds["part"]
        for what, values in kinds.items():
            for name, text in zip(cells, [by, pairs, f"{100 * rows['share'][0]:.1f} %", what], strict=False):
                cells[name].append(text)
            for model, value in zip(rows["model"], values, strict=True):
                cells[model].append(value)
    return cells


def _cell(rows: pl.DataFrame, name: str) -> list[str]:
    found = []
    for value, low, high in rows.select(name, f"{name}_low", f"{name}_high").rows():
        found.append(f"{value:.3f}" + ("" if low is None else f" ({low:.3f} to {high:.3f})"))
    return found


def notes(table: pl.DataFrame, at_most: int) -> list[str]:
    """Say how to read the table: one or two sentences for each note."""
    if table.is_empty():
        return [NOTHING]
    by = table["by"].unique().to_list()
    first = table.filter(reference=CHANCE)["model"].unique(maintain_order=True).to_list()
    others = table.filter(pl.col("reference") != CHANCE)["reference"].unique().to_list()
    lead = f"of {', '.join(first)} over chance" if len(first) < 4 else "over chance"
    lines = [
        "A user's AUC is the mean over the pairs of a test song that the user has played and one that the user has "
        "not. Share: of these pairs, mean over users. The AUC of some pairs is the mean over users weighted by each "
        "user's share, so that AUC x share, summed over all pairs of a kind, is the AUC over all pairs.",
        f"Lead: over {others[0]}, and {lead}. Part: share x lead, what these pairs bring to the lead over all pairs."
        if others
        else "Lead: over chance. Part: share x lead, what these pairs bring to the lead over all pairs.",
        f"Intervals of {100 * (1 - LEVEL):g} % draw users, test songs (where the split keeps artists in one part, "
        "artists with all their songs) and, where there are several, trainings.",
        "Familiar: the user has played a training song of the artist; else a discovery. Known: the artist has a "
        "training song; else new. Between: one song of each; in 'familiar over discovery' the familiar one is played. "
        "A song without an artist's name is a discovery by a new artist."
        if BY_FAMILIARITY in by
        else NO_ARTISTS,
        f"Alike: {'the same first tag, and ' if BY_GENRE_AND_USERS in by else ''}numbers of users in the same band, of "
        f"which the upper end is {BAND:g} times the lower. A model that tells only how often a song was heard is near "
        "0.5 here.",
        "mAP: of the songs of one type ranked among themselves, and of alike songs in groups, for users who have "
        "played some and not all of them. It has no interval.",
    ]
    if table["users"].max() >= at_most:
        lines.append(f"Measured for {at_most:,} users, drawn from all.")
    return lines
