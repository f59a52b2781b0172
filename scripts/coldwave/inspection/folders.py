"""Inspect a folder: of audio files, or that of a run."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from coldwave.errors import InputError
from coldwave.inspection.findings import SHOWN, Inspection
from coldwave.plays.audio_folder import AudioTags, audio_files, read_tags
from coldwave.provenance.comparison import RECORD, read_record

SAMPLE = 200  # files whose tags are read
_TABLES = ("users", "songs", "plays")

NO_PLAYS = "a run needs plays as well: inspect the file of plays, and put this `plays.songs` below its `plays`"
NO_TAGS = "few files have a title and an artist in their tags: a history by names will match few of them"
UNFINISHED = "the run is not finished: run `snakemake` with its config, and it goes on"


def inspect_audio_folder(folder: Path) -> Inspection | None:
    """Count the audio files below a folder, and read the tags of some, spread evenly; None where there is none.

    Raises
    ------
    InputError
        The folder cannot be listed.
    """
    files, set_aside = audio_files(folder)
    if not files:
        return None
    suffixes = Counter(file.suffix.lower() for file in files)
    some = files[:: -(-len(files) // SAMPLE)]
    tags = [read_tags(file) for file in some]
    named = sum(one.title is not None and one.artist is not None for one in tags)
    counts = {
        "audio files": len(files),
        **dict(suffixes.most_common()),
        "bytes": sum(_size(file) for file in files),
        "set aside": len(set_aside),
        "tags read of": len(some),
        "with title and artist": named,
        "with a MusicBrainz recording id": sum(one.recording is not None for one in tags),
        "with tags that cannot be read": sum(not one.readable for one in tags),
    }
    notes = [NO_PLAYS] + ([NO_TAGS] if named < len(some) / 2 else [])
    notes += [f"set aside, e.g. {set_aside[0][1]}: {set_aside[0][0]}"] if set_aside else []
    settings = {"world": None, "plays": {"songs": {"path": str(folder), "id_from": "path"}}}
    return Inspection(
        folder,
        "audio folder",
        "a folder of audio files",
        counts,
        columns=["file", "title", "artist", "album"],
        preview=[_row(file.relative_to(folder), one) for file, one in zip(some[:SHOWN], tags, strict=False)],
        settings=settings,
        notes=notes,
    )


def inspect_audio_file(path: Path) -> Inspection | None:
    """Say what the tags of an audio file are; None where it is none."""
    tags = read_tags(path)
    if not tags.readable:
        return None
    columns, bytes_ = ["file", "title", "artist", "album"], path.stat().st_size
    notes = ["`plays.songs.path` takes the folder that it is in"]
    return Inspection(
        path, "audio file", "an audio file", {"bytes": bytes_}, columns=columns, preview=[_row(path, tags)], notes=notes
    )


def inspect_run(folder: Path) -> Inspection | None:
    """Say what a run's folder holds, finished or not; None where the folder is not one.

    Raises
    ------
    InputError
        A file of the run is damaged.
    """
    finished = (folder / RECORD).is_file()
    tables = {name: folder / "plays" / f"{name}.parquet" for name in _TABLES}
    if not finished and not all(path.is_file() for path in tables.values()):
        return None
    try:
        counts = {"users": _rows(tables["users"]), "songs": _rows(tables["songs"])}
        counts["pairs of a user and a song"] = _rows(tables["plays"])
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{folder}: a table of the run cannot be read ({error}); delete it and run again") from error
    if not finished:
        return Inspection(folder, "run", "a run that is not finished", counts, notes=[UNFINISHED])
    models = read_record(folder / RECORD)["config"].get("models") or {}
    preview = [[name, str(model.get("kind"))] for name, model in models.items()]
    words = "a finished run of Coldwave"
    return Inspection(
        folder, "run", words, counts | {"models": len(models)}, columns=["model", "kind"], preview=preview
    )


def _rows(path: Path) -> int:
    return pq.read_metadata(path).num_rows


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # gone since the folder was listed
        return 0


def _row(name: Path, tags: AudioTags) -> list[str]:
    return [str(name), tags.title or "", tags.artist or "", tags.album or ""]
