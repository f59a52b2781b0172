"""Cases of the stages that hear: log-mels, the bag of words, the network."""

from typing import Any

import polars as pl
from scaling import audio
from scaling.case import SETTINGS, Case, made_by, of_model
from scaling.files import Files

from coldwave.analysis.song_map import MAP
from coldwave.examples.tables import PLAYED, RECOMMENDED, SIMILAR
from coldwave.files import write_table

SHORT = {"frames": 258, "plays": 10_000}  # 6 s of each song
AUDIO = ("sample_rate", "window", "hop", "mel_bands", "duration", "offset", "min_seconds", "timeout")
CODEBOOK = {"coefficients": 13, "standardize": True, "words": 500, "sample_frames": 200_000, "seed": 1}
NETWORK = of_model("cnn_mse", epochs=1000, patience=1000, accelerator="cpu")


def _log_mel(files: Files, _: int) -> dict[str, Any]:
    options = {key: SETTINGS["audio"][key] for key in AUDIO}
    return {"manifest": audio.manifest(files, 30), "cache": "cache", "options": options}


def _excerpts(files: Files, _: int) -> dict[str, Any]:
    """As many excerpts as there are songs, all of which are on the map."""
    tables = {"played": PLAYED, "recommended": RECOMMENDED, "similar": SIMILAR, "map": MAP}
    for name, schema in tables.items():
        songs = {"song": range(files.songs_number), "x": 0.0, "y": 0.0} if name == "map" else {}
        frame = pl.DataFrame(songs, schema_overrides=dict(schema)) if songs else pl.DataFrame(schema=schema)
        write_table(files.folder / f"{name}.parquet", frame, schema)
    options = {"excerpts": files.songs_number, "seconds": 5.0, "megabytes": 10.0, "seed": 1}
    options["audio"] = {key: SETTINGS["audio"][key] for key in ("duration", "offset", "min_seconds", "timeout")}
    given = {name: files.folder / f"{name}.parquet" for name in tables}
    return given | {
        "songs": files.songs,
        "manifests": [audio.manifest(files, 30)],
        "cache": "cache",
        "options": options,
    }


def _index(files: Files, _: int) -> dict[str, Any]:
    return {"songs": files.songs, "tables": audio.log_mels(files)[1]}


def _heard(files: Files) -> dict[str, Any]:
    arrays, tables = audio.log_mels(files)
    return {"index": audio.index(files, tables), "log_mels": arrays}


def _codebook(files: Files, _: int) -> dict[str, Any]:
    return _heard(files) | {"split": files.split, "options": CODEBOOK | {"words": files.size.words}}


def _codebook_of(files: Files, sample: int) -> dict[str, Any]:
    return _heard(files) | {"split": files.split, "options": CODEBOOK | {"sample_frames": sample}}


def _count(files: Files, _: int) -> dict[str, Any]:
    few = Files(files.folder / "few", files.size.__class__(songs=200, frames=258, shards=1, words=files.size.words))
    learnt = made_by(few, "learn_codebook", _codebook(few, 0))
    (array,), (table,) = audio.log_mels(files)
    return {"log_mel": array, "table": table, "options": {"coefficients": 13}} | {
        name: learnt[name] for name in ("codebook", "frame_scale")
    }


def _reduce(files: Files, _: int) -> dict[str, Any]:
    options = {"words": files.size.words, "variance": 0.95}
    return {"songs": files.songs, "split": files.split, "counts": files.counts(), "options": options}


def _train(files: Files, steps: int | None) -> dict[str, Any]:
    options = NETWORK | ({"steps": steps} if steps else {"epochs": 1})
    known = {"split": files.split, "song_factors": files.song_factors, "cache": "cache", "seed": 1}
    return _heard(files) | known | {"options": options}


def _train_once(files: Files, _: int) -> dict[str, Any]:
    return _train(files, None)


def _predict(files: Files, _: int) -> dict[str, Any]:
    few = Files(files.folder / "few", files.size.__class__(songs=200, frames=258, shards=1))
    heard = _heard(files)
    return heard | {"weights": made_by(few, "train_cnn", _train(few, 1))["weights"]}


CASES = (
    Case("extract_log_mel", "songs", (4, 40, 120, 400), _log_mel, {"plays": 1_000}),
    Case("cut_excerpts", "songs", (10, 40, 80), _excerpts, {"plays": 1_000}),
    Case("index_audio", "songs", (1_000, 10_000, 100_000), _index, {"frames": 1, "plays": 10_000}),
    Case("learn_codebook", "songs", (300, 3_000, 10_000), _codebook, SHORT),
    Case(
        "learn_codebook", "sample_frames", (10_000, 100_000, 300_000, 1_000_000), _codebook_of, SHORT | {"songs": 5_000}
    ),
    Case("learn_codebook", "words", (100, 500, 2_000, 4_000), _codebook, SHORT | {"songs": 3_000}),
    Case("count_words", "songs", (10, 100, 300, 1_000), _count, {"shards": 1, "plays": 10_000}),
    Case("count_words", "words", (100, 500, 2_000, 4_000), _count, {"shards": 1, "songs": 60, "plays": 10_000}),
    Case("reduce_counts", "songs", (1_000, 10_000, 30_000, 100_000), _reduce, {"plays": 10_000}),
    Case("reduce_counts", "words", (250, 500, 1_000, 2_000, 4_000), _reduce, {"songs": 3_000, "plays": 10_000}),
    Case("train_cnn", "steps", (10, 100, 300), _train, SHORT | {"songs": 300}),
    Case("train_cnn", "songs", (300, 1_000, 3_000, 10_000), _train_once, SHORT),
    Case("predict_cnn", "songs", (100, 1_000, 3_000, 10_000), _predict, SHORT),
)
