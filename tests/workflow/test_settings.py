"""The schema, the one form of the config that is handed out, several mistakes at once, and what rules read of it."""

import copy
import json
import random
import re
from collections import OrderedDict

import hypothesis
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from overlays import CONFIG, OWN_DATA, ROOT, checked, mistakes

from workflow import settings
from workflow.kinds import names_of
from workflow.settings import SettingsError, check, load_schema, options
from workflow.settings_page import ENTRIES

TEXT = (ROOT / "config.yaml").read_text(encoding="utf-8")


def subschemas(schema: dict, path: str = "") -> dict[str, dict]:
    """All keys of the schema by their path, those of the kinds of model included."""
    found = {}
    for key, sub in schema.get("properties", {}).items():
        if "const" in sub:  # the kind of a model
            continue
        found[f"{path}{key}"] = sub
        found |= subschemas(sub, f"{path}{key}.")
        if key in ENTRIES and path == "":
            found |= subschemas(sub["additionalProperties"], f"{key}.<NAME>.")
    for kind in KINDS if path == "" else ():
        found |= subschemas(schema["$defs"][kind], f"{kind}.")
    return found


KINDS = names_of()
SUBSCHEMAS = subschemas(load_schema())
CNN = [path.removeprefix("cnn.") for path in SUBSCHEMAS if path.startswith("cnn.")]


# The schema and config.yaml


def test_the_schema_is_one():
    Draft202012Validator.check_schema(load_schema())


def test_each_key_is_described_and_has_a_type():
    for path, sub in [*SUBSCHEMAS.items(), *((kind, load_schema()["$defs"][kind]) for kind in KINDS)]:
        assert sub["description"].endswith("."), path
        assert all("type" in part for part in sub.get("anyOf", [sub])), path


def test_every_mapping_is_closed():
    def walk(part):
        if isinstance(part, dict):
            if "properties" in part and "kind" not in part.get("required", []):  # what else a model has, its kind says
                assert part["additionalProperties"] is False
            for sub in part.values():
                walk(sub)

    walk(load_schema())
    assert load_schema()["additionalProperties"] is False


def test_each_key_has_a_default_or_is_one_that_the_user_alone_knows():
    """Columns and ranges may be left out; the others have to be given."""
    bare = {path for path, sub in SUBSCHEMAS.items() if "default" not in sub}
    given = {"run", "plays", "plays.path", "models", "embeddings.<NAME>.path", "embeddings.<NAME>.song"}
    given |= {"blend.models"}
    assert {path for path in bare if not re.match(r"(plays\.songs|new_songs)\.columns\.|tuning\.wmf\.", path)} == given
    for kind in KINDS:
        assert load_schema()["$defs"][kind]["properties"]["kind"] == {"const": kind}


def test_a_config_that_names_little_gets_the_defaults():
    given = {"run": "mine", "plays": {"path": "plays.tsv"}, "models": {"linear": {"kind": "linear"}}}
    found = check(given)
    assert list(found) == list(load_schema()["properties"])
    assert found["world"] is None
    assert found["wmf"] == {
        "engine": "implicit", "factors": [10, 20, 50], "alpha": [2.0, 6.0], "epsilon": 1.0,
        "regularization": [3.0, 10.0, 20.0, 30.0, 45.0, 65.0, 100.0], "unplayed_weight": 1.0, "frequency_scaling": 0.0,
        "iterations": 50, "tolerance": 0.0001, "solver": "cg",
        "choice": {"held_out": 0.2, "draws": 3, "measure": "both", "users": 20000},
        "spark": {"master": "local[*]", "blocks": 10, "settings": {}},
    }  # fmt: skip
    assert found["split"]["test"] == 0.2
    assert check(given | {"split": {"test": 5}})["split"] == found["split"] | {"test": 5}


def test_the_default_config_says_what_is_the_demos_and_shows_defaults():
    own = {"run": "demo", "world": {}, "plays": {"path": CONFIG["plays"]["path"]}, "models": CONFIG["models"]}
    own["plays"]["songs"] = {"path": CONFIG["plays"]["songs"]["path"]}
    own["tuning"] = {"wmf": CONFIG["tuning"]["wmf"]}
    own["encoders"] = {"musicnn": {"network": "musicnn"}}
    own["audio"] = {"min_seconds": CONFIG["audio"]["min_seconds"]}  # of the window of the network that hears time
    assert check(CONFIG) == check(own)
    assert len(CONFIG["models"]) == 15
    for name, model in CONFIG["models"].items():
        assert name == "cnn_time" or set(model) <= {"kind", "objective", "traits", "held_out", "audio"}


def test_the_defaults_of_models_are_valid():
    needed = {"predictions": {"scores": "scores.csv"}, "blend": {"models": ["linear", "knn"]}}
    for kind in KINDS:
        found = checked({"models": {"extra": {"kind": kind, **needed.get(kind, {})}}})
        Draft202012Validator(load_schema()).validate(found)
        assert found["models"]["extra"]["kind"] == kind


def test_each_key_of_the_default_config_is_commented():
    lines = TEXT.splitlines()
    bare = [
        line.strip()
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r" *[a-z_]+:", line) and not re.search(r"\s# \S", line) and not above.lstrip().startswith("# ")
    ]
    assert bare == []


def test_cnn_choices_are_lightnings():
    precision = pytest.importorskip("lightning.fabric.plugins.precision.precision")
    known = precision._PRECISION_INPUT_STR.__args__
    assert set(load_schema()["$defs"]["cnn"]["properties"]["precision"]["enum"]) == set(known)


# The form that is handed out


def test_canonical_order_and_builtins():
    def shuffled(value, random):
        if isinstance(value, dict):
            keys = random.sample(list(value), len(value)) if value is not CONFIG["models"] else list(value)
            return OrderedDict((key, shuffled(value[key], random)) for key in keys)
        return value

    first = json.dumps(check(CONFIG))
    for seed in range(5):
        assert json.dumps(check(shuffled(CONFIG, random.Random(seed)))) == first
    assert list(check(CONFIG)) == list(load_schema()["properties"])
    backwards = dict(reversed(CONFIG["models"].items()))  # the order of the models is the user's, as tables show it
    for models in (CONFIG["models"], backwards):
        assert list(check({**CONFIG, "models": models})["models"]) == list(models)

    def types(value):
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return {type(value)}.union(*map(types, parts))

    assert types(check(OrderedDict(CONFIG))) <= {dict, list, str, int, float, bool, type(None)}


def test_a_default_model_goes_with_the_model_that_it_stands_on():
    assert "names_linear" in checked({})["models"]
    assert "names_linear" not in checked({"models": {"linear": None}})["models"]
    own = {"linear": None, "names_linear": {"audio": "mlp"}}
    assert checked({"models": own})["models"]["names_linear"]["audio"] == "mlp"


def test_the_config_handed_in_is_left_alone():
    before = copy.deepcopy(CONFIG)
    check(CONFIG)["wmf"]["alpha"] = 3
    check(CONFIG)["evaluation"]["list_lengths"].append(1)
    assert before == CONFIG


def test_the_defaults_are_not_shared():
    extra = {"models": {"extra": {"kind": "linear"}}}
    checked(extra)["models"]["extra"]["strengths"].clear()
    assert checked(extra)["models"]["extra"]["strengths"]


def test_null_removes_what_is_optional():
    found = checked("models: {cnn_mse: null, linear: {strengths: null}}", {"repeats": 2})
    assert "cnn_mse" not in found["models"]
    assert found["models"]["linear"] == check(CONFIG)["models"]["linear"]
    assert found["repeats"] == 2


def test_an_entry_of_another_kind_refuses_the_keys_of_the_first():
    """An overlay that wants another kind of model names another entry."""
    found = mistakes({"models": {"cnn_mse": {"kind": "mean", **dict.fromkeys(CNN)}}})
    assert set(found) == {f"models.cnn_mse.{key}" for key in CNN}
    assert found["models.cnn_mse.channels"] == "unknown key; it is a key of models of kind cnn"


# Several mistakes


def test_missing_keys():
    config = copy.deepcopy(CONFIG)
    del config["run"], config["split"], config["models"]["linear"]["kind"], config["plays"]["path"]
    with pytest.raises(SettingsError) as error:
        check(config)
    assert [mistake.partition("; ")[0] for mistake in error.value.mistakes] == [
        "run: is missing", "plays.path: is missing", "models.linear.kind: is missing"
    ]  # fmt: skip


def test_an_empty_config():
    with pytest.raises(SettingsError) as error:
        check({})
    assert len(error.value.mistakes) == len(load_schema()["required"])


def test_all_mistakes_at_once_in_the_order_of_the_schema():
    found = mistakes(
        "{evaluation: {cutof: 3}, models: {cnn_mse: {windw: 3}}, wmf: {alpha: -1, solver: x}, world: {artists: 999}}",
        "{split: {test: 0.9, validation: 0.2}, seed: -1, nonsense: 1}",
    )
    assert [path.split(".")[0] for path in found] == [
        "nonsense", "seed", "world", "split", "wmf", "wmf", "models", "evaluation"
    ]  # fmt: skip


def test_a_wrong_value_is_not_replaced_by_its_default_in_other_checks():
    """Else the default window would be said to be too long for audio of two seconds."""
    overlay = "models: {cnn_mse: {window: 0}, cnn_wpe: null, cnn_time: null}"
    assert set(mistakes("audio: {min_seconds: 2}", overlay)) == {"models.cnn_mse.window"}


def test_the_count_in_the_head():
    for overlay, head in [("seed: -1", "1 mistake in"), ("{seed: -1, repeats: 0}", "2 mistakes in")]:
        with pytest.raises(SettingsError, match=head):
            checked(overlay)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["1e-6", "null", "random", "0.5"]),
    st.lists(st.integers(-1, 3), max_size=2),
    st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), st.integers(), max_size=2),
    st.dates(),
)
KEYS = [path.split(".") for path in SUBSCHEMAS if path.split(".")[0] not in KINDS]
KEYS += [["models", "linear", "strengths"], *(["models", "cnn_mse", key] for key in ["kind", *CNN])]


@hypothesis.settings(deadline=None)
@example([(("models", "cnn_mse", "epochs"), 2.0**63)])
@given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES), min_size=1, max_size=4))
def test_any_value_anywhere(changes):
    """Either the mistakes are told, or what comes out is valid by the schema and is itself again when checked."""
    config = copy.deepcopy(CONFIG)
    for keys, value in changes:
        part = config
        for key in keys[:-1]:
            part = part[key] if isinstance(part.get(key), dict) else part.setdefault(f"{key}_", {})
        part[keys[-1]] = value
    try:
        found = check(config)
    except SettingsError as error:
        assert error.mistakes and all("\n" not in mistake for mistake in error.mistakes)
    else:
        Draft202012Validator(load_schema()).validate(found)
        assert json.dumps(check(found)) == json.dumps(found)


# Options


def test_options_are_picked_and_sorted():
    config = checked("plays: {songs: {columns: {title: a, album: b}}}")
    assert list(options(config, "wmf", "solver", "alpha")) == ["alpha", "solver"]
    assert options(config, "wmf", "epsilon") == {"epsilon": 1.0}
    songs = options(config, "plays", "songs", "path")["songs"]
    assert list(songs) == sorted(songs)
    assert list(songs["columns"].items()) == [("album", "b"), ("title", "a")]


def test_options_are_copies():
    config = check(CONFIG)
    options(config, "models", "linear")["linear"]["strengths"].clear()
    options(config, "plays", "songs")["songs"].clear()
    assert config == check(CONFIG)


@pytest.mark.parametrize(
    ("section", "key", "words"),
    [
        ("wmf", "alhpa", "section 'wmf' has no 'alhpa'"),
        ("wfm", "alpha", "'wfm' is not a section"),
        ("seed", "alpha", "'seed' is not a section"),
        ("world", "songs", "'world' is not a section of the config, it is null"),
    ],
)
def test_options_that_are_not_there(section, key, words):
    with pytest.raises(KeyError, match=words):
        options(checked(OWN_DATA), section, key)


def test_a_programming_mistake_in_a_check_is_not_hidden(monkeypatch):
    monkeypatch.setattr(settings, "cross_checks", lambda config: [iter(config["gone"])])
    with pytest.raises(KeyError):
        check(CONFIG)


def test_the_config_as_text_reads_back():
    config = check(CONFIG)
    assert yaml.safe_load(settings.as_text(config)) == config
