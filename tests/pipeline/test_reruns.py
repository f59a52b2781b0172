"""What runs again after a change, and what does not: dry runs over the finished tiny run, and over copies of it."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from dry_runs import TINY, copy_of_project
from plans import AFTER_LEARNING, AFTER_SCORES, ANALYSED, EXAMPLES, SHOWN, WORTH

SEED = 3
MAPPED = {"map_songs": 1, "draw_map": 1, "draw_filters": 1}  # shows the first network, cnn_mse
HEARD = WORTH | EXAMPLES | AFTER_LEARNING
MLR = {"fit_mlr": 1, "predict_mlr": 1, "evaluate_model": 1, **HEARD}
SECOND_LINEAR = {"fit_linear": 1, "predict_linear": 1, "evaluate_model": 1, **ANALYSED, **HEARD}
LINEAR = SECOND_LINEAR | {
    "stack_names": 1,
    "predict_stacked_names": 1,
    "evaluate_model": 2,
}  # names_and_linear follows it
CNN = {"train_cnn": 1, "predict_cnn": 1, "evaluate_model": 1, **ANALYSED, **HEARD}
CNNS = CNN | {"train_cnn": 2, "predict_cnn": 2, "evaluate_model": 2}
MLP = {"train_mlp": 1, "predict_mlp": 1, "evaluate_model": 1, **ANALYSED, **HEARD}
NETWORKS = {rule: number for rule, number in (MLP | CNNS).items() if rule not in ANALYSED}
STACK = {"stack_names": 1, "predict_stacked_names": 1, "evaluate_model": 1, **HEARD}
ON_FACTORS = LINEAR | CNNS | MLP | MAPPED | {"evaluate_model": 5}  # what hears and predicts factors
ON_WORDS = LINEAR | MLP | MLR | {"predict_knn": 1, "evaluate_model": 5}  # what reads the bag of words
ALL = ON_FACTORS | ON_WORDS | {"evaluate_model": 7}
BAG_OF_WORDS = {"learn_codebook": 1, "count_words": 2, "reduce_counts": 1}
FACTORS = {"factorise_plays": 1, "predict_mean": 1, "predict_names": 1, "describe_factors": 1}
FACTORS |= {"predict_planted": 1, "predict_usage": 1, "predict_usage_in_sample": 1}


def test_nothing_has_changed(tiny):
    assert tiny.plan() == {}


@pytest.mark.parametrize(
    ("change", "jobs"),
    [
        ({"models": {"mlr": {"loss": "map"}}}, MLR),
        ({"models": {"linear": {"strengths": [0.5]}}}, LINEAR),
        ({"models": {"cnn_mse": {"learning_rate": 0.01}}}, CNN | MAPPED),
        ({"models": {"cnn_wpe": {"temper": 1.0}}}, CNN),
        ({"models": {"mlp": {"learning_rate": 0.01}}}, MLP),
        ({"models": {"names_and_linear": {"audio": "mlp"}}}, STACK),
        ({"models": {"second": {"kind": "linear", "strengths": [0.5]}}}, SECOND_LINEAR),
        ({"models": {"mean": None}}, AFTER_SCORES),
        (
            {"repeats": 2},  # what shows one seed shows the first
            {"predict_random": 1, **MLR, **NETWORKS, "evaluate_model": 5},
        ),
        ({"bow": {"variance": 0.9}}, {"reduce_counts": 1, **ON_WORDS}),
        ({"bow": {"sample_frames": 1500}}, BAG_OF_WORDS | ON_WORDS),
        (
            {"wmf": {"alpha": 3.0}},
            FACTORS | ON_FACTORS | {"draw_confidences": 1, "evaluate_model": 10, "evaluate_warm": 1},
        ),
        (
            {"audio": {"offset": 0.1}},
            {"extract_log_mel": 2, "index_audio": 1, "draw_spectrograms": 1} | BAG_OF_WORDS | ALL,
        ),
        (
            {"split": {"test": 7}},
            {"split_songs": 1, "draw_spectrograms": 1, **FACTORS, **BAG_OF_WORDS, **ALL}
            | {"evaluate_model": 14, "evaluate_warm": 1},
        ),
        ({"evaluation": {"cutoff": 4}}, {"evaluate_model": 14, "evaluate_warm": 1, **WORTH, **AFTER_SCORES}),
        ({"warm": {"neighbours": 5}}, {"evaluate_warm": 1, **SHOWN}),
        ({"data_note": "Not shown, as this world says itself that it is synthetic."}, SHOWN),
    ],
    ids=str,
)
def test_a_changed_setting_reruns_what_reads_it_and_what_follows(change, jobs, tiny):
    assert tiny.plan(overlay=change) == jobs


def test_plays_reach_only_the_metric_and_the_networks_whose_objective_has_them(tiny):
    summary = tiny.make("--detailed-summary").output
    inputs = {}
    for line in summary.splitlines():
        if line.startswith("results/tiny/models/"):
            output, *others = line.split("\t")
            inputs[Path(output).parent.name] = {
                name for name in ("plays/plays.parquet", "wmf/user_factors.npy") if any(name in part for part in others)
            }
    assert inputs == {
        "linear": {"wmf/user_factors.npy"},  # users say how much each direction of the factors weighs
        "names_and_linear": {"wmf/user_factors.npy"},
        "mlp": set(),
        "cnn_mse": set(),
        "cnn_wpe": {"plays/plays.parquet", "wmf/user_factors.npy"},
        "mlr": {"plays/plays.parquet"},
    }


@pytest.mark.parametrize(
    ("lost", "jobs"),
    [
        ("tables/recommendation.csv", {"tabulate_recommendation": 1, "tabulate_published": 1, **SHOWN}),
        ("plays/rejected.parquet", None),
        ("bow/counts/001.parquet", {"count_words": 1, "reduce_counts": 1, **ON_WORDS}),
        (f"models/cnn_mse/{SEED}.parquet", CNN | MAPPED),
        ("audio/manifests/000.parquet", None),
    ],
)
def test_a_lost_file_is_noticed(lost, jobs, tiny, tmp_path):
    place = tiny.copy(tmp_path / "copy")
    (place.results / lost).unlink()
    planned = place.plan()
    assert planned if jobs is None else planned == jobs


def test_audio_that_was_only_touched_is_read_once_more_and_no_more(tiny, tmp_path):
    place = tiny.copy(tmp_path / "copy")
    files = list((place.results / "world/audio").glob("*.flac"))
    for file in files:
        os.utime(file)
    assert place.plan()["shard_songs"] == 1  # and all that may follow: Snakemake cannot know better yet
    assert place.make().done == ["shard_songs", "settle_shards"]
    assert place.plan() == {}


def test_another_song_reaches_its_own_shard_alone(tiny, tmp_path):
    """A replaced file: the sharding, then one shard, and what follows it; the factorisation is left alone."""
    place = tiny.copy(tmp_path / "copy")
    one, other = (place.table(f"audio/manifests/{shard}.parquet")["audio"][0] for shard in ("000", "001"))
    shutil.copy(place.folder / one, place.folder / other)
    outcome = place.make(targets=["results/tiny/audio/index.parquet"])
    assert outcome.done == ["shard_songs", "settle_shards", "extract_log_mel", "index_audio"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the workflow, whose code a test may edit."""
    return copy_of_project(tmp_path / "project")


def plan_of_copy(place, project: Path, overlay: dict | None = None) -> dict[str, int]:
    """The jobs that a copy of the project would run, whose ``workflow/`` or config may be others as well."""
    return place.start("--dry-run", overlay=overlay, snakefile=project / "Snakefile").finish().jobs


def test_another_place_and_look_of_the_code_rerun_nothing(tiny, project):
    """Comments taken out and put in, everything laid out anew, and another folder."""
    for file in (project / "scripts").rglob("*.py"):
        file.write_text(f"# A comment.\n{ast.unparse(ast.parse(file.read_text()))}\n" if file.stat().st_size else "")
    assert tiny.plan(project=project) == {}


def test_an_edited_module_reruns_the_rules_that_import_it(tiny, project):
    module = project / "scripts/coldwave/bow/mfcc.py"
    module.write_text(f"{module.read_text()}\n\nANSWER = 42\n")
    assert tiny.plan(project=project) == BAG_OF_WORDS | ON_WORDS


def test_an_edited_script_reruns_its_rule_and_what_follows(tiny, project):
    script = project / "scripts/fit_linear.py"
    script.write_text(f"ANSWER = 42\n{script.read_text()}")
    assert tiny.plan(project=project) == LINEAR


def test_another_commit_reruns_what_it_changed_and_the_way_back_nothing(tiny, project):
    """``git checkout`` gives the files that differ new times."""

    def git(*arguments):
        person = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", *person, "-c", "core.hooksPath=/dev/null", *arguments]
        subprocess.run(command, cwd=project, env=tiny.environment, capture_output=True, check=True)

    git("init", "--quiet", "--initial-branch", "one")
    git("add", "--all")
    git("commit", "--quiet", "--message", "One")
    git("checkout", "--quiet", "-b", "two")
    page = project / "workflow/report/page.html.j2"
    page.write_text(page.read_text().replace("</body>", "<p>Two.</p></body>"))
    script = project / "scripts/split_songs.py"
    script.write_text(f"# Two.\n{script.read_text()}")
    git("commit", "--quiet", "--all", "--message", "Two")
    before = script.stat().st_mtime_ns
    assert plan_of_copy(tiny, project) == SHOWN
    git("checkout", "--quiet", "one")
    assert script.stat().st_mtime_ns != before
    assert plan_of_copy(tiny, project) == {}


def backwards(value):
    """The keys of a config in reverse at every level, but for the models' names: tables show them in that order."""
    if not isinstance(value, dict):
        return value
    turned = {key: backwards(value[key]) for key in reversed(value)}
    if "models" in turned:
        turned["models"] = {name: backwards(model) for name, model in value["models"].items()}
    return turned


def test_the_order_of_keys_and_overlays_reruns_nothing(tiny, project):
    config = project / "config.yaml"
    config.write_text(yaml.safe_dump(backwards(yaml.safe_load(config.read_text())), sort_keys=False))
    again = backwards(yaml.safe_load(TINY.read_text()))
    again["models"] = dict(reversed(again["models"].items()))  # what is laid over moves none of them
    assert plan_of_copy(tiny, project, again) == {}


def test_files_that_were_only_touched_rerun_nothing(tiny, tmp_path):
    """The raw inputs and each result, so that each file is newer than all that follows from it."""
    place = tiny.copy(tmp_path / "copy")
    files = [path for path in place.results.rglob("*") if path.is_file() and path.parent.name != "audio"]
    for age, file in enumerate(sorted(files, key=lambda path: path.stat().st_mtime_ns)):
        os.utime(file, (2_000_000_000 - age, 2_000_000_000 - age))
    assert place.plan() == {}


def test_a_failed_stage_in_the_middle_is_not_forgotten(tiny, project, tmp_path):
    place = tiny.copy(tmp_path / "copy")
    script = project / "scripts/predict_linear.py"
    script.write_text("raise RuntimeError('no prediction today')\n")
    failed = place.start(snakefile=project / "Snakefile").end()
    assert failed.status == 1
    assert failed.done == []
    for file in [*(place.results / "tables").iterdir(), *(place.results / "scores").rglob("*.parquet")]:
        os.utime(file)  # what follows looks newer than anything else
    os.utime(place.results / "report/index.html")
    assert place.plan() == {rule: number for rule, number in LINEAR.items() if rule != "fit_linear"}
