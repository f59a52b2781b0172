"""The canary of the scaling of embeddings and encoders' vectors: it passes, and a scaling by all songs is found."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from coldwave.audit.canary import DIFFERS, SAME, learn_again, run_scripts
from coldwave.audit.checks import canary_checks
from coldwave.audit.learners import canaries

SCRIPTS = Path(__file__).parents[3] / "scripts"
NAMES = ("vectors", "mean", "scale", "features")
OPTIONS = {"standardize": True}


@pytest.fixture
def scripts(tmp_path):
    """A copy of the scripts, which a test may make leak."""
    return Path(shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")))


def learnt(folder, scripts):
    """The files of a run of 30 songs, whose vectors are scaled, and what the audit is told of them."""
    vectors = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    vectors[[3, 28]] = np.nan
    part = np.repeat(["train", "validation", "test"], 10)
    (folder / "embeddings").mkdir(parents=True)
    pl.DataFrame({"song": np.arange(30, dtype=np.uint32), "part": part}).write_parquet(folder / "split.parquet")
    np.save(folder / "embeddings/heard.npy", vectors)
    paths = {name: f"embeddings/heard{'' if name == 'vectors' else '.' + name}.npy" for name in NAMES}
    command = [str(scripts / "scale_embeddings.py"), "--options", '{"standardize": true}', "--split"]
    command += [str(folder / "split.parquet")]
    run_scripts([command + [word for name in NAMES for word in (f"--{name}", str(folder / paths[name]))]])
    told = {
        "script": "scale_embeddings.py",
        "inputs": ["vectors", "split"],
        "made": ["mean", "scale", "features"],
        "options": OPTIONS,
        "short": False,
        "heard": None,
        "files": paths,
    }
    files = {"split": folder / "split.parquet", "scaling": [folder / path for path in paths.values()]}
    return files, {"seed": 1, "canary": {"scale_encodings: heard": told}}


def verdicts(tmp_path, scripts):
    files, options = learnt(tmp_path / "run", scripts)
    (canary,) = canaries(files, options, scripts, tmp_path / "cache", 1)
    (found,) = learn_again([canary], scripts, tmp_path / "cache")
    return canary, found


def test_what_training_songs_teach_stays_the_same(tmp_path, scripts):
    canary, found = verdicts(tmp_path, scripts)
    assert found == dict.fromkeys(("mean", "scale", "features"), SAME)
    rows = [(row.check, row.of, row.result) for row in canary_checks(canary, found, "strict")]
    check = "the same whatever the vectors of validation and test songs"
    files = ("heard.mean.npy", "heard.scale.npy", "heard.features.npy, training songs")
    assert rows == [(check, f"embeddings/{file}", "passed") for file in files]


def test_a_scaling_by_all_songs_is_found(tmp_path, scripts):
    script = scripts / "scale_embeddings.py"
    text = script.read_text()
    script.write_text(text.replace("scaling(brought, training, ", "scaling(brought, training | True, "))
    assert script.read_text() != text
    assert verdicts(tmp_path, scripts)[1] == dict.fromkeys(("mean", "scale", "features"), DIFFERS)
