"""What a run's encoder hears in songs, as tags: those of a song, of what a listener plays, and of a file."""

import numpy as np

from coldwave.encoders.tags import ordered
from coldwave.files import read_table
from coldwave.use.files import RunFiles
from coldwave.use.hearing import Heard, HeardFile


def tagger(files: RunFiles) -> str | None:
    """Name the run's first encoder that gives tags; None if there is none."""
    return next((name for name in files.config.get("encoders", {}) if files.has(_file(name))), None)


def tags_heard(files: RunFiles, songs: np.ndarray) -> dict[str, float]:
    """Map tags to how much they fit songs, in the mean over those with usable audio, best first; empty without any."""
    if (name := tagger(files)) is None or not len(songs):
        return {}
    table = read_table(files.path(_file(name)))
    known = table[np.asarray(songs).tolist()].drop_nulls()
    return ordered(table.columns, known.to_numpy().mean(axis=0)) if known.height else {}


def tags_of_file(files: RunFiles, heard: Heard) -> dict[str, float]:
    """Map tags to how much they fit an audio file, best first; empty if no encoder of the run gives tags."""
    name = tagger(files)
    return heard.tags(name) if name and isinstance(heard, HeardFile) else {}


def _file(encoder: str) -> str:
    return f"embeddings/{encoder}.tags.parquet"
