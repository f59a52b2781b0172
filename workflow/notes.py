"""Notes on the data and the protocol, which stand beside every result."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldwave.evaluation.models import CEILING
from coldwave.world.planted import planted
from workflow.effective import cuts_plays
from workflow.kinds import ROWS, row_of
from workflow.plays_checks import filters_users

_PROTOCOLS = {
    "strict": "Protocol: strict. User factors and every model are learnt from training songs. Validation songs choose "
    "among models, or are learnt from as well (setting refit). Nothing about a test song is used before the "
    "evaluation, except by the upper bound (kind {ceiling}), which is made of its plays.",
    "transductive": "Protocol: transductive. User and song factors are fitted to all plays, those of validation and "
    "test songs included, as the paper's probably were. Models are still learnt from training songs; validation songs, "
    "whose own plays fitted the factors, choose or are learnt from as well (setting refit). The user factors already "
    "know the test plays, so that even the upper bound (kind {ceiling}) is not held out: compare with a strict run "
    "before taking a score for that of new songs.",
}
_SPLITS = {
    "song": "",
    "artist": " Split by artist: no artist is in two parts.",
    "date": " Split by release date: the newest songs are test songs, and those without a date training songs.",
    "first_play": " Split by first play: the songs that were first heard latest, by whomever, are test songs.",
}
_LATER = {
    True: " Nothing was learnt from what was played after the first test song came out.",
    False: " Plays have no dates here, so that those after the release of test songs were learnt from as well.",
}


def data_note(config: Mapping[str, Any]) -> str:
    """Say what the data are; empty if the config does not say."""
    return planted() if config["world"] else config["data_note"] or ""


def protocol_note(config: Mapping[str, Any]) -> str:
    """Say what is learnt from which songs, how they were split, and which models are oracles or made elsewhere."""
    split = config["split"]
    ceiling = next(row.kind for row in ROWS if row.end == CEILING)
    note = _PROTOCOLS[config["protocol"]].format(ceiling=ceiling) + _SPLITS[split["by"]]
    if split["by"] in ("date", "first_play"):
        note += _LATER[cuts_plays(config)]
    if config["plays"]["top_songs"] is not None or config["plays"]["min_users"] > 1:
        note += " Which songs are in the catalogue was decided by all plays, those of test songs included."
    if filters_users(config) and config["plays"]["filter_by"] == "all":
        note += " Users were chosen by the plays of all songs, test songs included."
    if split["path"]:
        note += f" The split was made elsewhere ({Path(split['path']).name})."
    if split["folds"]:
        note += f" Cross-validation: the test songs of a run are one of {split['folds']} folds."
    rows = {row.kind: row for row in map(row_of, config["models"].values()) if row.oracle and row.end != CEILING}
    note += "".join(f" Kind {kind} is an oracle: {row.oracle}." for kind, row in rows.items())
    brought = dict.fromkeys(row.kind for row in map(row_of, config["models"].values()) if row.brought)
    return note + "".join(f" Kind {kind} is made elsewhere: what it was learnt from is not known." for kind in brought)
