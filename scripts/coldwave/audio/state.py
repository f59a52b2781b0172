"""Whether any audio file has changed, for the workflow: asked for each time it is read, so it only looks at names."""

import hashlib
import os
from pathlib import Path

NOT_READ = "not read yet"


def audio_state(songs: str | Path) -> str:
    """Digest path, size and time of every audio file that ``songs`` (songs.parquet) names.

    ``"not read yet"`` where there is no such table or it cannot be read (the rule that makes it, or reads it, says
    what is wrong). Files are not opened: 100,000 of them take some tenths of a second.
    """
    songs = Path(songs)
    if not songs.is_file():
        return NOT_READ
    import pyarrow.parquet

    try:
        paths = pyarrow.parquet.read_table(songs, columns=["audio"])["audio"].to_pylist()
    except (OSError, KeyError, pyarrow.ArrowException):
        return NOT_READ
    digest = hashlib.sha256()
    for path in paths:
        if path is None:
            continue
        try:
            found = os.stat(path)  # noqa: PTH116 - a Path for each of 100,000 files takes longer than looking at it
            line = f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n"
        except (OSError, ValueError):
            line = f"{path}\0missing\n"
        digest.update(line.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
