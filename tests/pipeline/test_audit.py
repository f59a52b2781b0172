"""The leakage audit over the finished tiny run: what it says, and that leaks planted in copies of it are found.

Scripts are run by hand, as a user may: those that leak first, and then the audit.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from coldwave.models.weights import read_weights, write_weights
from coldwave.split.parts import TEST

ROOT = Path(__file__).parents[2]
SEED = 3
WMF = {"factors": 4, "alpha": 2.0, "epsilon": 1.0, "regularization": 0.1, "iterations": 5, "solver": "cg", "seed": SEED,
       "protocol": "strict"}  # fmt: skip
PCA = {"words": 32, "variance": 0.95}
CODEBOOK = {"coefficients": 13, "standardize": True, "words": 32, "sample_frames": 2000, "seed": SEED}
OPTIONS = {"about": [], "by": "song", "protocol": "strict", "inputs": {}, "forbidden": [], "seed": SEED, "brought": {},
           "canary": {}, "refits": ["linear", "names_and_linear"]}  # fmt: skip


def learner(script: str, inputs: str, made: str, options: dict, **others) -> dict:
    """What the audit has to know of a rule that it runs again."""
    known = {"script": script, "inputs": inputs.split(), "made": made.split(), "options": options}
    return known | {"heard": None, "short": False, "files": {}} | others


def model(script: str, inputs: str, settings: Path, **cut) -> dict:
    """The same of a model that is learnt in short, with the settings that its weights tell."""
    options = read_weights(settings)[1] | cut
    heard = {"features": "bow/features.npy", "models": []}
    return learner(script, f"split {inputs}", "weights curve", options, short=True, heard=heard)


def factorisation(options: dict) -> dict:
    """That of the plays."""
    made = "user_factors song_factors fitted_songs objective"
    return {"factorise_plays": learner("factorise_plays.py", "plays users split", made, options)}


def run_script(script: Path, **arguments) -> subprocess.CompletedProcess:
    """Run a script by hand with some arguments."""
    command = [sys.executable, script]
    for name, value in arguments.items():
        values = value if isinstance(value, list) else [json.dumps(value) if isinstance(value, dict) else value]
        command += [f"--{name.replace('_', '-')}", *values]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def audit(results: Path, out: Path, scripts: Path = ROOT / "scripts", **options) -> subprocess.CompletedProcess:
    """Audit a run's files."""
    files = {name: results / f"plays/{name}.parquet" for name in ("songs", "plays", "users")}
    files |= {name: results / f"wmf/{name}.npy" for name in ("user_factors", "song_factors", "fitted_songs")}
    bow = ("codebook", "frame_scale", "codebook_songs", "pca_mean", "pca_components", "pca_songs", "features")
    files |= {name: results / f"bow/{name}.npy" for name in bow}
    files |= {"split": results / "split/split.parquet", "objective": results / "wmf/objective.parquet"}
    files |= {"index": results / "audio/index.parquet"}
    patterns = {
        "log_mels": "audio/log_mel/*.npy",
        "counts": "bow/counts/*.parquet",
        "weights": "models/*/*.safetensors",
        "song_features": "bow/features.npy",
    }
    lists = {name: results.glob(pattern) for name, pattern in patterns.items()}
    return run_script(
        scripts / "audit_leakage.py",
        files={name: [str(path)] for name, path in files.items()}
        | {name: sorted(map(str, paths)) for name, paths in lists.items()},
        table=out / "leakage.parquet",
        markdown=out / "leakage.md",
        csv=out / "leakage.csv",
        cache=out / "cache",
        threads=1,
        options=OPTIONS | options,
    )


@pytest.fixture
def results(tiny, tmp_path) -> Path:
    """A copy of the run's results, in which a test may plant a leak."""
    folder = tmp_path / "results"
    shutil.copytree(tiny.results, folder, ignore=shutil.ignore_patterns("world", "report", "scores", "logs", "timings"))
    return folder


@pytest.fixture
def leaky(tmp_path) -> Path:
    """A copy of the scripts, which a test may make leak."""
    return Path(shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")))


def factorise(scripts: Path, results: Path, options: dict) -> None:
    """Factorise a run's plays again, in place."""
    files = {name: results / f"wmf/{name}.npy" for name in ("user_factors", "song_factors", "fitted_songs")}
    files |= {name: results / f"plays/{name}.parquet" for name in ("plays", "users")}
    files |= {"split": results / "split/split.parquet", "objective": results / "wmf/objective.parquet"}
    done = run_script(scripts / "factorise_plays.py", **files, options=options, threads=1)
    assert done.returncode == 0, done.stderr


def edit(script: Path, old: str, new: str) -> None:
    """Change a script's code."""
    text = script.read_text()
    assert text.count(old) == 1
    script.write_text(text.replace(old, new))


def test_the_run_has_passed_and_says_of_what(tiny):
    table = tiny.table("tables/leakage.parquet")
    assert set(table["result"]) == {"passed"}
    shown = set(table["of"])
    assert {
        "wmf/user_factors.npy",
        "bow/codebook.npy",
        "bow/pca_mean.npy",
        f"models/cnn_wpe/{SEED}.safetensors",
    } <= shown
    assert {"factorise_plays", "train_cnn", "learn_codebook", "fit_linear", "stack_names", "fit_mlr"} <= shown
    read = dict(table.filter(pl.col("check") == "reads nothing of the evaluation").select("of", "detail").iter_rows())
    assert read["fit_linear"].startswith("reads what is made by bow, split, wmf;")
    assert read["train_cnn"].startswith("reads what is made by audio, plays, split, wmf;")
    assert read["reduce_counts"].startswith("reads what is made by bow, plays, split;")
    assert read["stack_names"].startswith("reads what is made by models, plays, predictions, split, wmf;")
    again = table.filter(pl.col("check").str.starts_with("the same whatever"))
    assert set(again["detail"]) == {"the same bytes"}
    assert set(again["of"]) == {
        "wmf/user_factors.npy", "wmf/song_factors.npy, training songs", "wmf/fitted_songs.npy", "bow/codebook.npy",
        "bow/frame_scale.npy", "bow/codebook_songs.npy", "bow/pca_mean.npy", "bow/pca_components.npy",
        "bow/pca_songs.npy", "bow/features.npy, training songs", f"models/linear/{SEED}.left_out.npy",
        *(f"models/linear/{SEED}.{end}" for end in ("safetensors", "parquet")),
        f"models/names_and_linear/{SEED}.safetensors",
        *(f"models/{name}/{SEED}.{end}, learnt in short" for name in ("mlr", "mlp", "cnn_mse", "cnn_wpe")
          for end in ("safetensors", "parquet")),
    }  # fmt: skip
    markdown = (tiny.results / "tables/leakage.md").read_text()
    assert markdown.startswith("# Leakage audit\n")
    assert "Protocol: strict" in markdown
    assert "Leakage audit" in (tiny.results / "report/index.html").read_text()


def test_a_factorisation_of_all_songs_is_found(results, leaky, tmp_path):
    """Both ways: by what it records, and, where it records what it should have seen, by the canary."""
    fits_all = "plays=read_table(plays), fitted=seen | True, "
    edit(leaky / "factorise_plays.py", "plays=read_table(plays), fitted=seen, ", fits_all)
    factorise(leaky, results, WMF)
    found = audit(results, tmp_path / "out", leaky, canary=factorisation(WMF))
    assert found.returncode == 1
    assert "error: held-out songs may have leaked into what is learnt" in found.stderr
    assert "wmf/user_factors.npy: differs (the same whatever the plays" in found.stderr
    assert not (tmp_path / "out/leakage.parquet").exists()

    np.save(results / "wmf/fitted_songs.npy", np.ones(40, dtype=bool))
    found = audit(results, tmp_path / "out")
    assert found.returncode == 1
    assert "wmf/user_factors.npy: it was fitted on 12 songs that are held out, e.g. 'SO" in found.stderr


@pytest.mark.parametrize("script", ["reduce_counts.py", "learn_codebook.py"])
def test_a_bag_of_words_of_all_songs_is_found(script, results, leaky, tmp_path):
    bow = results / "bow"
    split = results / "split/split.parquet"
    if script == "reduce_counts.py":
        edit(leaky / script, "yield matrix[training[heard]]", "yield matrix")
        options = PCA
        names, shown = ("pca_mean", "pca_components", "pca_songs", "features"), "bow/pca_components.npy"
        inputs = {"songs": results / "plays/songs.parquet", "counts": sorted((bow / "counts").glob("*.parquet"))}
    else:
        edit(leaky / script, "sample_frames(source, training,", "sample_frames(source, training | True,")
        options = CODEBOOK
        names, shown = ("codebook", "frame_scale", "codebook_songs"), "bow/codebook.npy"
        inputs = {"index": results / "audio/index.parquet",
                  "log_mels": sorted((results / "audio/log_mel").glob("*.npy")), "threads": 1}  # fmt: skip
    canary = {"again": learner(script, "split songs counts" if options is PCA else "split index log_mels",
                               " ".join(names), options)}  # fmt: skip
    done = run_script(leaky / script, split=split, **inputs, **{n: bow / f"{n}.npy" for n in names}, options=options)
    assert done.returncode == 0, done.stderr
    found = audit(results, tmp_path / "out", leaky, canary=canary)
    assert found.returncode == 1
    assert f"{shown}: differs (the same whatever the plays and audio" in found.stderr


def test_networks_and_metrics_that_use_test_songs_are_found_in_short(results, leaky, tmp_path):
    """Networks that learn from them, and a metric that only chooses by them; one that is sound passes."""
    edit(leaky / "train_cnn.py", 'songs_to_learn(songs, options["refit"]) & long', "(part != VALIDATION) & long")
    edit(leaky / "fit_mlr.py", "part == VALIDATION", "part != TRAIN")
    sound = shutil.copy(leaky / "train_mlp.py", leaky / "sound.py")
    edit(leaky / "train_mlp.py", "training = part == TRAIN", "training = part != VALIDATION")
    weights = {name: results / f"models/{name}/{SEED}.safetensors" for name in ("cnn_mse", "cnn_wpe", "mlp", "mlr")}
    wpe = "index log_mels song_factors plays user_factors"
    canary = {
        "cnn_mse": model("train_cnn.py", "index log_mels song_factors", weights["cnn_mse"], epochs=1),
        "cnn_wpe": model("train_cnn.py", wpe, weights["cnn_wpe"], epochs=1),
        "mlr": model("fit_mlr.py", "features plays users", weights["mlr"], iterations=2),
        "mlp": model("train_mlp.py", "features song_factors", weights["mlp"], epochs=1),
    }
    found = audit(results, tmp_path / "out", leaky, canary=canary)
    assert found.returncode == 1
    for file in ("cnn_mse/3.safetensors", "cnn_wpe/3.safetensors", "mlp/3.safetensors", "mlr/3.parquet"):
        assert (
            f"models/{file}, learnt in short: differs (the same whatever the plays, audio and names of test songs)"
            in (found.stderr)
        )
    sound = model(Path(sound).name, "features song_factors", weights["mlp"], epochs=1)
    assert audit(results, tmp_path / "out", leaky, canary={"mlp": sound}).returncode == 0


def test_a_model_that_is_fitted_to_validation_songs_too_may_not_see_test_songs(results, tmp_path):
    parts = pl.read_parquet(results / "split/split.parquet").sort("song")["part"]
    path = results / f"models/linear/{SEED}.safetensors"
    for held_out, refits, passes in (
        ("validation", ["names_and_linear"], False),
        ("validation", ["names_and_linear", "linear"], True),
        ("test", ["names_and_linear", "linear"], False),
    ):
        write_weights(path, *read_weights(path), ((parts == "train") | (parts == held_out)).to_numpy())
        found = audit(results, tmp_path / "out", refits=refits)
        assert (found.returncode == 0) == passes, found.stderr
        assert passes or "models/linear/3.safetensors: it was fitted on 6 songs that are held out" in found.stderr


def test_overlapping_parts_are_found(results, tmp_path):
    path = results / "split/split.parquet"
    split = pl.read_parquet(path)
    pl.concat([split, split.filter(pl.col("part") == TEST).head(1).with_columns(part=pl.lit("train"))]).write_parquet(
        path
    )
    found = audit(results, tmp_path / "out")
    assert found.returncode == 1
    assert f"error: {path}: song 'SO" in found.stderr
    assert "is there twice, in test and train" in found.stderr


def test_a_rule_that_reads_the_evaluation_is_found(results, tmp_path):
    inputs = {"fit_linear": ["results/x/bow/features.npy", "results/x/predictions/usage/{seed}.npy"]}
    found = audit(results, tmp_path / "out", inputs=inputs, forbidden=["results/x/predictions/usage/"])
    assert found.returncode == 1
    assert "fit_linear: it reads results/x/predictions/usage/{seed}.npy" in found.stderr


def test_in_the_transductive_protocol_the_factors_see_all_plays(results, tmp_path):
    options = WMF | {"protocol": "transductive"}
    factorise(ROOT / "scripts", results, options)
    found = audit(results, tmp_path / "out", protocol="transductive", canary=factorisation(options))
    assert found.returncode == 0, found.stderr
    rows = pl.read_parquet(tmp_path / "out/leakage.parquet").filter(pl.col("result") == "by protocol")
    assert rows["detail"].to_list() == ["sees the plays of all 40 songs", *["differs: sees all plays"] * 2]
