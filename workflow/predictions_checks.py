"""Checks of the settings of a model whose scores or vectors are made elsewhere."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.plays.suffixes import delimiter_of, is_parquet
from workflow.wording import Keys, short

FILES = ("scores", "songs", "users")


def _files(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    keys = ("models", name)
    if model["scores"] is None and model["songs"] is None:
        yield (*keys, "scores"), "name a table of scores, or one of songs' vectors as songs"
    elif model["scores"] is not None:
        for key in ("songs", "users"):
            if model[key] is not None:
                yield (*keys, key), f"{short(model[key])} is not used, because scores are given: keep one of the two"


def _delimiter(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    paths = [Path(model[key]) for key in FILES if model[key] is not None]
    text = [path for path in paths if not is_parquet(path)]
    if model["delimiter"] is not None and paths and not text:
        yield ("models", name, "delimiter"), "a Parquet file has no delimiter: write null"
    elif model["delimiter"] is None and (unclear := [path for path in text if not delimiter_of(path)]):
        yield (
            ("models", name, "delimiter"),
            f"the name of {short(str(unclear[0]))} does not say whether it is .csv, .tsv or .parquet: write the "
            "character between its columns",
        )


def _columns(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    named = [key for key in ("user", "song", "score") if model["scores"] is not None]
    for place, key in enumerate(named):
        if twins := [other for other in named[:place] if model[other] == model[key]]:
            yield ("models", name, key), f"{short(model[key])} is also the column {twins[0]}: give another"


CHECKS = (_files, _delimiter, _columns)
