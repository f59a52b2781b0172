"""What a new song is made of: if nothing of it has changed, it need not be placed again."""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import polars as pl

_DIGITS = 32  # of a digest


def made_of(
    songs: pl.DataFrame, audio: Mapping[str, str | None] | None, embeddings: Mapping[str, np.ndarray]
) -> pl.Series:
    """Digest each song's row, the content of its audio file, and each embedding, apart: ``row=… audio=…``.

    Where the file lies does not count.

    Parameters
    ----------
    songs : table with a column ``audio``; the number ``song`` does not count
    audio : digests of files by path, None for a file that cannot be read; None if no model hears audio
    embeddings : arrays [songs, d] by name, of the models that are asked for
    """
    arrays = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in embeddings.items()}
    found = []
    for place, row in enumerate(songs.drop("song", strict=False).iter_rows(named=True)):
        path = row.pop("audio")
        parts = {"row": _digest(json.dumps(row, sort_keys=True).encode())}
        if audio is not None:
            parts["audio"] = (audio.get(path) or "none")[:_DIGITS]
        parts |= {f"embeddings.{name}": _digest(array[place].tobytes()) for name, array in arrays.items()}
        found.append(" ".join(f"{name}={digest}" for name, digest in parts.items()))
    return pl.Series("made_of", found, dtype=pl.String)


def unchanged(now: str, before: str) -> bool:
    """Whether all that a song is made of now is as it was. For more models it may have been made of more."""
    return set(now.split()) <= set(before.split())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
