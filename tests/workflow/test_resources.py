"""What jobs ask of the machine, and the profiles that hand it on."""

import ast
import json
import re
from pathlib import Path

import polars as pl
import pytest
import yaml

from workflow.needs import BESIDE, DAY, sizes_of
from workflow.resources import NEEDS, memory_of, minutes_of, threads_of

ROOT = Path(__file__).parents[2]
RULES = {path.name: path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk")}
WAYS = ("threads: (?:threads_of|side_by_side)", "mem_mb=memory_of", "runtime=minutes_of")
FOUND = {"song_features", "learnt"}  # inputs that a script finds by itself, or takes with all others as one
ASKS = re.MULTILINE | re.DOTALL
PROFILES = {path.parent.name: yaml.safe_load(path.read_text()) for path in (ROOT / "profiles").glob("*/config.yaml")}


MEASURED = pl.read_csv(ROOT / "benchmarks/scale.csv").filter(pl.col("rule").is_in(list(NEEDS))).rows(named=True)


class Input(dict):
    """A job's inputs, as far as needs look at them."""

    def __iter__(self):
        """Go through the files, as Snakemake's inputs do."""
        return (path for value in self.values() for path in ([value] if isinstance(value, str) else value))


class Stored(str):
    """A file in a bucket."""

    is_storage = True


@pytest.fixture
def files(tmp_path):
    """Files of one MB each, by name."""

    def make(*names):
        for name in names:
            (tmp_path / name).write_bytes(bytes(1_000_000))
        return [str(tmp_path / name) for name in names]

    return make


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_a_need_doubles_with_each_attempt(attempt, files):
    given = Input(manifest=files("manifest")[0])
    for need in (memory_of("extract_log_mel"), minutes_of("extract_log_mel")):
        assert need({}, given, attempt) == need({}, given, 1) * 2 ** (attempt - 1)


def test_a_need_follows_from_the_sizes_of_named_inputs(files):
    given = Input(counts=files("1", "2", "3"), songs=files("songs")[0])
    need = NEEDS["reduce_counts"]
    assert sizes_of(given, {"counts", "songs", "plays"}) == {"counts": 3.0, "songs": 1.0}
    assert memory_of("reduce_counts")({}, given, 1) == int(need.mb + 3 * need.mb_per_mb["counts"]) + BESIDE


def test_a_need_follows_from_the_factors_that_are_to_be_made(files):
    names = ("plays", "users", "split")
    given = Input(zip(names, files(*names), strict=True))
    few, many = (memory_of("factorise_plays", factors)({}, given, 1) for factors in (50, 400))
    need = NEEDS["factorise_plays"]
    assert many - few == pytest.approx(350 * (need.mb_a_factor + sum(need.mb_per_factor.values())), abs=1)


def test_pages_that_can_be_let_go_are_not_asked_for():
    need = NEEDS["predict_cnn"]
    assert need.memory_for({"log_mels": 1e6}) == need.most_mb + BESIDE


@pytest.mark.parametrize("rule", NEEDS)
def test_no_job_asks_for_more_than_a_day_at_first(rule):
    need = NEEDS[rule]
    names = [name for sizes in (need.minutes_per_mb, need.minutes_per_factor) for name in sizes]
    assert need.minutes_for(dict.fromkeys(names, 1e6), 400) == (DAY if names else need.minutes) <= DAY


def test_a_file_that_is_not_made_yet_leaves_memory_open_and_asks_for_all_threads(tmp_path):
    given = Input(plays=str(tmp_path / "plays"), users=str(tmp_path / "users"), split=str(tmp_path / "split"))
    with pytest.raises(FileNotFoundError) as raised:  # Snakemake looks for the file among the job's inputs
        memory_of("factorise_plays")({}, given, 1)
    assert raised.value.filename in list(given)
    assert threads_of("factorise_plays")({}, given) == NEEDS["factorise_plays"].threads


def test_small_jobs_ask_for_one_thread_and_large_ones_for_all():
    need = NEEDS["factorise_plays"]
    assert [need.threads_for({"plays": size}) for size in (0.01, 3 * need.mb_a_thread, 1e6)] == [1, 3, need.threads]


def test_a_bucket_tells_the_sizes_itself():
    given = Input(songs=Stored("songs"), counts=[Stored("1"), Stored("2")])
    given.size_files = [1_000_000, 2_000_000, 3_000_000]
    assert sizes_of(given, {"songs", "counts"}) == {"songs": 1.0, "counts": 5.0}


def test_every_rule_asks_by_the_row_of_its_name():
    asked = {}
    for text in RULES.values():
        for name, body in re.findall(
            r"^ *(?:rule|checkpoint) (\w+):\n(.*?)(?=^ *(?:rule|checkpoint|use rule) |\Z)", text, ASKS
        ):
            if "script:" in body:  # the others run nothing
                asked[name] = [len(re.findall(rf"^ *{ask}\(\"{name}\"[,)]", body, re.MULTILINE)) for ask in WAYS]
    assert asked == {name: [1, 1, 1] for name in NEEDS}


def parameters(script):
    """The names that a script's ``main`` takes."""
    (main,) = (each for each in ast.parse(script.read_text()).body if getattr(each, "name", "") == "main")
    return {each.arg for each in main.args.kwonlyargs}


@pytest.mark.parametrize("rule", NEEDS)
def test_a_row_names_inputs(rule):
    taken = parameters(ROOT / f"scripts/{rule}.py")
    known = set().union(*map(parameters, (ROOT / "scripts").glob("*.py"))) | FOUND
    need = NEEDS[rule]
    for sizes in (need.mb_per_mb, need.mb_per_factor, need.minutes_per_mb, need.minutes_per_factor):
        assert set(sizes) <= known  # a row that rules share may name inputs of one of them
        assert not sizes or set(sizes) & (taken | FOUND) or "files" in taken


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: f"{row['rule']}-{row['driver']}-{row['size']}")
def test_what_is_asked_for_is_enough_and_not_far_too_much(row):
    need, sizes = NEEDS[row["rule"]], json.loads(row["inputs"])
    factors = row["size"] if row["driver"] == "factors" else 50
    asked = need.memory_for(sizes, factors) - BESIDE
    assert row["peak_mb"] < asked < 10 * row["peak_mb"]
    assert row["seconds"] < 60 * need.minutes_for(sizes, factors)


def test_no_profile_sets_what_the_default_profile_would_overrule():
    assert {"default", "slurm", "kubernetes"} <= set(PROFILES)
    for name, settings in PROFILES.items():
        assert name == "default" or not set(settings) & set(PROFILES["default"])


def test_arrays_are_of_rules_with_one_job_a_shard():
    listed = {rule.strip() for rule in PROFILES["slurm"]["slurm-array-jobs"].split(",")}
    begin = r"^(?:rule|use rule \w+ as) (\w+)(?: with)?:\n((?:(?:    .*)?\n)+)"
    found = set()
    for text in RULES.values():
        rules = re.findall(begin, text, re.MULTILINE)
        found |= {rule for rule, body in rules if "{shard}.log" in body and "{model}" not in body}
    assert listed == found
