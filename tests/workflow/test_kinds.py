"""The table of kinds: true of the rules, the scripts and the schema, and the only place that names kinds."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from coldwave.audit.learners import parameters
from coldwave.evaluation.models import CEILING, EAR, FEATURES, FLOOR, LOG_MELS, Model, at_end
from coldwave.evaluation.published import PUBLISHED
from coldwave.use.predicting import PREDICTORS
from workflow.features import SOURCES
from workflow.kinds import (
    KINDS,
    ROWS,
    depth,
    either,
    has_chance,
    idle,
    names_of,
    notes,
    published_row,
    row_of,
    rule_files,
    shown,
    stood_on,
)
from workflow.settings import check, load_schema

ROOT = Path(__file__).parents[2]
RULES = ROOT / "workflow/rules"
DEFS = {name: part for name, part in load_schema()["$defs"].items() if "kind" in part.get("properties", {})}
EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
# Where the name of a kind is an ordinary word.
WORDS = {
    ("scripts/coldwave/plays/choosing.py", "random"),  # how users are chosen
    ("workflow/effective.py", "random"),
    ("scripts/coldwave/warm/evaluation.py", "random"),  # methods of its own
    ("scripts/coldwave/warm/evaluation.py", "popularity"),
    ("scripts/coldwave/evaluation/published.py", "random"),  # a row of the paper's tables
    ("scripts/coldwave/evaluation/strata.py", "popularity"),  # strata of songs
    ("scripts/coldwave/evaluation/figures.py", "popularity"),
    ("scripts/coldwave/report/song_map.py", "popularity"),
    ("scripts/coldwave/evaluation/differences.py", "mean"),  # a column
    ("scripts/coldwave/evaluation/difference_text.py", "mean"),
    ("scripts/coldwave/evaluation/growth.py", "mean"),
    ("scripts/coldwave/models/mlr/fitting.py", "mean"),  # an array
    ("scripts/predict_mlr.py", "mean"),
    ("scripts/coldwave/bundle/models/mlr.py", "mean"),
    ("scripts/coldwave/bundle/model.py", "mean"),
    ("scripts/coldwave/bundle/card.py", "mean"),  # a column
    ("scripts/coldwave/use/placing.py", "mean"),
    ("scripts/coldwave/new_songs/lists.py", "mean"),
    ("scripts/coldwave/use/lift.py", "mean"),  # a column
    ("scripts/coldwave/use/files.py", "mean"),  # an array
    ("scripts/coldwave/encoders/encoding.py", "mean"),  # of a song's windows
    ("scripts/coldwave/new_songs/batches.py", "predictions"),  # a sort of vectors
    ("workflow/resources.py", "predictions"),  # an input
    ("scripts/coldwave/use/neighbours.py", "usage"),  # by what songs are near
    ("scripts/coldwave/examples/tables.py", "usage"),
    ("workflow/rules/report_inputs.smk", "predictions"),  # an input
    ("scripts/coldwave/command/place.py", "mean"),
    ("scripts/coldwave/use/hearing.py", "bow"),  # features, which a file gets without the workflow
    ("scripts/coldwave/use/models.py", "bow"),
    ("scripts/coldwave/inspection/embeddings.py", "bow"),  # a name that no embedding may have
    ("scripts/fit_popularity.py", "names"),  # a setting
    ("workflow/audio_checks.py", "bow"),  # a section of the config
    ("workflow/controls.py", "names"),  # what is dealt out among songs
    ("scripts/coldwave/evaluation/models.py", "predictions"),  # what a model hears
    ("scripts/coldwave/use/run.py", "predictions"),  # of a file
}
# What uses a run does without the workflow, and is held to its rows (tests/coldwave/use); a first run's quick kinds.
OF_USE = [ROOT / f"scripts/coldwave/{name}.py" for name in ("use/kinds", "use/predicting", "command/configs")]


def rules_of(row):
    """From each rule of a kind's models to its text."""
    blocks = re.split(r"^(?:use )?rule (?:\w+ as )?(\w+)(?: with)?:\n", (RULES / f"{row.file}.smk").read_text(),
                      flags=re.MULTILINE)  # fmt: skip
    rules = dict(zip(blocks[1::2], blocks[2::2], strict=True))
    return {name: text for name, text in rules.items() if f'"{row.name}"' in text.partition("models_of")[2]}


@EVERY_ROW
def test_its_rules_make_and_read_what_its_row_says(row):
    rules = rules_of(row)
    learning, whole = rules[row.rule], "".join(rules.values())
    assert ("weights=WEIGHTS" in learning) == row.weights
    assert ("curve=CURVE" in learning) == row.curve
    assert ("prediction_users=PREDICTION_USERS" in whole) == row.own_users
    assert ("features=song_features" in whole) == (row.hears == FEATURES)
    assert ("log_mels=" in whole) == row.hears_log_mels == (row.hears == LOG_MELS)
    assert ("audio=audio_predictions" in learning) == bool(row.stands_on)
    assert (row.kind in PREDICTORS) == any(other.predicts_new for other in ROWS if other.kind == row.kind)
    assert ("seed" in parameters(ROOT / f"scripts/{row.rule}.py")) == row.chance


@EVERY_ROW
def test_what_it_says_of_settings_is_said_of_those_that_it_has(row):
    known = set(DEFS[row.kind]["properties"])
    named = {
        *row.effects,
        *row.machine,
        *row.stands_on,
        *row.canary,
        *row.when,
        *(key for needed in row.effects.values() for key in needed),
    }
    assert named | {key for needed in row.published.values() for key in needed} <= known
    assert ("features" in known) == (row.hears == FEATURES)


@EVERY_ROW
def test_what_it_says_of_vectors_goes_together(row):
    assert not (row.factors and row.own_users)
    if row.from_audio:
        assert row.factors and row.hears and not row.names and not row.stands_on
    if row.end == FLOOR:
        assert row.place == min(other.place for other in ROWS)
    if row.end == CEILING:
        assert all(other.place < row.place for other in ROWS if other.end != CEILING)
    assert row.curve <= row.weights


def test_every_kind_of_the_schema_has_a_row_and_the_reverse():
    assert set(DEFS) == set(names_of())
    model = load_schema()["properties"]["models"]["additionalProperties"]
    assert model["properties"]["kind"]["enum"] == names_of()
    assert [branch["then"]["$ref"] for branch in model["allOf"]] == [f"#/$defs/{kind}" for kind in names_of()]
    assert {part["properties"]["kind"]["const"] for part in DEFS.values()} == set(names_of())


def test_the_schema_names_kinds_in_words():
    text = yaml.safe_dump(load_schema())
    assert "{kinds." not in text
    audio = DEFS["names"]["properties"]["audio"]["description"]
    assert audio.startswith("Model (of kind `linear`, `mlp` or `cnn`) on which")
    assert [either(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]


def test_each_end_is_one_kind_and_the_papers_rows_are_all_some_kinds():
    assert {(row.end, row.kind) for row in ROWS if row.end} == {(FLOOR, "random"), (CEILING, "usage"), (EAR, "planted")}
    assert len(KINDS) == len(ROWS)
    assert {name for row in ROWS for name in row.published} == {row.name for row in PUBLISHED}


def test_a_kind_that_is_searched_has_a_teacher():
    found = {path.stem for path in (ROOT / "scripts/coldwave/tuning/teachers").glob("[a-z]*.py")}
    assert found == set(names_of("tuned"))


def test_the_default_runs_models_stand_beside_the_papers():
    models = check(yaml.safe_load((ROOT / "config.yaml").read_text()))["models"]
    found = {name: row for name, model in models.items() if (row := published_row(model))}
    assert found == {
        "random": "random", "mlr": "MLR", "linear": "linear regression", "mlp": "MLP", "cnn_mse": "CNN with MSE",
        "cnn_wpe": "CNN with WPE", "usage_in_sample": "upper bound",
    }  # fmt: skip
    for changed in (
        {"dropout": 0.1},
        {"pooling": "statistics"},
        {"objective": "bpr"},
        {"temper": 0.5},
        {"whiten_popularity": True},
    ):
        assert published_row(models["cnn_mse"] | changed) is None
    known = {name: Model(**shown(model)) for name, model in models.items()}
    assert all(known[name].kind.startswith(model["kind"]) for name, model in models.items())
    assert [at_end(known, end) for end in (FLOOR, EAR, CEILING)] == [["random"], ["perfect_ear"], ["usage"]]
    del known["usage"]
    assert at_end(known, CEILING) == ["usage_in_sample"]


def test_settings_tell_the_rows_of_a_kind_apart():
    held_out, in_sample = (row_of({"kind": "usage", "held_out": value}) for value in (True, False))
    assert (held_out.name, held_out.own_users) == ("usage", True)
    assert (in_sample.name, in_sample.own_users) == ("usage in sample", False)
    traits = {"audible": "planted", "order_free": "planted order-free", "all": "planted all"}
    for value, name in traits.items():
        assert row_of({"kind": "planted", "traits": value, "strengths": [1.0]}).name == name
    told = notes({"a": {"kind": "planted", "traits": "all"}, "b": {"kind": "planted", "traits": "audible"}})
    assert len(told) == 1


def test_what_is_made_elsewhere_goes_by_the_files_that_are_named():
    files = {"scores": None, "songs": None, "users": None}
    rows = {
        name: row_of({"kind": "predictions", **files, **given})
        for name, given in {
            "predictions": {"scores": "s.csv"},
            "predictions by vectors": {"songs": "v.csv", "users": "u.csv"},
            "predictions of factors": {"songs": "v.csv"},
        }.items()
    }
    assert all(row.name == name and set(row.brought) == set(files) for name, row in rows.items())
    assert not any(row.has_worth or row.predicts_new or row.chance for row in rows.values())


def test_names_with_audio_are_another_thing_than_names():
    models = {
        "names": {"kind": "names", "audio": None},
        "both": {"kind": "names", "audio": "net"},
        "net": {"kind": "cnn"},
        "ridge": {"kind": "linear"},
    }
    assert [row_of(model).name for model in models.values()] == ["names", "names + audio", "cnn", "linear"]
    assert [stood_on(models[name]) for name in ("names", "both")] == [[], ["net"]]
    assert [idle(models[name]) for name in ("names", "both")] == [set(), set()]
    assert [has_chance(models, name) for name in models] == [False, True, True, False]
    assert not has_chance(models | {"both": models["both"] | {"audio": "ridge"}}, "both")
    assert len(notes(models)) == 1
    several = models["both"] | {"audio": ["ridge", "net"]}
    assert stood_on(several) == ["ridge", "net"]
    assert has_chance(models | {"both": several}, "both")
    blend = {"kind": "blend", "models": ["both", "ridge"]}
    assert [depth(models | {"all": blend}, name) for name in ("ridge", "both", "all")] == [1, 2, 3]
    assert has_chance(models | {"all": blend}, "all") and not has_chance(
        models | {"all": blend | {"models": ["ridge"]}}, "all"
    )
    with pytest.raises(KeyError, match="unheard"):
        row_of({"kind": "unheard"})


def words_of(path):
    """The texts of a Python file that are no docstrings, or what stands in quotes in a rule file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return set(re.findall(r'"([^"\n]*)"', text))
    tree = ast.parse(text)
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_nothing_names_a_kind_or_a_source_that_is_not_its_own():
    files = {*(ROOT / "scripts").rglob("*.py"), *(ROOT / "workflow").glob("*.py"), *RULES.glob("*.smk")}
    files -= {ROOT / "workflow/kinds.py", ROOT / "workflow/features.py", *OF_USE}
    sources = {source.section for source in SOURCES if not source.entries}
    own = {row.kind: {row.kind, row.file, f"{row.file}_inputs"} for row in ROWS} | {name: {name} for name in sources}
    found = set()
    for path in {*files, ROOT / "Snakefile"}:
        shown_path = path.relative_to(ROOT)
        of_kind = {part for word in shown_path.with_suffix("").parts for part in (word, word.rpartition("_")[2])}
        for word in words_of(path) & set(own):
            if not own[word] & of_kind:
                found.add((shown_path.as_posix(), word))
    assert found == WORDS


def test_the_rule_files_of_kinds_are_those_that_name_one():
    naming = {path.stem for path in RULES.glob("*.smk") if 'models_of("' in path.read_text()}
    assert naming == set(rule_files())
