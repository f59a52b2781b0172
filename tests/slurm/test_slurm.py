"""The workflow on a real SLURM cluster of two nodes, through profiles/slurm, and what can go wrong there.

One whole run is made first; each fault then strikes jobs that are made again from a copy of it, and what comes out must
be what the undisturbed run had.
"""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import DONE
from tests.slurm.cluster import Job, wait_until
from tests.slurm.conftest import FEWER, OWN, Desk

COUNTS = ["results/tiny/bow/counts/000.parquet", "results/tiny/bow/counts/001.parquet"]
TARGETS = [*COUNTS, "results/tiny/bow/features.npy"]


@pytest.fixture
def before_counts(whole: Desk, tmp_path: Path) -> Desk:
    """A copy of the run in which the words of both shards have to be counted again."""
    copy = whole.copy(tmp_path / "copy")
    shutil.rmtree(copy.place.results / "bow/counts")
    return copy


def digests(desk: Desk, paths: list[str]) -> list[str]:
    return [hashlib.sha256((desk.place.folder / path).read_bytes()).hexdigest() for path in paths]


def running(desk: Desk, number_before: int) -> list[Job]:
    """The tasks that run now of the words' counting, none of them of an earlier test's."""
    return [job for job in desk.cluster.jobs("count_words")[number_before:] if job.state == "RUNNING"]


def test_the_whole_run_is_complete_and_nothing_of_it_would_run_again_on_one_machine(whole):
    assert (whole.place.results / "report/index.html").is_file()
    table = whole.place.table("tables/recommendation.parquet")
    assert set(table["model"]) == {"linear", "cnn_mse", "usage"}
    assert whole.place.plan(overlay=FEWER) == {}


def test_shards_are_tasks_of_an_array_on_both_nodes(whole):
    for rule in ("extract_log_mel", "count_words"):
        first, second = whole.cluster.jobs(rule)[:2]
        assert [first.id, second.id] == [f"{first.id.split('_')[0]}_{task}" for task in (1, 2)]
        assert {first.state, second.state} == {"COMPLETED"}
        assert {first.node, second.node} == {"node1", "node2"}


def test_each_shard_of_the_users_is_a_job(whole):
    jobs = whole.cluster.jobs("rank_users")
    assert {job.state for job in jobs} == {"COMPLETED"}
    assert len(jobs) == 6  # two for each of three models


def test_a_batch_of_new_songs_is_one_job(whole, tmp_path):
    desk = whole.copy(tmp_path / "copy")
    test = desk.place.part("test")  # not learnt from: the run, too, predicts these with the model itself
    songs = desk.place.table("plays/songs.parquet").select("song_id", "title", "artist", "audio")[test]
    songs.with_columns(song_id="new " + songs["song_id"]).write_csv(desk.place.folder / "new.csv")
    overlay = {"models": FEWER["models"] | {"cnn_mse": None}, "new_songs": {"path": "new.csv", "batch": "first"}}
    desk.call(*OWN, targets=["predict_new"], overlay=overlay).finish()
    (job,) = whole.cluster.jobs("place_new_songs")
    assert job.state == "COMPLETED"
    rows = desk.place.table("new_songs/first/vectors.parquet").filter(of="predictions", name="linear")
    vectors = dict(rows.select("song_id", "vector").iter_rows())
    known = dict(zip("new " + songs["song_id"], desk.place.array("predictions/linear/3.npy")[test], strict=True))
    assert vectors.keys() == known.keys()
    assert all(vectors[song_id] == pytest.approx(vector, rel=1e-5, abs=1e-5) for song_id, vector in known.items())


def test_gpus_and_partition_are_reserved_where_they_are_asked_for(whole):
    (training,) = whole.cluster.jobs("train_cnn")
    assert (training.partition, training.node, training.state) == ("gpu", "node2", "COMPLETED")
    assert "TresPerJob=gres:gpu:2" in whole.cluster.ask("scontrol", "--oneliner", "show", "job", training.id)
    (prediction,) = whole.cluster.jobs("predict_cnn")
    assert prediction.partition == "cpu"
    assert "TresPerJob" not in whole.cluster.ask("scontrol", "--oneliner", "show", "job", prediction.id)


def test_a_job_out_of_memory_succeeds_with_more(desk):
    """Three tasks of an array; one of them holds more than its first attempt may."""
    snakefile = Path(__file__).with_name("hungry.smk")
    outputs = [f"hungry/{number}.txt" for number in range(3)]
    outcome = desk.call("--slurm-array-jobs", "hungry", targets=outputs, snakefile=snakefile, overlay=FEWER).finish()
    # this Snakefile has no profile beside it: Snakemake speaks for itself
    assert outcome.output.count("(Rule: hungry)") == 3
    *first, again = desk.cluster.jobs("hungry")
    (killed,) = [job for job in first if job.state != "COMPLETED"]
    logs = (desk.place.folder / ".snakemake/slurm_logs/rule_hungry").glob("*.log")
    assert any("memory limit" in log.read_text() for log in logs), killed
    assert (len(first), again.state) == (3, "COMPLETED")
    assert [job.memory for job in (*first, again)] == ["701M", "701M", "701M", "1400M"]  # 1 MB is for the array's list
    attempts = [(desk.place.folder / output).read_text() for output in outputs]
    assert attempts == ["700 MB\n", "1400 MB\n", "700 MB\n"]


def test_two_gpus_start_a_program_once(desk):
    snakefile = Path(__file__).with_name("hungry.smk")
    desk.call(targets=["devices.txt"], snakefile=snakefile, overlay=FEWER).finish()
    assert (desk.place.folder / "devices.txt").read_text() == "0,1\n"


def test_a_cancelled_job_is_tried_again(whole, before_counts):
    so_far = len(whole.cluster.jobs("count_words"))
    call = before_counts.call(*OWN, targets=TARGETS, overlay=FEWER)
    job, *_ = wait_until(lambda: running(whole, so_far), "a task runs", lambda: call.output)
    whole.cluster.ask("scancel", job.id)
    outcome = call.finish()
    assert "CANCELLED" in outcome.output
    assert outcome.done.count("count_words") == 2
    states = [job.state for job in whole.cluster.jobs("count_words")[so_far:]]
    assert sorted(states) == ["CANCELLED", "COMPLETED", "COMPLETED"]
    assert digests(before_counts, TARGETS) == digests(whole, TARGETS)


def test_a_job_of_a_node_that_crashed_runs_on_another(whole, before_counts):
    so_far = len(whole.cluster.jobs("count_words"))
    call = before_counts.call(*OWN, targets=TARGETS, overlay=FEWER)

    def on_second() -> list[Job]:
        return [job for job in running(whole, so_far) if job.node == "node2"]

    (job,) = wait_until(on_second, "a task runs on node2", lambda: call.output)
    whole.cluster.crash_node("node2")
    try:
        outcome = call.finish()
    finally:
        whole.cluster.start_node("node2")
    assert outcome.done.count("count_words") == 2
    (moved,) = [other for other in whole.cluster.jobs() if other.id == job.id]
    assert (moved.state, moved.node) == ("COMPLETED", "node1")  # the same job: SLURM has put it in the queue again
    assert digests(before_counts, TARGETS) == digests(whole, TARGETS)


def test_a_killed_snakemake_goes_on_without_what_is_done(whole, before_counts):
    """Its jobs outlive it. The user ends them by the run's id, unlocks the folder, and starts it again."""
    so_far = len(whole.cluster.jobs("count_words"))
    killed = before_counts.call(*OWN, targets=TARGETS, overlay=FEWER)
    # The second of the array's tasks, so that the first is done and it is not: it would wait for the first one.
    second = lambda: [job for job in running(whole, so_far) if job.id.endswith("_2")]  # noqa: E731
    (halted,) = wait_until(second, "the second task runs", lambda: killed.output)
    whole.cluster.ask("scontrol", "suspend", halted.id)
    wait_until(lambda: re.search(DONE, killed.output), "a job is done", lambda: killed.output)
    killed.kill()
    (done,) = [path for path in COUNTS if (before_counts.place.folder / path).exists()]
    time_of_done = (before_counts.place.folder / done).stat().st_mtime_ns

    assert before_counts.call(*OWN, targets=TARGETS, overlay=FEWER).end().status != 0  # locked
    whole.cluster.ask("scancel", f"--name={killed.run_id}")
    before_counts.call("--unlock", overlay=FEWER).finish()
    outcome = before_counts.call(*OWN, targets=TARGETS, overlay=FEWER).finish()
    assert outcome.done == ["count_words", "reduce_counts"]
    assert (before_counts.place.folder / done).stat().st_mtime_ns == time_of_done
    assert digests(before_counts, TARGETS) == digests(whole, TARGETS)
