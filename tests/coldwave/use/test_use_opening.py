"""A run is opened without what makes runs; what is no finished run is refused with what to do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import coldwave
from coldwave.errors import InputError
from coldwave.use.kinds import KINDS
from coldwave.use.predicting import PREDICTORS
from workflow.kinds import ROWS


def test_neither_snakemake_nor_torch_is_imported(folder):
    scripts = Path(coldwave.__file__).parents[1]
    code = (
        f"import sys; sys.path.insert(0, {str(scripts)!r}); import coldwave; before = set(sys.modules)\n"
        f"run = coldwave.load({str(folder)!r})\n"
        "run.recommend('u0003'); run.recommend(plays={'S001': 3}); run.why('u0003', 'S020'); run.similar('S002')\n"
        "print('numpy' in before, *{name.split('.')[0] for name in sys.modules})\n"
    )
    early, *modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert early == "False", "`import coldwave` alone imports nothing"
    assert not {"snakemake", "torch", "lightning", "implicit", "sklearn", "librosa", "workflow"} & set(modules)
    assert {"numpy", "polars"} <= set(modules)


def test_the_library_offers_load_and_nothing_else():
    assert "load" in dir(coldwave)
    assert coldwave.load.__module__ == "coldwave.use.opening"
    with pytest.raises(AttributeError, match="no attribute 'open'"):
        coldwave.open  # noqa: B018


def test_folders_that_are_no_finished_run_are_refused(tmp_path, folder):
    with pytest.raises(InputError, match="no such folder"):
        coldwave.load(tmp_path / "none")
    with pytest.raises(InputError, match=r"not a finished run \(it has no provenance.json"):
        coldwave.load(tmp_path)
    (tmp_path / "provenance.json").write_text("{}")
    with pytest.raises(InputError, match="not the record of a run"):
        coldwave.load(tmp_path)


@pytest.mark.parametrize("lost", ["plays/songs.parquet", "wmf/user_factors.npy", "split/split.parquet"])
def test_a_lost_file_is_named(lost, tmp_path, folder):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / lost).unlink()
    with pytest.raises(InputError, match=f"{lost}: this file of the run is missing"):
        coldwave.load(copy)


def test_a_damaged_table_is_named_when_it_is_read(tmp_path, folder):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "plays/plays.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="plays/plays.parquet: not the whole Parquet table"):
        coldwave.load(copy).recommend("u0001", model="linear")


def test_every_kind_that_listens_can_be_used():
    hearing = {row.kind for row in ROWS if row.hears}
    assert set(KINDS) == set(PREDICTORS) == hearing
    for row in ROWS:
        if row.hears:
            kind = KINDS[row.kind]
            assert kind.leaves_out == (row.left_out or row.names)
            assert (kind.hears == "audio") == (row.stands_on == ("audio",))
            assert (kind.hears == "log_mels") == row.hears_log_mels
