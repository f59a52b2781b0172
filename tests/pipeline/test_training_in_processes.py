"""The rule that trains a network, in two processes, killed in the middle and run again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).parent / "tiny.yaml"
LIMIT = 300  # seconds
SEED = 3
# The processes' sums differ from one's in their last digits. Steps are short, or the maximum of a pool would move to
# another frame for that, sooner or later and on some processors, and the two networks would part.
NETWORK = {"kind": "cnn", "window": 40, "channels": [8], "dense": [16], "batch_size": 8, "epochs": 40, "patience": 40,
           "learning_rate": 1e-4, "accelerator": "cpu"}  # fmt: skip
OVERLAY = {"models": {"alone": NETWORK, "together": NETWORK | {"devices": 2}}}


def weights_of(name):
    return f"models/{name}/{SEED}.safetensors"


def kill_once_it_has_a_checkpoint(place):
    """Start Snakemake, and kill it and all that it started when the first epoch is kept."""
    overlay = place.home / "together.yaml"
    overlay.write_text(yaml.safe_dump(OVERLAY))
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", place.folder]
    command += ["--cores", "2", "--configfile", TINY, overlay, "--", f"results/tiny/{weights_of('together')}"]
    with subprocess.Popen(
        list(map(str, command)), cwd=place.home, env=place.environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            end = time.monotonic() + LIMIT
            while not list((place.folder / "cache/training").glob("*.ckpt")):
                assert time.monotonic() < end and process.poll() is None
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    place = tiny.copy(tmp_path_factory.mktemp("copies") / "together")
    kill_once_it_has_a_checkpoint(place)
    assert not (place.results / weights_of("together")).exists()
    place.make("--unlock", overlay=OVERLAY)
    targets = [f"results/tiny/{weights_of(name)}" for name in ("alone", "together")]
    place.make("--rerun-incomplete", targets=targets, overlay=OVERLAY)
    return place


def test_two_processes_that_were_killed_learn_what_one_learns(trained):
    one, two = (load_file(trained.results / weights_of(name)) for name in ("alone", "together"))
    assert one.keys() == two.keys()
    for name, array in one.items():
        assert two[name] == pytest.approx(array, abs=1e-4 * max(1.0, float(np.abs(array).max()))), name
    curves = [trained.table(f"models/{name}/{SEED}.parquet") for name in ("alone", "together")]
    for loss in ("train_loss", "validation_loss"):
        one, two = (curve[loss].to_numpy() for curve in curves)
        assert len(one) == 40
        assert one.argmin() > 0
        assert two == pytest.approx(one, rel=1e-4)


def test_the_log_says_where_it_went_on_and_every_epoch_once(trained):
    logged = (trained.results / f"logs/train_cnn/together/{SEED}.log").read_text()
    assert logged.count("resumed at epoch") == 1
    assert logged.count("epoch 40: error") == 1 and "epoch 1: error" not in logged
    assert "best epoch:" in logged


def test_no_checkpoint_is_left(trained):
    assert list((trained.folder / "cache/training").iterdir()) == []
