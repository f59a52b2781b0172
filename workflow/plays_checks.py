"""What the settings of the plays say of them, and checks of these settings against each other."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coldwave.histories.options import mistakes, of_other_formats
from coldwave.plays.datasets import DATA_SETS
from workflow.wording import Keys, short


def reads_history(config: dict[str, Any]) -> bool:
    """Whether the plays are a listening history, whose tracks are matched to the songs table."""
    return config["plays"]["format"] not in ("taste_profile", "table", *DATA_SETS)


def tells_times(config: dict[str, Any]) -> bool:
    """Whether the plays tell their times."""
    plays = config["plays"]
    if plays["format"] in DATA_SETS:
        return DATA_SETS[plays["format"]].timed
    return reads_history(config) or (plays["format"] == "table" and plays["table"]["time"] is not None)


def filters_users(config: dict[str, Any]) -> bool:
    """Whether users are left out, by plays of which songs is then a question."""
    return config["plays"]["top_users"] is not None or config["plays"]["min_songs"] > 1


def _columns(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    plays = config["plays"]
    if plays["format"] != "table":
        return
    table = plays["table"]
    columns = {name: table[name] for name in ("user", "song", "count", "time") if table.get(name) is not None}
    for name, column in columns.items():
        if table["header"] and isinstance(column, int):
            yield ("plays", "table", name), f"{column} is a number, but there is a header: write the name, in quotes"
        elif not table["header"] and isinstance(column, str):
            yield (
                ("plays", "table", name),
                f"{short(column)} is a name, but plays.table.header is false: write the column's number, from 1",
            )
        twins = [other for other in columns if columns[other] == column]
        if twins[0] != name:
            yield ("plays", "table", name), f"{short(column)} is also the column of plays.table.{twins[0]}"


def _quoting(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for section in ("table", "songs"):
        table = config["plays"][section]
        if table["quote"] is not None and table["quote"] == table["delimiter"]:
            yield ("plays", section, "quote"), f"{short(table['quote'])} is also plays.{section}.delimiter"


def _encoding(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for section in ("table", "history"):
        name = config["plays"][section]["encoding"]
        try:
            codecs.lookup(name or "utf-8")
        except (LookupError, ValueError):
            yield (
                ("plays", section, "encoding"),
                f"{short(name)} is not a text encoding that Python knows, such as utf-8",
            )


def _further_songs(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    songs = config["plays"]["songs"]
    if songs["also"] and (songs["path"] is None or Path(songs["path"]).is_dir()):
        what = "null" if songs["path"] is None else "a folder"
        yield ("plays", "songs", "also"), f"plays.songs.path is {what}, but these fill in a songs table: name one there"


def _history(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    if reads_history(config) and config["plays"]["songs"]["path"] is None:
        yield (
            ("plays", "songs", "path"),
            "null, but a listening history is matched to songs: name a songs table or a folder of audio files",
        )


def _history_options(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for name, mistake in mistakes(config["plays"]["history"]).items():
        yield ("plays", "history", *name.split(".", 1)), mistake


def _history_idle(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    plays = config["plays"]
    name, history = plays["format"], plays["history"]
    if not reads_history(config) or name == "history" or history["also"]:
        return  # of which formats the histories are is known by their content alone
    for option, formats in of_other_formats(history, name).items():
        yield (
            ("plays", "history", option),
            f"{short(history[option])} has no effect if plays.format is {name}, only with {' or '.join(formats)}: "
            "leave it out",
        )


def _unheard(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    plays = config["plays"]
    if not plays["min_users"] and filters_users(config) and plays["filter_by"] == "training":
        yield (
            ("plays", "min_users"),
            "0 keeps songs that nobody has played, but users are left out by their plays of training songs: set "
            "plays.filter_by: all",
        )


CHECKS = (_columns, _quoting, _encoding, _further_songs, _history, _history_options, _history_idle, _unheard)
