"""Mistakes in the tables of new songs, which are read as those of a run are, by the keys that name them here."""


def of_new_songs(message: str) -> str:
    """Name the keys of ``new_songs`` in a message on a songs table, which names those of ``plays.songs``."""
    return message.replace("plays.songs.", "new_songs.")


def of_new_embeddings(message: str, name: str) -> str:
    """Name the keys in a message on the embedding ``new_songs.embeddings.<name>``.

    How the table is read stands in the run's entry, and which columns were learnt from in the run's files.
    """
    key = f"new_songs.embeddings.{name}"
    for setting in ("song", "delimiter"):
        message = message.replace(f"{key}.{setting}", f"embeddings.{name}.{setting}")
    return message.replace(f"{key}.columns: ", f"{key}: the run has learnt from other columns: ")
