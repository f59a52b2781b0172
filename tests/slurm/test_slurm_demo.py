"""The demo itself on the cluster: what `make demo` runs on one machine, with nothing left out of it."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from coldwave.audio.shards import shard_names
from tests.conftest import ROOT, Workplace
from tests.slurm.cluster import Cluster
from tests.slurm.conftest import Desk
from workflow.settings import check

CONFIG = ROOT / "config.yaml"
SHARDS = len(shard_names(check(yaml.safe_load(CONFIG.read_text()))["audio"]["shards"]))


@pytest.mark.demo
def test_the_demo_runs_through_the_profile_on_both_nodes(cluster: Cluster, tmp_path: Path, home: Path):
    desk = Desk(cluster, Workplace(tmp_path, home))
    before = len(cluster.jobs())
    desk.call(config=CONFIG).finish()
    jobs = cluster.jobs()[before:]
    assert {job.state for job in jobs} == {"COMPLETED"}
    for rule in ("extract_log_mel", "count_words"):
        tasks = [job for job in cluster.jobs(rule) if job in jobs]
        assert len(tasks) == SHARDS
        assert {task.id.split("_")[0] for task in tasks} == {tasks[0].id.split("_")[0]}, "one array"
        assert {task.node for task in tasks} == {"node1", "node2"}
    results = tmp_path / "results/demo"
    assert (results / "report/index.html").is_file()
    table = pl.read_parquet(results / "tables/recommendation.parquet")
    assert {"linear", "mlp", "mlr", "cnn_mse", "cnn_wpe", "usage"} <= set(table["model"])
    assert desk.call("--dry-run", config=CONFIG).finish().jobs == {}
