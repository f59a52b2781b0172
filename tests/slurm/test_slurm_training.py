"""Trainings on the cluster: over two nodes, put off in the middle, and with too little memory at first."""

import pytest

from tests.conftest import NETWORK, check_same_weights
from tests.slurm.cluster import wait_until
from tests.slurm.conftest import FEWER, Desk

SEED = 3
EPOCHS = 60
ALONE = NETWORK | {"epochs": EPOCHS, "patience": EPOCHS}
MODELS = FEWER["models"] | {"alone": ALONE, "on_two_nodes": ALONE | {"nodes": 2}}
TRAININGS = {"models": MODELS}


def weights_of(name: str) -> str:
    return f"results/tiny/models/{name}/{SEED}.safetensors"


@pytest.fixture(scope="module")
def trained(whole: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One network trained on one node, and the same on two, whose job made room for another in the middle."""
    desk = whole.copy(tmp_path_factory.mktemp("copies") / "trained")
    so_far = len(whole.cluster.jobs("train_cnn"))
    call = desk.call(targets=[weights_of("alone"), weights_of("on_two_nodes")], overlay=TRAININGS)
    log = desk.place.results / f"logs/train_cnn/on_two_nodes/{SEED}.log"
    wait_until(lambda: "epoch 2: loss" in log.read_text(), "two epochs are kept", lambda: call.output)
    (job,) = [job for job in whole.cluster.jobs("train_cnn")[so_far:] if job.node == "node[1-2]"]
    whole.cluster.ask("scontrol", "requeue", job.id)
    call.finish()
    return desk


def test_a_training_on_two_nodes_learns_what_one_on_one_node_learns(trained):
    check_same_weights(*(trained.place.folder / weights_of(name) for name in ("alone", "on_two_nodes")))


def test_it_was_a_step_on_both_nodes_and_each_had_a_process(trained):
    *_, job = [job for job in trained.cluster.jobs("train_cnn") if job.node == "node[1-2]"]
    assert job.state == "COMPLETED"
    for node in ("node1", "node2"):
        log = (trained.cluster.folder / "logs" / f"slurmd.{node}.log").read_text()
        assert f"launch task StepId={job.id}.0" in log, node


def test_put_in_the_queue_again_it_went_on_from_its_checkpoint(trained):
    logged = (trained.place.results / f"logs/train_cnn/on_two_nodes/{SEED}.log").read_text()
    assert logged.count("resumed at epoch") == 1
    assert f"epoch {EPOCHS}: loss" in logged and "epoch 1: loss" not in logged
    assert list((trained.place.folder / "cache/training").iterdir()) == []


def test_a_training_out_of_memory_succeeds_with_more(whole, tmp_path):
    """What a network's training needs is more than its first attempt is given here."""
    desk = whole.copy(tmp_path / "copy")
    so_far = len(whole.cluster.jobs("train_cnn"))
    little = ["--set-resources", "train_cnn:mem_mb=300 * 8 ** (attempt - 1)"]
    desk.call(*little, targets=[weights_of("alone")], overlay=TRAININGS).finish()
    first, again = whole.cluster.jobs("train_cnn")[so_far:]
    assert (first.memory, again.memory, again.state) == ("300M", "2400M", "COMPLETED")
    assert first.state in ("FAILED", "CANCELLED", "OUT_OF_MEMORY")
