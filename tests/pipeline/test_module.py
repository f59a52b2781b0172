"""Coldwave as a module of another workflow, and in the layout that Snakemake's catalogue reads."""

import os
import shutil
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import yaml
from dry_runs import ROOT, TINY

from tests.conftest import Call

PREDICTED = "predictions/linear/3.npy"
HOST = f"""
configfile: "host.yaml"

rule all:
    input: "best.npy"

module coldwave:
    snakefile: {str(ROOT / "Snakefile")!r}
    config: config["coldwave"]

use rule * from coldwave FORM

rule recommend:
    input:
        users="results/hosted/wmf/user_factors.npy",
        songs=coldwave.settled("results/hosted/{PREDICTED}"),
    output: "best.npy"
    script: "scripts/recommend.py"
"""
RECOMMEND = """
import numpy as np
users, songs = (np.load(path) for path in (snakemake.input.users, snakemake.input.songs))
np.save(snakemake.output[0], (users @ songs.T).argmax(axis=1))
"""
ONCE = ["make_world", "read_plays", "split_songs", "factorise_plays", "shard_songs", "settle_shards", "index_audio",
        "learn_codebook", "reduce_counts", "fit_linear", "predict_linear"]  # fmt: skip
NEEDED = {**dict.fromkeys(ONCE, 1), "extract_log_mel": 2, "count_words": 2}


@pytest.fixture
def host(tiny, tmp_path):
    """Run a host workflow of two rules, which takes the tiny run's config and Coldwave's rules in a given form."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/recommend.py").write_text(RECOMMEND)
    config = {"coldwave": yaml.safe_load(TINY.read_text()) | {"run": "hosted"}}
    (tmp_path / "host.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def run(form, *flags):
        (tmp_path / "Snakefile").write_text(HOST.replace("FORM", form))
        command = [sys.executable, "-m", "snakemake", "--workflow-profile", ROOT / "profiles/default", "--cores", "2"]
        command += ["--max-threads", "1", *flags]
        return Call(command, tiny.environment, tiny.home / "host.txt", tmp_path).finish()

    return run


def test_a_host_workflow_uses_the_predictions_under_names_of_its_choice(host, tiny, tmp_path):
    outcome = host("as coldwave_*")
    named = {f"coldwave_{rule}": number for rule, number in NEEDED.items()}
    assert Counter(outcome.done) == named | {"recommend": 1}
    results = tmp_path / "results/hosted"
    for path in (PREDICTED, "wmf/user_factors.npy"):
        assert (results / path).read_bytes() == (tiny.results / path).read_bytes()
    scores = tiny.array("wmf/user_factors.npy") @ tiny.array(PREDICTED).T
    assert np.array_equal(np.load(tmp_path / "best.npy"), scores.argmax(axis=1))
    assert host("as coldwave_*", "--dry-run").jobs == {}
    for file in (results / "world/audio").iterdir():
        os.utime(file)
    assert host("as coldwave_*").done == ["coldwave_shard_songs", "coldwave_settle_shards"]


def test_a_host_workflow_takes_the_rules_as_they_are_named(host):
    """All of them but its own `all`, which stays the default target."""
    jobs = host("exclude all", "--dry-run").jobs
    assert jobs["recommend"] == jobs["factorise_plays"] == jobs["settle_shards"] == 1


def test_the_catalogue_draws_the_rules_of_the_small_config(tiny, tmp_path):
    """As its crawler does."""
    shutil.copytree(ROOT / ".test", tmp_path / ".test", ignore=shutil.ignore_patterns(".snakemake", "results", "cache"))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "workflow/Snakefile"), "--cores", "1"]
    command += ["--directory", str(tmp_path / ".test"), "--forceall", "--rulegraph"]
    drawn = subprocess.run(command, cwd=tmp_path, env=tiny.environment, capture_output=True, text=True)
    assert drawn.returncode == 0, drawn.stderr
    for rule, there in {"all": True, "settle_shards": True, "predict_linear": True, "train_cnn": False}.items():
        assert (f'label = "{rule}"' in drawn.stdout) == there, "the small config leaves networks out"
