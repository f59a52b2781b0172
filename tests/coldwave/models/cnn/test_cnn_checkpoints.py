"""A training that was killed goes on from its checkpoint, and from no other file."""

import logging
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from interrupted_training import BATCHES
from interrupted_training import main as train_undisturbed
from test_cnn_training import SETTINGS, Songs, trained

from coldwave import job
from coldwave.models.cnn import checkpoints
from coldwave.models.cnn.checkpoints import checkpoint_path, usable_checkpoint

PROGRAM = Path(__file__).parent / "interrupted_training.py"
LIMIT = 120  # seconds


def outcome(weights, curve):
    arrays = np.load(weights)
    return {name: arrays[name].tobytes() for name in arrays.files}, pl.read_parquet(curve).drop("seconds").rows()


def start(folder, weights, batches=0):
    command = [sys.executable, PROGRAM, "--checkpoint", folder / "kept.ckpt", "--weights", folder / weights]
    command += ["--curve", folder / "curve.parquet", "--batches", str(batches)]
    environment = {"PYTHONPATH": str(Path(job.__file__).parents[1])}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


def kill(folder, name, batches):
    """Start the training, and kill it when it has come so far; returns what it logged."""
    process = start(folder, name, batches)
    try:
        end = time.monotonic() + LIMIT
        while not (folder / name).exists():
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        logged = process.communicate()[1]
    assert process.returncode == -signal.SIGKILL
    return logged


def test_a_killed_training_goes_on_to_the_same_weights_and_learning_curve(tmp_path, monkeypatch):
    """Killed after two epochs, before the next has begun, and again in the middle of the fourth epoch."""
    monkeypatch.setattr(checkpoints, "WORTH", 0)
    undisturbed = tmp_path / "undisturbed.npz", tmp_path / "undisturbed.parquet"
    train_undisturbed(checkpoint=tmp_path / "other.ckpt", weights=undisturbed[0], curve=undisturbed[1])
    first = kill(tmp_path, "between", 2 * BATCHES)
    assert "epoch 2: loss" in first and "resumed" not in first
    second = kill(tmp_path, "within", BATCHES + BATCHES // 2)
    assert "resumed at epoch 3" in second and "epoch 3: loss" in second and "epoch 4: loss" not in second
    process = start(tmp_path, "weights.npz")
    third = process.communicate(timeout=LIMIT)[1]
    assert process.returncode == 0 and "resumed at epoch 4" in third
    assert outcome(tmp_path / "weights.npz", tmp_path / "curve.parquet") == outcome(*undisturbed)
    assert pl.read_parquet(tmp_path / "curve.parquet")["seconds"].is_sorted()
    assert (tmp_path / "kept.ckpt").exists()  # for the script to delete, once what was learnt is written


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "kept.ckpt"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checkpoints, "WORTH", 0)
        trained(Songs(), epochs=3, checkpoint=path)
    return path


def test_the_last_epoch_needs_no_checkpoint_and_one_that_is_dear_is_rare(kept, tmp_path, monkeypatch):
    assert len(torch.load(kept, weights_only=True)["curve"]) == 2
    monkeypatch.setattr(checkpoints, "WORTH", 1e9)
    trained(Songs(), epochs=4, checkpoint=tmp_path / "rare.ckpt")
    assert len(torch.load(tmp_path / "rare.ckpt", weights_only=True)["curve"]) == 1


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("was_run"),)


def damage(content, how):
    if how == "cut":
        return content[: len(content) // 2]
    if how == "flipped":
        place = content.index(np.float32(0).tobytes() * 8) + 5
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    return {"empty": b"", "text": b"no checkpoint\n", "code": pickle.dumps(Evil())}[how]


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "text", "code", "zip of code", "foreign", "other"])
def test_a_file_that_is_no_whole_checkpoint_of_the_training_is_ignored_with_a_warning(
    how, kept, tmp_path, monkeypatch, caplog
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ("foreign.ckpt" if how == "foreign" else "kept.ckpt")
    if how == "zip of code":
        torch.save({"callbacks": Evil()}, path)
    elif how == "other":
        torch.save({"state_dict": {}}, path)
    else:
        content = kept.read_bytes()
        path.write_bytes(content if how == "foreign" else damage(content, how))
    assert usable_checkpoint(kept)
    assert caplog.records == []
    with caplog.at_level(logging.WARNING):
        assert not usable_checkpoint(path)
    assert f"{path}: not a whole checkpoint of this training" in caplog.text
    assert not (tmp_path / "was_run").exists()


def test_a_training_begins_from_the_start_where_its_checkpoint_is_damaged(kept, tmp_path):
    path = tmp_path / "kept.ckpt"
    path.write_bytes(damage(kept.read_bytes(), "cut"))
    one, two = (trained(Songs(), epochs=3, checkpoint=given)[0].arrays() for given in (path, None))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_the_name_is_made_of_all_that_the_training_depends_on(tmp_path, monkeypatch):
    table, shard = tmp_path / "table", tmp_path / "shard"
    table.write_bytes(b"1")
    shard.write_bytes(b"2")

    def name(settings=SETTINGS, seed=1, files=(table, shard)):
        return checkpoint_path(tmp_path, settings, seed, list(files))

    first = name()
    assert first.parent == tmp_path / "training"
    shard.touch()
    assert name(dict(reversed(SETTINGS.items()))) == first
    others = [name(SETTINGS | {"kernel": 5}), name(seed=2), name(files=[shard, table]), name(files=[table])]
    shard.write_bytes(b"3")
    others.append(name())
    shard.write_bytes(b"2")
    assert name() == first
    (tmp_path / "module.py").write_text("x = 1")
    monkeypatch.setattr(checkpoints, "__file__", str(tmp_path / "module.py"))
    others.append(name())
    assert len({first, *others}) == len(others) + 1
