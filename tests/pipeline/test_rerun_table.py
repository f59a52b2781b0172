"""The table of what reads each key of the config: whole, true of every key, and that of docs/reruns.md."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from dry_runs import AT_A_TIME, ROOT, DryRuns, Graph, Plan, copy_of_project, plan_of
from rerun_table import (
    BASES,
    CASES,
    EMBEDDING,
    IN_WORDS,
    SHOW,
    TARGETS,
    behind,
    changed_jobs,
    markdown,
    merged,
    overlay,
)

from coldwave.digest import digest_file
from coldwave.encoders.musicnn_weights import weights_folder
from coldwave.errors import InputError
from coldwave.wmf.spark.installation import lacking
from workflow.code import code
from workflow.settings import as_text, check, load_schema
from workflow.settings_page import ENTRIES

LEARNT = (
    "columns.parquet",
    "features.npy",
    "mean.npy",
    "scale.npy",
)  # of an embedding, which `predict_new` takes as they are
PAGE = ROOT / "docs/reruns.md"
IDS = [f"{change.base}: {key}" for key, _, change in CASES]


def keys_of(part, above=""):
    """The keys of a part of the schema that hold values, and the sections that may be null."""
    for key, sub in part["properties"].items():
        if key == "models" and not above:
            for kind in sub["additionalProperties"]["properties"]["kind"]["enum"]:
                yield from keys_of(load_schema()["$defs"][kind], f"models.<{kind}>.")
        elif f"{above}{key}" in ENTRIES:
            yield from keys_of(sub["additionalProperties"], f"{key}.<name>.")
        elif "properties" in sub and "title" not in sub:  # a range is one value
            yield from [f"{above}{key}"] * ("null" in sub["type"])
            yield from keys_of(sub, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def test_every_key_of_the_schema_has_a_row():
    assert sorted({key for key, _, _ in CASES}) == sorted(keys_of(load_schema()))


def test_the_page_is_what_this_table_says(tiny, request):
    page = markdown(Graph(tiny.make("--detailed-summary").output))
    if request.config.getoption("write_pages"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "make pages"


# What takes some minutes: `make test-reruns`


@pytest.fixture(scope="module")
def dry_runs(tiny):
    runs = DryRuns(tiny.environment, tiny.home)
    yield runs
    runs.close()


@pytest.fixture(scope="module")
def bases(tiny, dry_runs, tmp_path_factory):
    """From the name of each base to the folder of a finished run of it, and its jobs.

    A base is a copy of the tiny run that Snakemake is told to take for finished (``--touch``), as its config is
    another: which files there are and what was read decides on reruns, not what is in the files.
    """
    finished = {}
    for name, config in BASES.items():
        if name == "spark" and lacking():
            continue
        place = tiny.copy(tmp_path_factory.mktemp("bases") / name)
        if name == "new":
            learn(place, config)

        def ask(*flags, folder=place.folder, config=config, targets=TARGETS[name]):
            return dry_runs.submit(folder, config, targets=targets, flags=flags).result()

        told = re.findall(r"^    (?:output|benchmark): (.*)$", ask("--dry-run"), re.MULTILINE)
        made = [path.removesuffix(" (update)") for paths in told for path in paths.split(", ")]
        for path in made:
            file = place.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            os.utime(file, (1, 1))  # older than what it is made from, or it would be taken for finished as it is
        ask("--touch")
        finished[name] = place.folder, Graph(ask("--detailed-summary"))
    return finished


def learn(place, config):
    """Give the run the files of an embedding, and a record of them and of the config that they were learnt with."""
    files = {part: place.results / f"embeddings/{EMBEDDING}.{part}" for part in LEARNT}
    record = place.results / "provenance.json"
    recorded = json.loads(record.read_text())
    for part, file in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(part)
        recorded["outputs"][f"embeddings/{file.name}"] = digest_file(file)
    settings = check(merged(yaml.safe_load(recorded["config"]), config))
    record.write_text(json.dumps(recorded | {"config": as_text(settings)}))


def no_weights():
    """Why there are no weights of MusiCNN; None if there are."""
    try:
        weights_folder()
    except InputError as error:
        return str(error)
    return None


def has_base(bases, change, key=None):
    """Whether there is a run for a row of the table: with Spark, or MusiCNN, only where it is installed."""
    needed = {"wmf.engine": lacking, "encoders.<name>.network": no_weights}
    return change.base in bases and not (key in needed and needed[key]())


@pytest.fixture(scope="module")
def plans(bases, dry_runs):
    """The plan after each change, all of them begun at once; None without a run for it."""
    return [
        dry_runs.submit(
            bases[change.base][0], BASES[change.base], overlay(key, value, change), targets=TARGETS[change.base]
        )
        if has_base(bases, change, key)
        else None
        for key, value, change in CASES
    ]


@pytest.mark.reruns
@pytest.mark.parametrize("name", BASES)
def test_a_base_is_finished(name, bases, dry_runs):
    if name not in bases:
        pytest.skip(lacking())
    folder, graph = bases[name]
    assert plan_of(dry_runs.submit(folder, BASES[name], targets=TARGETS[name]).result()) == Plan(frozenset(), {})
    first = {"new": "place_new_songs", "history": "match_history"}.get(name, "read_plays")
    assert graph.with_followers(graph.of(first)) == graph.inputs.keys() - graph.of("make_world")


@pytest.mark.reruns
@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_a_changed_key_reruns_what_reads_it_and_what_follows(number, bases, plans):
    if plans[number] is None:
        pytest.skip(lacking())
    _, _, change = CASES[number]
    graph = bases[change.base][1]
    plan = plan_of(plans[number].result())
    if change.plan:
        assert plan.rules == change.plan(graph)
    else:
        expected = graph.plan(changed_jobs(graph, change.readers, () if change.base == "new" else SHOW))
        assert plan.rules == expected.rules
        assert plan.jobs == {job for job in expected.jobs if graph.rule[job] not in IN_WORDS}


def plans_in_turn(places, items, alter, ask):
    """From each item to the plan after it alone was altered, in one of the places.

    ``alter(place, item)`` gives the function that undoes it; ``ask(place)`` begins the dry run.
    """
    plans = {}
    for begin in range(0, len(items), len(places)):
        turn = list(zip(places, items[begin : begin + len(places)], strict=False))
        undo = [alter(place, item) for place, item in turn]
        asked = [ask(place) for place, _ in turn]
        plans |= {item: plan_of(printed.result()) for (_, item), printed in zip(turn, asked, strict=True)}
        for back in undo:
            back()
    return plans


@pytest.mark.reruns
def test_a_lost_file_of_any_stage_is_made_again_with_what_follows(tiny, bases, dry_runs, tmp_path):
    """Each of the files that the run keeps, and nothing that comes before it."""
    folder, graph = bases["tiny"]
    places = [Path(shutil.copytree(folder, tmp_path / str(number))) for number in range(AT_A_TIME)]

    def lose(place, path):
        hidden = (place / path).rename(place / "hidden")
        return lambda: hidden.rename(place / path)

    found = plans_in_turn(places, list(graph.job), lose, lambda place: dry_runs.submit(place, targets=TARGETS["tiny"]))
    assert len(found) > 100
    assert {path: plan.rules for path, plan in found.items()} == {
        path: graph.plan(behind(graph, [job])).rules for path, job in graph.job.items()
    }


@pytest.mark.reruns
def test_edited_code_reruns_the_rules_that_import_it_and_what_follows(bases, dry_runs, tmp_path):
    """Each script, and one module of those that the same scripts import. Which do is tested for each of them."""
    folder, graph = bases["tiny"]
    made = set(graph.rule.values())
    rules_text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    heirs = re.findall(r"^use rule (\w+) as (\w+)", rules_text, re.MULTILINE)  # rules with the script of another
    importing = {}
    for script in sorted((ROOT / "scripts").glob("*.py")):
        running = {script.stem, *(heir for rule, heir in heirs if rule == script.stem)}
        taught = ["coldwave.tuning.teachers.linear"] if script.stem == "tune" else []  # it takes this one by its name
        for file in code(script, ROOT, *taught):
            importing[file] = importing.get(file, set()) | running
    alike = {frozenset(rules): file for file, rules in importing.items() if "/coldwave/" in file}
    files = sorted({*alike.values(), *(file for file in importing if "/coldwave/" not in file)})
    projects = [copy_of_project(tmp_path / str(number)) for number in range(AT_A_TIME)]

    def edit(project, file):
        text = (project / file).read_text()
        (project / file).write_text(f"{text}\nEDITED = True\n")
        return lambda: (project / file).write_text(text)

    found = plans_in_turn(
        projects, files, edit, lambda project: dry_runs.submit(folder, targets=TARGETS["tiny"], project=project)
    )
    expected = {}
    for file in files:
        jobs = [job for job, rule in graph.rule.items() if rule in importing[file] & made]
        expected[file] = graph.plan(behind(graph, jobs)).rules
    assert {file: plan.rules for file, plan in found.items()} == expected
