"""What is said of the data and the protocol wherever a result is shown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldwave.evaluation.models import CEILING
from coldwave.world.planted import planted
from workflow.kinds import ROWS, row_of

_PROTOCOLS = {
    "strict": "Protocol: strict. User factors and every model are learnt from training songs and chosen on validation "
    "songs; nothing of a test song is used before the evaluation, except by the upper bound (kind {ceiling}), made of "
    "its plays.",
    "transductive": "Protocol: transductive. User and song factors are fitted to all plays, those of validation and "
    "test songs included, as the paper's probably were; so the factors of validation songs, which models are chosen "
    "by, are fitted as well. Every model is still learnt from training songs alone. Users' vectors already know the "
    "test plays: compare with a strict run before taking a score for that of a new song.",
}
_SPLITS = {
    "song": "",
    "artist": " Split by artist: no artist is in two parts.",
    "date": " Split by release date: the newest songs are test songs, and those without a date training songs.",
}


def data_note(config: Mapping[str, Any]) -> str:
    """What the data are; empty where the config does not say."""
    return planted() if config["world"] else config["data_note"] or ""


def protocol_note(config: Mapping[str, Any]) -> str:
    """What is learnt from which songs, how they were split, and which models know more than they could."""
    split = config["split"]
    ceiling = next(row.kind for row in ROWS if row.end == CEILING)
    note = _PROTOCOLS[config["protocol"]].format(ceiling=ceiling) + _SPLITS[split["by"]]
    if split["path"]:
        note += f" The split was made elsewhere ({Path(split['path']).name})."
    if split["folds"]:
        note += f" Cross-validation: the test songs of a run are one of {split['folds']} folds."
    rows = {row.kind: row for row in map(row_of, config["models"].values()) if row.oracle and not row.end}
    return note + "".join(f" Kind {kind} is an oracle: {row.oracle}." for kind, row in rows.items())
