"""Files: whole or not at all."""

import shutil
import subprocess

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.files import (
    read_array,
    read_table,
    remove_leftovers,
    replacing,
    write_array,
    write_rows,
    write_table,
    write_text,
)
from coldwave.models.weights import write_weights

SCHEMA = {"song": pl.UInt32, "title": pl.String}


@pytest.mark.parametrize("memory_map", [False, True])
@pytest.mark.parametrize("shape", [(3, 4), (0, 128)])
def test_an_array_comes_back(tmp_path, memory_map, shape):
    array = np.arange(np.prod(shape), dtype=np.float16).reshape(shape)
    write_array(tmp_path / "x.npy", array)
    found = read_array(tmp_path / "x.npy", memory_map)
    assert found.dtype == array.dtype and np.array_equal(found, array)
    assert isinstance(found, np.memmap) == memory_map


def test_an_array_written_by_rows_has_the_bytes_of_one_written_at_once(tmp_path):
    rng = np.random.default_rng(0)
    whole = rng.normal(size=(9, 5)).astype(np.float32)
    parts = [np.array([7, 2]), np.array([0, 1, 8]), np.array([], int), np.array([4])]
    whole[[3, 5, 6]] = np.nan
    write_array(tmp_path / "whole.npy", whole)
    write_rows(tmp_path / "rows.npy", whole.shape, ((rows, whole[rows]) for rows in parts))
    assert (tmp_path / "rows.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


@pytest.mark.parametrize("memory_map", [False, True])
def test_a_truncated_array_is_named(tmp_path, memory_map):
    path = tmp_path / "x.npy"
    write_array(path, np.ones(1000))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"x\.npy.*run again"):
        read_array(path, memory_map)
    with pytest.raises(InputError, match="gone"):
        read_array(tmp_path / "gone.npy", memory_map)


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError):
        read_array(tmp_path / "x.npy")
    with pytest.raises(ValueError):
        write_array(tmp_path / "y.npy", np.array([{}], dtype=object))


def test_a_table_comes_back_and_its_schema_is_checked(tmp_path):
    frame = pl.DataFrame({"song": [1, 2], "title": ["a", None]}, schema=SCHEMA)
    write_table(tmp_path / "x.parquet", frame, SCHEMA)
    assert read_table(tmp_path / "x.parquet").equals(frame)
    assert read_table(tmp_path / "x.parquet", ["title"]).columns == ["title"]
    for wrong in (frame.drop("title"), frame.cast({"song": pl.Int64}), frame.select("title", "song")):
        with pytest.raises(ValueError, match="columns"):
            write_table(tmp_path / "y.parquet", wrong, SCHEMA)
    assert not (tmp_path / "y.parquet").exists()


def test_a_table_that_is_none_is_named(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more")
    for path in (tmp_path / "x.parquet", tmp_path / "gone.parquet"):
        with pytest.raises(InputError, match=path.name):
            read_table(path)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "x", "old")
    with pytest.raises(RuntimeError), replacing(tmp_path / "x") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert (tmp_path / "x").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_reader_never_sees_a_half_written_file(tmp_path):
    write_text(tmp_path / "x", "old")
    with replacing(tmp_path / "x") as temporary:
        temporary.write_text("new")
        assert (tmp_path / "x").read_text() == "old"
    assert (tmp_path / "x").read_text() == "new"


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / ".x[1].npy.0a1b2c3d.tmp").write_text("half")
    others = ["x[1].npy", ".y.npy.0a1b2c3d.tmp", ".x1.npy.0a1b2c3d.tmp"]
    for name in others:
        (tmp_path / name).write_text("whole")
    remove_leftovers(tmp_path / "x[1].npy")
    remove_leftovers(tmp_path / "not/there/x.npy")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 kB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", tmp_path]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk takes the right to mount one")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


@pytest.mark.parametrize(
    "write",
    [
        lambda path, numbers: write_array(path, numbers),
        lambda path, numbers: write_rows(path, (1, len(numbers)), [(np.array([0]), numbers[None])]),
        lambda path, numbers: write_table(path, pl.DataFrame({"x": numbers}), {"x": pl.Float64}),
        lambda path, numbers: write_text(path, str(list(numbers))),
        lambda path, numbers: write_weights(path, {"x": numbers}, {}),
    ],
    ids=["array", "rows", "table", "text", "weights"],
)
def test_a_full_disk_is_told_and_leaves_the_old_file(small_disk, write):
    path = small_disk / "x"
    write(path, np.ones(3))
    old = path.read_bytes()
    with pytest.raises(InputError, match=r"/x: the disk is full .*free some space"):
        write(path, np.random.default_rng(0).random(100_000))
    assert path.read_bytes() == old
    assert [file.name for file in small_disk.iterdir()] == ["x"]
