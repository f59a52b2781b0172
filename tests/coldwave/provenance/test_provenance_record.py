"""Provenance: digests that a copy and a rerun share and that a changed bit changes; times and memory by rule."""

import hashlib
import os
import subprocess

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.provenance import record as module
from coldwave.provenance.comparison import differing_outputs
from coldwave.provenance.record import commit, digest_input, digest_output, provenance, time_and_memory, versions


def test_a_digest_is_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    assert digest_input(tmp_path / "a") == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    with pytest.raises(InputError, match="gone: No such file"):
        digest_input(tmp_path / "gone")


def test_a_folders_digest_is_of_its_files_and_their_names(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").write_text("1")
    (tmp_path / "b").write_text("2")
    before = digest_input(tmp_path)
    os.utime(tmp_path / "b", (0, 0))
    assert digest_input(tmp_path) == before
    (tmp_path / "b").rename(tmp_path / "c")
    assert digest_input(tmp_path) != before


def test_a_tables_seconds_do_not_count_and_all_else_does(tmp_path):
    def digest(seconds, value):
        pl.DataFrame({"iteration": [1], "objective": [value], "seconds": [seconds]}).write_parquet(
            tmp_path / "t.parquet"
        )
        return digest_output(tmp_path / "t.parquet")

    assert digest(1.0, 2.0) == digest(9.0, 2.0) != digest(1.0, 2.0000001)
    np.save(tmp_path / "a.npy", np.zeros(3))
    assert digest_output(tmp_path / "a.npy") == digest_input(tmp_path / "a.npy")


def test_time_and_memory_are_those_of_the_jobs(tmp_path):
    header = "s\th:m:s\tmax_rss\tmean_load\n"
    (tmp_path / "train/cnn").mkdir(parents=True)
    (tmp_path / "train/cnn/1.tsv").write_text(f"{header}10.5\t0:00:10\t200.5\t3\n")
    (tmp_path / "train/cnn/2.tsv").write_text(f"{header}1.25\t0:00:01\t100.0\t3\n")
    (tmp_path / "split.tsv").write_text(f"{header}0.01\t0:00:00\tNA\tNA\n")
    assert time_and_memory(tmp_path) == {
        "split": {"jobs": 1, "seconds": 0.01, "peak_memory_mib": None},
        "train": {"jobs": 2, "seconds": 11.75, "peak_memory_mib": 200.5},
    }


def test_a_commit_and_whether_files_were_changed_since(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))  # whatever is around it
    assert commit(tmp_path) is None

    def git(*words):
        command = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "First")
    assert commit(tmp_path) == {"commit": git("rev-parse", "HEAD"), "changed": False}
    (tmp_path / "a").write_text("2")
    assert commit(tmp_path)["changed"] is True


def test_without_git_or_a_driver_there_is_nothing_to_say(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(tmp_path) is None
    assert module.gpus() == []


def test_versions_name_what_is_installed():
    assert versions()["polars"] == pl.__version__
    assert {"python", "numpy"} <= set(versions())


def test_all_is_in_the_record_and_two_runs_are_compared_by_what_they_made(tmp_path):
    def record(name, value):
        root = tmp_path / name
        (root / "wmf").mkdir(parents=True)
        (root / "timings").mkdir()
        np.save(root / "wmf/a.npy", np.array(value))
        np.save(root / "wmf/b.npy", np.array(0))
        (tmp_path / "plays.tsv").write_text("u\ts\t1\n")
        outputs = [root / "wmf/b.npy", root / "wmf/a.npy"]
        return provenance({"plays": tmp_path / "plays.tsv"}, outputs, root, root / "timings", {"seeds": [1]})

    one, other, third = record("one", 1), record("other", 1), record("third", 2)
    assert list(one["outputs"]) == ["wmf/a.npy", "wmf/b.npy"]
    assert one["inputs"]["plays"]["sha256"] == hashlib.sha256(b"u\ts\t1\n").hexdigest()
    assert one["seeds"] == [1]
    assert one["machine"]["cores"] >= 1
    assert differing_outputs(one, other) == []
    assert differing_outputs(one, third) == ["wmf/a.npy"]
    del third["outputs"]["wmf/b.npy"]
    assert differing_outputs(one, third) == ["wmf/a.npy", "wmf/b.npy"]
