"""What a new song is made of: if nothing of it has changed, it need not be placed again."""

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl


def made_of(songs: pl.DataFrame, audio: Mapping[str, str | None], embeddings: Iterable[np.ndarray]) -> pl.Series:
    """Digest each song's row, the content of its audio file, and its embeddings. Where the file lies does not count.

    Parameters
    ----------
    songs : table with a column ``audio``; the number ``song`` does not count
    audio : digests of files by path, None for a file that cannot be read
    embeddings : arrays [songs, d]
    """
    arrays = [np.ascontiguousarray(array, dtype=np.float32) for array in embeddings]
    digests = []
    for place, row in enumerate(songs.drop("song", strict=False).iter_rows(named=True)):
        row["audio"] = audio.get(row["audio"])
        digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode())
        for array in arrays:
            digest.update(array[place].tobytes())
        digests.append(digest.hexdigest())
    return pl.Series("made_of", digests, dtype=pl.String)
