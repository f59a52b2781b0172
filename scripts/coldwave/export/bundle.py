"""A model as a folder that other programs load without this repository: graphs, weights, vectors, index and card."""

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.digest import digest_file
from coldwave.export.asked import Asked, one_model
from coldwave.export.parts import plays_of, songs_of, users_of
from coldwave.export.vectors import write_vectors
from coldwave.export.writing import Exported, Written, replacing_folder
from coldwave.files import read_table, replacing, write_text
from coldwave.models.weights import write_weights
from coldwave.provenance.comparison import RECORD, read_record
from coldwave.use.files import RunFiles
from coldwave.use.models import Model
from coldwave.use.run import Run

DEFAULT = "bundle"
TAKES = ("model", "seed", "index", "licence")
ABOUT = "bundle.json"


def export(run: Run, asked: Asked) -> Exported:
    """Write the bundle of a model. An earlier bundle in its place is replaced once the new one is whole.

    Raises
    ------
    InputError
        The run has no such model or seed, the model does not predict songs from what it hears alone, a file of the run
        is missing, or the folder holds something else.
    """
    from coldwave.bundle.model import check_can_be_built

    model, notes = one_model(run, asked)
    check_can_be_built(model)
    with replacing_folder(asked.out, ABOUT) as folder:
        rows = _write(folder, model, asked)
        names = sorted(path.name for path in folder.iterdir())
    return Exported([Written(asked.out / name, rows.get(name)) for name in names], notes)


def _write(folder: Path, model: Model, asked: Asked) -> dict[str, int]:
    """Write the files; return how many rows the tables have."""
    import faiss

    from coldwave.bundle.card import INTERVALS, NOT_STATED, card
    from coldwave.bundle.checking import check_graph
    from coldwave.bundle.contents import contents
    from coldwave.bundle.front_end import write_front_end
    from coldwave.bundle.index import make_index
    from coldwave.bundle.model import write_model

    files = model.files
    results, intervals = (files.path(f"tables/{name}") for name in ("recommendation.md", "intervals.parquet"))
    built = write_model(folder / "model.onnx", model)
    write_weights(folder / "weights.safetensors", built.arrays, built.settings)
    # safetensors lets nobody else read what it writes, and a bundle is there to be passed on
    (folder / "weights.safetensors").chmod((folder / "model.onnx").stat().st_mode)
    difference = check_graph(folder / "model.onnx", built, model)
    index = make_index(np.asarray(model.songs), np.asarray(model.users), asked.index)
    with replacing(folder / "songs.faiss") as temporary:
        faiss.write_index(index.faiss, str(temporary))
    tables = [
        write_vectors(folder / "songs.parquet", "song_id", files.songs["song_id"], model.songs),
        write_vectors(folder / "users.parquet", "user_id", users_of(files)["user_id"], model.users),
    ]
    about = contents(model, built, index, difference, asked.licence or NOT_STATED, _version())
    if "audio" in about:
        audio = files.config["audio"]
        write_front_end(folder / "audio.onnx", *(audio[name] for name in ("sample_rate", "window", "hop", "mel_bands")))
    text = card(about, data_of(files), results.read_text(encoding="utf-8"), read_table(intervals, INTERVALS))
    write_text(folder / "README.md", text)
    digests = {path.name: digest_file(path) for path in sorted(folder.iterdir())}
    write_text(folder / ABOUT, json.dumps(about | {"files": digests}, indent=2, allow_nan=False) + "\n")
    return {written.path.name: written.rows for written in tables}


def data_of(files: RunFiles) -> dict[str, str]:
    """Say what a run is made from: what was played by how many, the parts of the split, and the inputs' digests."""
    plays = plays_of(files).select(pl.len(), pl.col("count").sum().alias("times")).collect().row(0)
    parts = songs_of(files).group_by("part").len().sort(["len", "part"], descending=[True, False])
    found = {
        "plays": f"{files.users:,} users have played {files.songs.height:,} songs {plays[1]:,} times ({plays[0]:,} "
        "pairs of a user and a song)",
        "split": ", ".join(f"{number:,} {part} songs" for part, number in parts.iter_rows()),
    }
    if note := files.config.get("data_note"):
        found["about"] = note
    inputs = read_record(files.folder / RECORD)["inputs"]
    return found | {f"SHA-256 of {name}": digest for name, digest in inputs.items()}


def _version() -> str:
    try:
        return version("coldwave")
    except PackageNotFoundError:
        return "(not installed)"
