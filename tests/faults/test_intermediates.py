"""Files of a run that have been cut short, replaced or joined by others: named with what to do, or of no effect."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import save_file

from tests.conftest import Workplace
from tests.faults.conftest import made


def error_after(place: Workplace, file: Path, stale: str, damage: Callable[[Path], None]) -> str:
    """What a job says when a file was damaged under its time, and what follows it (``stale``) has to be made again."""
    before = file.stat()
    damage(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    gone = place.results / stale
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    outcome = place.snakemake()
    assert outcome.status == 1
    return next(line for line in outcome.output.splitlines() if " error: " in line)


@pytest.mark.parametrize(
    ("path", "stale"),
    [
        ("plays/plays.parquet", "wmf"),
        ("split/split.parquet", "wmf"),
        ("wmf/user_factors.npy", "scores/linear"),
        ("wmf/song_factors.npy", "models/linear"),
        ("audio/log_mel/000.npy", "bow/counts"),
        ("audio/log_mel/000.parquet", "audio/index.parquet"),
        ("bow/counts/000.parquet", "bow/features.npy"),
        ("bow/features.npy", "models/linear"),
        ("models/linear/3.safetensors", "predictions/linear"),
        ("models/cnn_mse/3.safetensors", "predictions/cnn_mse"),
        ("predictions/linear/3.npy", "scores/linear"),
        ("scores/linear/3.parquet", "tables/recommendation.parquet"),
    ],
)
def test_a_file_cut_short_is_named_with_how_to_make_it_again(tiny, tmp_path, path, stale):
    """As a full disk or a broken transfer leaves it, under its time; what follows it has to be made again."""
    place = tiny.copy(tmp_path / "copy")
    file = place.results / path
    error = error_after(place, file, stale, lambda path: os.truncate(path, path.stat().st_size // 2))
    assert f"results/tiny/{path}" in error
    assert "delete it and run again" in error
    file.unlink()
    place.make()
    assert made(place) == made(tiny)


def _array(path):
    np.save(path, np.zeros((3, 2), dtype=np.float32))


def _objects(path):
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)


def _table(path):
    pl.DataFrame({"something": [1]}).write_parquet(path)


def _weights(path):
    save_file({"x": np.zeros(3, dtype=np.float32)}, path)


@pytest.mark.parametrize(
    ("path", "stale", "write"),
    [
        ("wmf/song_factors.npy", "models/linear", _array),
        ("wmf/song_factors.npy", "models/linear", _objects),
        ("bow/features.npy", "models/mlp", _array),
        ("plays/plays.parquet", "wmf", _table),
        ("scores/linear/3.parquet", "tables/recommendation.parquet", _table),
        ("models/linear/3.safetensors", "predictions/linear", _weights),
        ("audio/log_mel/000.npy", "bow/counts", _array),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_file_of_something_else_is_named(tiny, tmp_path, path, stale, write):
    """As another version, another run or another program has written it."""
    place = tiny.copy(tmp_path / "copy")
    error = error_after(place, place.results / path, stale, write)
    assert f"results/tiny/{path}" in error
    assert "run again" in error


def test_foreign_files_beside_those_of_the_run_change_nothing(tiny, tmp_path):
    place = tiny.copy(tmp_path / "copy")
    for folder in ("", "plays", "audio/log_mel", "models/cnn_mse", "scores", "tables", "figures"):
        (place.results / folder / "notes.txt").write_text("of somebody else\n")
        (place.results / folder / "other.npy").write_bytes(b"no array")
    _table(place.results / "bow/counts/999.parquet")
    assert place.plan() == {}
    for folder in ("audio/log_mel", "tables"):
        for file in (place.results / folder).glob("[0-9t]*.parquet"):
            file.unlink()
    place.make()
    assert made(place) == made(tiny)
    assert (place.results / "models/cnn_mse/notes.txt").read_text() == "of somebody else\n"
