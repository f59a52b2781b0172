"""The formats of plays that the config's ``plays.format`` names."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from coldwave.plays.batches import Batch
from coldwave.plays.by_name import advice_on_data_set, read_data_set
from coldwave.plays.datasets import DATA_SETS
from coldwave.plays.melon import advice_on_melon, check_melon, read_melon
from coldwave.plays.mlhd import advice_on_mlhd, check_mlhd, read_mlhd
from coldwave.plays.own_table import advice_on_table, read_table_of_plays
from coldwave.plays.taste_profile import advice_on_triplets, read_triplets
from coldwave.plays.yambda import advice_on_yambda, check_yambda, read_yambda


class Format(NamedTuple):
    """How to read a file of plays, and what to advise if no line of it is a play.

    ``read`` takes the file's path, the config's ``plays.table``, the size of a block in bytes and the number of
    threads; the last two may be left out. ``advice`` takes the path, the most frequent reason for which lines were set
    aside, some of these lines, and ``plays.table``. ``words`` say what a file holds. ``check``, if there is one, looks
    at the path before anything is planned.
    """

    read: Callable[..., Iterator[Batch]]
    advice: Callable[[Path, str, list[str], Mapping[str, Any]], str]
    words: str
    check: Callable[[Path], None] | None = None


FORMATS = {
    "taste_profile": Format(read_triplets, advice_on_triplets, "user TAB song TAB count, no header"),
    "table": Format(read_table_of_plays, advice_on_table, "columns as `plays.table` says"),
    **{
        name: Format(partial(read_data_set, name), partial(advice_on_data_set, name), data_set.words)
        for name, data_set in DATA_SETS.items()
        if data_set.layouts
    },
    "mlhd": Format(read_mlhd, advice_on_mlhd, DATA_SETS["mlhd"].words, check_mlhd),
    "melon": Format(read_melon, advice_on_melon, DATA_SETS["melon"].words, check_melon),
    "yambda": Format(read_yambda, advice_on_yambda, DATA_SETS["yambda"].words, check_yambda),
}
