"""Checks of the settings of the split against each other, and against those of the plays."""

from collections.abc import Iterator
from typing import Any

from coldwave.plays.dates import release_date
from workflow.plays_checks import tells_times
from workflow.wording import Keys, short


def _part_sizes(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    sizes = {part: config["split"][part] for part in ("validation", "test") if part in config["split"]}
    for part, size in sizes.items():
        if isinstance(size, float) and size >= 1:
            yield ("split", part), f"{size} is not a share below 1; write a number of songs without a point"
    if config["split"]["folds"] is not None:
        return  # `_folds` checks it
    if len(sizes) == 2 and all(isinstance(size, float) and size < 1 for size in sizes.values()):
        total = sum(sizes.values())
        if total >= 1:
            yield (
                ("split", "test"),
                f"{sizes['test']} and split.validation ({sizes['validation']}) leave no song for training",
            )


def _first_play(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    if config["split"]["by"] == "first_play" and not tells_times(config):
        yield (
            ("split", "by"),
            f"first_play, but plays of the format {config['plays']['format']} do not tell when they were: name the "
            "column of times (plays.table.time) of a table, or write song",
        )


def _part_dates(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    split = config["split"]
    dates = {part: split[part] for part in ("validation", "test") if isinstance(split[part], str)}
    for part, date in dates.items():
        if split["by"] != "first_play":
            yield (
                ("split", part),
                f"{short(date)} is a date, but split.by is {split['by']}: write a share or a number of songs, or "
                "split.by: first_play",
            )
        elif release_date(date) is None:
            yield ("split", part), f"{short(date)} is no day of the calendar, as 2009-01-31"
    if len(dates) == 2 and dates["validation"] >= dates["test"]:
        yield (
            ("split", "validation"),
            f"{short(split['validation'])} is not before split.test ({short(split['test'])}), from which on songs are "
            "test songs",
        )


def _folds(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    split = config["split"]
    folds, fold, validation = split["folds"], split["fold"], split["validation"]
    if folds is None:
        if fold != 1:
            yield ("split", "fold"), f"{fold} is a fold, but split.folds is null: give the number of folds"
        return
    if fold > folds:
        yield ("split", "fold"), f"{fold} is more than split.folds ({folds})"
    if split["by"] in ("date", "first_play"):
        yield (
            ("split", "folds"),
            f"{folds} folds cannot be by {split['by']}, because the newest songs are the test songs: write null",
        )
    if isinstance(validation, float) and validation + 1 / folds >= 1:
        yield (
            ("split", "validation"),
            f"{validation} and one of split.folds ({folds}) leave no song for training",
        )


def _given_split(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    split = config["split"]
    if split["path"] is None:
        return
    if split["folds"] is not None:
        yield (
            ("split", "folds"),
            f"{split['folds']} folds are not drawn, because split.path gives the parts: write null",
        )
    if split["by"] in ("date", "first_play"):
        yield (
            ("split", "by"),
            f"{split['by']} is not used, because split.path gives the parts: write song, or artist to check the "
            "artists",
        )


CHECKS = (_part_sizes, _first_play, _part_dates, _folds, _given_split)
