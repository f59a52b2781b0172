"""Tables of new songs: their readers are those of a run, whose messages name a run's keys, and are reworded."""

from collections.abc import Mapping
from typing import Any


def new_embedding(entry: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Say how a table of new songs' embeddings is read: as the run's ``entry`` of ``embeddings`` says."""
    return {key: entry[key] for key in ("song", "delimiter")} | {"path": path}


def of_new_songs(message: str) -> str:
    """Put the keys of ``new_songs`` in place of those of ``plays.songs`` in a message about a songs table."""
    return message.replace("plays.songs.", "new_songs.")


def of_new_embeddings(message: str, name: str) -> str:
    """Correct the keys in a message about the embedding ``new_songs.embeddings.<name>``.

    The run's entry says how to read the table, and the run's files say which columns it has learnt from.
    """
    key = f"new_songs.embeddings.{name}"
    for setting in ("song", "delimiter"):
        message = message.replace(f"{key}.{setting}", f"embeddings.{name}.{setting}")
    return message.replace(f"{key}.columns: ", f"{key}: the run has learnt from other columns: ")
