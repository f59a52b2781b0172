"""What ``bundle.json`` says: all that another program needs to know of a bundle, without the card."""

from collections.abc import Mapping
from typing import Any

from coldwave.audio import decode
from coldwave.audio.log_mel import POWER_FLOOR
from coldwave.bundle.checking import Difference
from coldwave.bundle.index import Index
from coldwave.bundle.model import EMBEDDING, WINDOWS, Built
from coldwave.use.models import Model

FORMAT = 1
INPUTS = {"duration", "offset", "min_seconds"}  # settings that say which part of a file is heard
HOW = {
    "windows": "cut the frames of log_mel, rounded to float16, into consecutive windows from the first frame on; leave "
    "out the last frames that fill none; the song's vector is the mean of the windows' vectors; a song shorter than "
    "one window has none",
    "log_mel": "give all frames of log_mel of one song, rounded to float16; the one row is the song's vector",
    "embedding": "give embeddings as they are in the table that the run has read, in the order of columns in "
    "bundle.json; each row is a song's vector",
}


def contents(
    model: Model, built: Built, index: Index, difference: Difference, licence: str, version: str
) -> dict[str, Any]:
    """Collect what is known of a bundle, as JSON has it; the files' digests come from who has written them.

    Raises
    ------
    InputError
        The names of an embedding's columns are missing in the run.
    """
    config = model.files.config
    takes = {"input": built.takes, "dtype": "float32" if built.takes == EMBEDDING else "float16"}
    found: dict[str, Any] = {
        "format": FORMAT,
        "coldwave": version,
        "run": model.files.folder.resolve().name,
        "licence": licence,
        "model": {
            "file": "model.onnx",
            "name": model.name,
            "kind": model.settings["kind"],
            "seed": model.seed,
            **takes,
            "shape": list(built.shape),
            "output": "vectors",
            "how": HOW[built.takes],
            "compared": difference._asdict(),
            "settings": built.settings,
        },
    }
    if built.takes == WINDOWS:
        found["model"]["window"] = built.shape[1]
    if built.takes == EMBEDDING:
        found["embedding"] = model.features
        found["model"]["columns"] = model.files.columns_of(model.features)
    else:
        found["audio"] = audio(config["audio"])
    return found | {
        "vectors": {
            "songs": "songs.parquet",
            "users": "users.parquet",
            "length": model.songs.shape[1],
            "score": "the inner product of a user's and a song's vector; only the order of a user's songs means "
            "something",
        },
        "index": {
            "file": "songs.faiss",
            "kind": index.kind,
            "songs": index.songs,
            "labels": "row numbers of songs.parquet, from 0",
            "recall": index.recall,
            "at": index.at,
            "users": len(index.users),
            "cells": index.cells,
            "searched": index.searched,
        },
        "protocol": config["protocol"],
    }


def audio(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Say how log-mels are made, from a file to the front end and in it."""
    window = settings["window"]
    return {
        "file": "audio.onnx",
        "input": "audio",
        "dtype": "float32",
        "output": "log_mel",
        "sample_rate": settings["sample_rate"],
        "channels": "their mean, before resampling",
        "resampling": f"soxr, quality {decode.QUALITY}",
        **{name: settings[name] for name in sorted(INPUTS)},
        "window": window,
        "hop": settings["hop"],
        "padding": window // 2,
        "padded_with": "zeros, before the signal and after it",
        "window_function": "Hann, periodic",
        "mel_bands": settings["mel_bands"],
        "mel_from": 0,
        "mel_to": settings["sample_rate"] / 2,
        "mel_scale": "Slaney",
        "mel_norm": "Slaney (each filter has the area 1 over Hz)",
        "power_floor": POWER_FLOOR,
        "log": "natural, of the power",
    }
