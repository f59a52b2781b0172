"""The settings of a section that a rule reads: those that have an effect, given the others.

A job runs again when a setting that it reads changes. A setting that has no effect, such as the columns of a table if
the plays are not a table, is left out.
"""

from pathlib import Path
from typing import Any

from coldwave.plays.datasets import DATA_SETS
from workflow.kinds import idle
from workflow.plays_checks import filters_users, reads_history, tells_times
from workflow.settings import load_schema, options

# How the plays of a history are read, once its tracks are matched to songs
MATCHED = {"count": "count", "song": "song_id", "user": "user_id"}
# Settings of a songs table, those of one of plays alone, and of a folder of audio files
MANIFEST = ("columns", "tag_separator", "audio_root", "audio_pattern")
OF_PLAYS = ("delimiter", "quote")
FOLDER = ("id_from",)


def plays_read(config: dict[str, Any]) -> dict[str, Any]:
    """Pick what `read_plays` reads of a checked config, besides its input files.

    The songs' path is looked up, to see whether it is a folder. The workflow itself never makes such a folder.
    """
    plays = config["plays"]
    keys = ["format", "top_songs", "top_users", "min_users", "min_songs", "strict"]
    keys += ["users_by"] * (plays["top_users"] is not None) + ["filter_by"] * filters_users(config)
    has_table = plays["songs"]["path"] is not None
    keys += ["unlisted_songs", "songs_without_audio"] * has_table
    read = options(config, "plays", *keys)
    if config["split"]["by"] == "first_play":
        read["first_play"] = True
    if reads_history(config):
        read |= {"format": "table", "table": _matched(config)}
    if plays["format"] in DATA_SETS and (table := _data_set_read(config)):
        read["table"] = table
    if plays["format"] == "table":
        table = plays["table"] if cuts_plays(config) else {**plays["table"], "time": None}  # else nothing needs times
        read["table"] = dict(sorted(table.items()))
    if has_table:
        read["songs"] = songs_read(plays, "songs")
    if filters_users(config) and plays["min_users"]:
        read["split"] = split_read(config)
    if read.get("users_by") == "random":
        read["seed"] = config["seed"]
    return dict(sorted(read.items()))


def history_read(config: dict[str, Any]) -> dict[str, Any]:
    """Pick what `match_history` reads of a checked config, besides its input files."""
    plays = config["plays"]
    history = {key: value for key, value in plays["history"].items() if key != "also"}
    named = None if plays["format"] == "history" else plays["format"]
    read = {"format": named, "history": history, "songs": songs_read(plays, "songs")}
    return dict(sorted((read | options(plays, "matching", "likeness", "margin")).items()))


def cuts_plays(config: dict[str, Any]) -> bool:
    """Whether plays later than the songs that are tested can be told and are left out of learning."""
    return config["split"]["by"] in ("date", "first_play") and tells_times(config)


def cut_read(config: dict[str, Any]) -> dict[str, Any]:
    """Pick what `cut_plays` reads of a checked config, besides its input files."""
    if reads_history(config):
        return {"format": "table", "table": _matched(config)}
    if config["plays"]["format"] in DATA_SETS:
        return options(config, "plays", "format") | {"table": _data_set_read(config)}
    return options(config, "plays", "format", "table")


def _data_set_read(config: dict[str, Any]) -> dict[str, Any]:
    """Pick how the plays of a data set are read: whether times are, and what counts as a play where that is asked."""
    plays = config["plays"]
    counted = options(plays, "yambda", "min_played") if plays["format"] == "yambda" else {}
    return counted | ({"time": True} if cuts_plays(config) else {})


def _matched(config: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted((MATCHED | {"time": "time" if cuts_plays(config) else None}).items()))


def songs_read(config: dict[str, Any], section: str) -> dict[str, Any]:
    """Pick what is read of a section that names a songs table; a folder of audio files has settings of its own."""
    path = config[section]["path"]
    if path and Path(path).is_dir():
        return options(config, section, *FOLDER)
    return options(config, section, *MANIFEST, *(name for name in OF_PLAYS if name in config[section]))


def log_mel_read(config: dict[str, Any]) -> dict[str, Any]:
    """Pick what `extract_log_mel` reads of a checked config, besides its input files."""
    made_of = ("source", "mel_unit") if config["audio"]["source"] == "mel" else ("window",)
    keys = ("sample_rate", "hop", "mel_bands", "duration", "offset", "min_seconds", "timeout")
    return options(config, "audio", *made_of, *keys)


def split_read(config: dict[str, Any]) -> dict[str, Any]:
    """Pick what `split_songs` reads of a checked config, besides its input files; little if a file gives the parts."""
    split = config["split"]
    apart = {} if config["plays"]["min_users"] else {"unheard": True}
    if split["path"] is not None:
        return options(config, "split", "by") | apart
    read = options(config, "split", "by", "validation", "test", "folds", "fold") | {"seed": config["seed"]} | apart
    if split["folds"] is not None:
        read["test"] = None  # the fold takes its place
    return dict(sorted(read.items()))


def model_read(model: dict[str, Any]) -> dict[str, Any]:
    """Pick what learning a model reads: its settings without its kind, those without effect at their defaults."""
    known = load_schema()["$defs"][model["kind"]]["properties"]
    without = idle(model)
    return {key: known[key]["default"] if key in without else model[key] for key in sorted(model) if key != "kind"}
