"""Two processes learn what one learns."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from networks_together import main as train_alone

from coldwave.errors import InputError
from coldwave.models.cnn.launching import check_processes, launch
from coldwave.models.cnn.processes import number_of_processes, own_share, sum_over_processes, whole_batch

CASES = ["mse", "stopped", "wpe", "bpr", "sampled_softmax", "ingredients", "ranked_ingredients"]
PROGRAM = Path(__file__).parent / "networks_together.py"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """What came out of each case with one process, and with two."""
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("coldwave.models.cnn.training.EVALUATION_BATCH", 256)  # which it changes
        patched.setattr("logging.disable", lambda: None)
        train_alone(folder=one, processes=1)
    launch(PROGRAM, {"folder": two, "processes": 2}, 2, 1, 2)
    return one, two


@pytest.mark.parametrize("case", CASES)
def test_two_processes_have_the_losses_of_one_in_every_epoch_and_its_weights(case, folders):
    one, two = (pl.read_parquet(folder / f"{case}.parquet") for folder in folders)
    assert one.select("epoch", "learning_rate", "best").equals(two.select("epoch", "learning_rate", "best"))
    for loss in ("train_loss", "validation_loss"):
        assert two[loss].to_numpy() == pytest.approx(one[loss].to_numpy(), rel=1e-5, abs=1e-6)
    one, two = (np.load(folder / f"{case}.npz") for folder in folders)
    for name in one.files:
        assert two[name] == pytest.approx(one[name], abs=1e-5 * max(1.0, float(np.abs(one[name]).max()))), name


def test_the_cases_are_what_they_are_for(folders):
    assert pl.read_parquet(folders[0] / "stopped.parquet").height < 60
    learnt = [pl.read_parquet(folders[0] / f"{case}.parquet")["validation_loss"] for case in CASES if case != "stopped"]
    assert all(curve.min() < curve[0] for curve in learnt)


def test_one_process_has_everything_and_sums_nothing():
    tensor = torch.ones(3, requires_grad=True)
    assert (number_of_processes(), own_share()) == (1, slice(0, None, 1))
    assert sum_over_processes(tensor) is tensor
    assert whole_batch(tensor, 3) is tensor


def test_other_processes_than_the_settings_ask_for_are_refused(monkeypatch):
    check_processes(1)
    with pytest.raises(InputError, match="1 processes were started, but the model's devices x nodes are 2"):
        check_processes(2)
    for name, value in {"TORCHELASTIC_RUN_ID": "1", "RANK": "1", "WORLD_SIZE": "4"}.items():
        monkeypatch.setenv(name, value)
    check_processes(4)
    with pytest.raises(InputError, match="4 processes were started"):
        check_processes(1)
