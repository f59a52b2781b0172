"""The rule that trains a network, in two processes, killed in the middle and run again."""

import time

import pytest

from tests.conftest import NETWORK, check_same_weights

LIMIT = 300  # seconds
SEED = 3
EPOCHS = 20
ALONE = NETWORK | {"epochs": EPOCHS, "patience": EPOCHS}
OVERLAY = {"models": {"alone": ALONE, "together": ALONE | {"devices": 2}}}


def weights_of(name):
    return f"models/{name}/{SEED}.safetensors"


def kill_once_it_has_a_checkpoint(place):
    """Start Snakemake, and kill it and all that it started when the first epoch is kept."""
    call = place.start(targets=[f"results/tiny/{weights_of('together')}"], overlay=OVERLAY)
    try:
        end = time.monotonic() + LIMIT
        while not list((place.folder / "cache/training").glob("*.ckpt")):
            assert time.monotonic() < end and call.process.poll() is None
            time.sleep(0.02)
    finally:
        call.kill()


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
    check_same_weights(*(trained.results / weights_of(name) for name in ("alone", "together")))
    curves = [trained.table(f"models/{name}/{SEED}.parquet") for name in ("alone", "together")]
    for loss in ("train_loss", "validation_loss"):
        one, two = (curve[loss].to_numpy() for curve in curves)
        assert len(one) == EPOCHS
        assert one.argmin() > 0
        assert two == pytest.approx(one, rel=1e-4)


def test_the_log_says_where_it_went_on_and_every_epoch_once(trained):
    logged = (trained.results / f"logs/train_cnn/together/{SEED}.log").read_text()
    assert logged.count("resumed at epoch") == 1
    assert logged.count(f"epoch {EPOCHS}: loss") == 1 and "epoch 1: loss" not in logged
    assert "best epoch:" in logged


def test_no_checkpoint_is_left(trained):
    assert list((trained.folder / "cache/training").iterdir()) == []
