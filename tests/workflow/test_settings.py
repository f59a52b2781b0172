"""The config's check: what it accepts, how it tells each mistake, and the one form that it hands out."""

import copy
import json
import random
import re
from collections import OrderedDict
from pathlib import Path

import hypothesis
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from snakemake.utils import update_config

from workflow import settings
from workflow.settings import SettingsError, check, describe, load_schema, options

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "config.yaml").read_text(encoding="utf-8")
CONFIG = yaml.load(TEXT, Loader=yaml.FullLoader)  # the loader that Snakemake takes
OWN_DATA = {"world": None, "plays": {"path": "plays.tsv", "songs": {"path": "songs.csv"}}}


def overlaid(*overlays: str | dict) -> dict:
    """The default config with overlays merged in as Snakemake merges them."""
    config = copy.deepcopy(CONFIG)
    for overlay in overlays:
        given = yaml.load(overlay, Loader=yaml.FullLoader) if isinstance(overlay, str) else copy.deepcopy(overlay)
        update_config(config, given)
    return config


def mistakes(*overlays: str | dict) -> dict[str, str]:
    """From the path of each key that is refused to what is said of it."""
    with pytest.raises(SettingsError) as error:
        check(overlaid(*overlays))
    head, *lines = str(error.value).splitlines()
    assert head.startswith(f"{len(lines)} mistake")
    assert [line.strip() for line in lines] == error.value.mistakes
    found = dict(line.split(": ", 1) for line in error.value.mistakes)
    assert len(found) == len(lines), "one line for each key"
    return found


def subschemas(schema: dict, path: str = "") -> dict[str, dict]:
    """All keys of the schema by their path, those of the kinds of model included."""
    found = {}
    for key, sub in schema.get("properties", {}).items():
        there = load_schema()["$defs"][sub["$ref"].rpartition("/")[2]] if "$ref" in sub else {}
        sub = {**there, **sub}
        found[f"{path}{key}"] = sub
        found |= subschemas({} if "title" in there else sub, f"{path}{key}.")
        if key == "embeddings":
            found |= subschemas(sub["additionalProperties"], "embeddings.<NAME>.")
    for kind in KINDS if path == "" else ():
        found |= subschemas(schema["$defs"][kind], f"{kind}.")
    return found


KINDS = load_schema()["properties"]["models"]["additionalProperties"]["properties"]["kind"]["enum"]
SUBSCHEMAS = subschemas(load_schema())


# The schema and config.yaml


def test_the_schema_is_one():
    Draft202012Validator.check_schema(load_schema())


def test_each_key_is_described_and_has_a_type():
    for path, sub in SUBSCHEMAS.items():
        assert sub["description"].endswith("."), path
        assert "const" in sub or all("type" in part for part in sub.get("anyOf", [sub])), path


def test_every_mapping_is_closed():
    def walk(part):
        if isinstance(part, dict):
            if "properties" in part and "kind" not in part.get("required", []):  # what else a model has, its kind says
                assert part["additionalProperties"] is False
            for sub in part.values():
                walk(sub)

    walk(load_schema())
    assert load_schema()["additionalProperties"] is False


def test_sections_name_all_their_keys_and_models_have_defaults():
    schema = load_schema()
    for path, sub in {"": schema, **SUBSCHEMAS}.items():
        if "required" in sub:
            assert set(sub["required"]) == set(sub["properties"]), path
            assert not any("default" in key for key in sub["properties"].values()), path
    for kind in KINDS:
        for key, sub in schema["$defs"][kind]["properties"].items():
            assert sub == {"description": sub["description"], "const": kind} if key == "kind" else "default" in sub


def test_the_defaults_of_models_are_valid():
    for kind in KINDS:
        Draft202012Validator(load_schema()).validate(overlaid({"models": {"extra": {"kind": kind}}}))
        assert check(overlaid({"models": {"extra": {"kind": kind}}}))["models"]["extra"]["kind"] == kind


def test_the_default_config_is_valid_and_its_models_say_the_schemas_defaults():
    checked, seen = check(CONFIG), set()
    for name, model in CONFIG["models"].items():
        filled = check(overlaid({"models": {"extra": {"kind": model["kind"]}}}))["models"]["extra"]
        if model["kind"] not in seen:  # the first of a kind; another says where it differs
            assert model.items() <= filled.items(), name
        assert checked["models"][name] == filled | model
        seen.add(model["kind"])
    assert {key: value for key, value in checked.items() if key != "models"} == {
        key: value for key, value in CONFIG.items() if key != "models"
    }


def test_the_overlay_of_references_adds_models_and_changes_nothing_else():
    checked, default = check(overlaid((ROOT / "presets/references.yaml").read_text(encoding="utf-8"))), check(CONFIG)
    models, before = checked.pop("models"), default.pop("models")
    assert checked == default
    assert before.items() < models.items()
    assert {model["kind"] for name, model in models.items() if name not in before} == {"popularity", "metadata"}


def test_the_network_of_2014_is_laid_over_the_demo_world_or_under_a_data_set(monkeypatch):
    monkeypatch.setenv("COLDWAVE_DATA", "/data")
    network, emotify = ((ROOT / "presets" / f"{name}.yaml").read_text() for name in ("network-2014", "emotify"))
    alone, together = check(overlaid(network)), check(overlaid(network, emotify))
    assert (alone["world"]["seconds"], alone["run"]) == (15, "network-2014")
    assert (together["world"], together["run"]) == (None, "emotify")
    assert alone["models"]["cnn_2014"] == together["models"]["cnn_2014"]
    assert together["audio"]["min_seconds"] == alone["audio"]["min_seconds"] >= 598 * 512 / 22050
    models = yaml.safe_load(network)["models"]
    assert set(mistakes({"models": models})) == {"models.cnn_2014.window"}  # the demo world's default songs are shorter


def test_each_key_of_the_default_config_is_commented():
    lines = TEXT.splitlines()
    bare = [
        line.strip()
        for above, line in zip(["", *lines], lines, strict=False)
        if (key := re.match(r" *([a-z_]+):", line))
        and key[1] != "kind"  # the comment of its entry says what it is
        and not re.search(r"\s# \S", line)
        and not above.lstrip().startswith("# ")
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
    checked = check(CONFIG)
    assert list(checked) == list(load_schema()["properties"])
    backwards = dict(reversed(CONFIG["models"].items()))  # the order of the models is the user's, as tables show it
    for models in (CONFIG["models"], backwards):
        assert list(check({**CONFIG, "models": models})["models"]) == list(models)

    def types(value):
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return {type(value)}.union(*map(types, parts))

    assert types(check(OrderedDict(CONFIG))) <= {dict, list, str, int, float, bool, type(None)}


def test_numbers_have_the_schemas_type():
    checked = check(overlaid("{wmf: {alpha: 2, factors: 50.0}, audio: {offset: 3}, split: {validation: 5}}"))
    pools = [
        check(overlaid({"models": {"cnn_mse": {"pool": pool}}}))["models"]["cnn_mse"]["pool"]
        for pool in (2.0, [2.0, 1])
    ]
    assert json.dumps(pools) == "[2, [2, 1]]"
    found = [checked["wmf"]["alpha"], checked["wmf"]["factors"], checked["audio"]["offset"]]
    assert json.dumps(found) == "[2.0, 50, 3.0]"
    assert json.dumps({part: checked["split"][part] for part in ("validation", "test")}) == (
        '{"validation": 5, "test": 0.2}'
    )


def test_the_config_handed_in_is_left_alone():
    before = copy.deepcopy(CONFIG)
    check(CONFIG)["wmf"]["alpha"] = 3
    check(CONFIG)["models"]["linear"]["strengths"].append(3)
    assert before == CONFIG
    assert check(CONFIG)["models"]["linear"]["strengths"] == CONFIG["models"]["linear"]["strengths"]


def test_the_defaults_are_not_shared():
    extra = {"models": {"extra": {"kind": "linear"}}}
    check(overlaid(extra))["models"]["extra"]["strengths"].clear()
    assert check(overlaid(extra))["models"]["extra"]["strengths"]


def test_null_removes_what_is_optional():
    checked = check(overlaid("models: {cnn_mse: null, linear: {strengths: null}}", {"repeats": 2}))
    assert "cnn_mse" not in checked["models"]
    assert checked["models"]["linear"] == check(CONFIG)["models"]["linear"]
    assert checked["repeats"] == 2


def test_null_may_be_a_value():
    checked = check(overlaid(OWN_DATA, "{audio: {duration: null}, plays: {songs: {columns: {title: null, tags: t}}}}"))
    assert checked["world"] is None
    assert checked["audio"]["duration"] is None
    assert checked["plays"]["top_songs"] is None
    assert checked["plays"]["songs"]["columns"] == {"tags": "t"}


def test_an_entry_of_another_kind_refuses_the_keys_of_the_first():
    """An overlay that wants another kind of model names another entry."""
    others = [key for key in CONFIG["models"]["cnn_mse"] if key != "kind"]
    overlay = {"models": {"cnn_mse": {"kind": "mean", **dict.fromkeys(others)}}}
    found = mistakes(overlay)
    assert set(found) == {f"models.cnn_mse.{key}" for key in others}
    assert found["models.cnn_mse.channels"] == "unknown key; it is a key of models of kind cnn"


@pytest.mark.parametrize("text", ["null", "None"])
def test_the_command_line_can_say_that_there_is_no_world(text):
    assert check(overlaid(OWN_DATA, {"world": text}))["world"] is None


@pytest.mark.parametrize(
    "overlay",
    [
        "audio: {offset: middle}",
        "audio: {offset: 0}",
        "split: {validation: 1, test: 1881}",
        "split: {validation: 0.001, test: 0.99}",
        "run: A-2.b_c",
        "run: '2024'",
        "bow: {variance: 1}",
        "plays: {format: table, table: {user: 1, song: 2, count: null, header: false}}",
        "plays: {table: {quote: '\"', encoding: latin-1}}",
        "models: {cnn_mse: {window: 130, dense: []}}",
        "models: {a1: {kind: cnn, objective: mse, pool: [4, 1], pooling: statistics, unit_norm: true}}",
        "models: {a1: {kind: cnn, objective: wpe, temper: 1, optimizer: nesterov}}",
        "world: {artists: 600}",
    ],
)
def test_accepted(overlay):
    check(overlaid(overlay))


# Mistakes

MISTAKES = [
    # unknown and missing keys
    ("sed: 3", "sed", "unknown key; did you mean 'seed'?"),
    ("WMF: {}", "WMF", "unknown key; did you mean 'wmf'?"),
    ("wmf: {factor: 3}", "wmf.factor", "unknown key; did you mean 'factors'?"),
    ("alpha: 3", "alpha", "unknown key; it is a key of wmf"),
    ("bow: {zzz: 3}", "bow.zzz", "unknown key; the keys here are coefficients, standardize, words"),
    ("bow: {zzz: null}", "bow.zzz", "unknown key"),
    ("pathvars: {results: x}", "pathvars", "unknown key"),
    ("models: {cnn_mse: {windw: 130}}", "models.cnn_mse.windw", "unknown key; did you mean 'window'?"),
    (
        "models: {linear: {window: 130}}",
        "models.linear.window",
        "unknown key; it is a key of audio and of models of kin",
    ),
    ("models: {x: {}}", "models.x.kind", "is missing, it must be one of random, mean"),
    ("plays: {songs: {columns: {song: x}}}", "plays.songs.columns.song", "did you mean 'song_id'?"),
    # types
    ("seed: '2'", "seed", "'2' is text, not a whole number from 0 to 2147483647; write it without quotes"),
    ("wmf: {factors: '50'}", "wmf.factors", "--config makes text of values inside a section: use --configfile"),
    ("wmf: {epsilon: 1e-6}", "wmf.epsilon", "'1e-6' is text, not a number above 0; YAML needs a point"),
    ("wmf: {epsilon: 1e-6}", "wmf.epsilon", "write 1.0e-6"),
    ("wmf: {epsilon: 1.5e6}", "wmf.epsilon", "write 1.5e+6"),
    ("models: {cnn_mse: {learning_rate: 1e-3}}", "models.cnn_mse.learning_rate", "write 1.0e-3"),
    ("models: {linear: {strengths: [1.0, 1e-3]}}", "models.linear.strengths[1]", "write 1.0e-3"),
    (
        "models: {linear: {strengths: 1.0}}",
        "models.linear.strengths",
        "1.0 is not a list of one or more numbers above 0",
    ),
    ("wmf: {factors: 50.5}", "wmf.factors", "50.5 is not a whole number from 1"),
    ("wmf: {factors: true}", "wmf.factors", "true is not a whole number from 1"),
    ("wmf: {alpha: many}", "wmf.alpha", "'many' is text, not a number from 0"),
    ("wmf: {alpha: .nan}", "wmf.alpha", "nan is not a finite number"),
    ("wmf: {alpha: .inf}", "wmf.alpha", "inf is not a finite number"),
    (f"wmf: {{factors: 1{'0' * 400}}}", "wmf.factors", "… is too large"),
    ("wmf: {alpha: 1.0e+300}", "wmf.alpha", "1.0e+300 is too large"),
    ("wmf: {factors: null}", "wmf.factors", "null is not a whole number from 1"),
    ("wmf: null", "wmf", "null is not a mapping of keys to values; leave it out to keep its defaults"),
    ("wmf: [1]", "wmf", "[1] is not a mapping"),
    ("bow: {standardize: 'yes'}", "bow.standardize", "'yes' is text, not true or false; write it without quotes"),
    ("bow: {standardize: 1}", "bow.standardize", "1 is not true or false"),
    ("plays: {top_songs: None}", "plays.top_songs", "write null without quotes"),
    ("plays: {path: null}", "plays.path", "null is not text of at least one character"),
    ("plays: {path: ''}", "plays.path", "'' is not text of at least one character"),
    ("cache: 3", "cache", "3 is not text of at least one character; write it in quotes"),
    ("run: 2024", "run", "2024 is not a name of letters"),
    ("run: 2024-01-01", "run", "write it in quotes"),
    ("1: x", "1", "a key is text, and 1 is not: write it in quotes"),
    ("models: {on: {kind: mean}}", "models.True", "a key is text"),
    ("models: {linear: x}", "models.linear", "'x' is text, not a mapping with the key kind"),
    # bounds and choices
    ("seed: -1", "seed", "-1 is not a whole number from 0"),
    ("repeats: 0", "repeats", "0 is not a whole number from 1 to 1000"),
    ("bow: {variance: 1.1}", "bow.variance", "1.1 is not a number above 0 to 1"),
    ("split: {test: 0}", "split.test", "0 is not a share above 0 and below 1 or a whole number of songs from 1"),
    ("split: {test: 1.5}", "split.test", "1.5 is not a share above 0 and below 1"),
    ("split: {test: 2.0}", "split.test", "2.0 is no share below 1; as a number of songs, write it without a point"),
    ("split: {test: '0.5'}", "split.test", "write it without quotes"),
    ("wmf: {solver: exat}", "wmf.solver", "'exat' is not one of cg, exact; did you mean 'exact'?"),
    ("plays: {users_by: Random}", "plays.users_by", "did you mean 'random'?"),
    ("audio: {offset: midle}", "audio.offset", "did you mean 'middle'?"),
    ("audio: {offset: -1}", "audio.offset", "-1 is not 'middle' or a number of seconds from 0"),
    ("models: {cnn_mse: {precision: 32}}", "models.cnn_mse.precision", "32 is not one of 32-true"),
    ("models: {cnn_mse: {channels: [0]}}", "models.cnn_mse.channels[0]", "0 is not a whole number from 1"),
    ("models: {cnn_mse: {channels: []}}", "models.cnn_mse.channels", "[] is not a list of one or more whole numbers"),
    ("models: {linear: {strengths: [1, 1.0]}}", "models.linear.strengths", "names the same value twice"),
    (
        "models: {x: {kind: cn}}",
        "models.x.kind",
        "'cn' is not one of random, mean, popularity, usage, knn, mlr, linear, mlp, cnn, metadata; did you mean 'cnn'?",
    ),
    ("models: {x: {kind: [cnn]}}", "models.x.kind", "['cnn'] is not one of random"),
    ("models: {CNN: {kind: cnn}}", "models.CNN", "'CNN' is not a name of small letters"),
    ("run: a/b", "run", "'a/b' is not a name of letters, digits"),
    ("run: ..", "run", "'..' is not a name"),
    ('run: "demo\\n"', "run", "is not a name"),
    ("plays: {table: {delimiter: ', '}}", "plays.table.delimiter", "', ' is not one character"),
    # keys against each other
    (
        "plays: {path: p, songs: {path: s, audio_root: <results>/world/audio}}\nworld: null",
        "plays.songs.audio_root",
        "'<results>/world/audio' is made by the demo world",
    ),
    ('models: {"a\\nb": {kind: mean}}', r"models.'a\nb'", "is not a name"),
    ("plays: {path: x, songs: {path: null}}", "world", "nothing reads the demo world"),
    ("world: {artists: 601}", "world.artists", "601 artists cannot share 600 songs"),
    ("world: {seconds: 2}", "world.seconds", "2.0 is below audio.min_seconds (3.0)"),
    ("split: {validation: 0.5, test: 0.5}", "split.test", "0.5 and split.validation (0.5) leave no song for training"),
    ("plays: {format: table, table: {header: false, song: 2, count: null}}", "plays.table.user", "number, from 1"),
    ("plays: {format: table, table: {user: 1}}", "plays.table.user", "1 is a number, but there is a header"),
    ("plays: {format: table, table: {count: song}}", "plays.table.count", "is the column of plays.table.song too"),
    ('plays: {table: {quote: "\\t"}}', "plays.table.quote", "plays.table.delimiter too"),
    ("plays: {table: {encoding: utf8000}}", "plays.table.encoding", "'utf8000' is no text encoding"),
    ("audio: {window: 500}", "audio.window", "500 is below audio.hop (512)"),
    ("audio: {mel_bands: 514}", "audio.mel_bands", "514 is more than the 513 frequencies"),
    ("audio: {duration: 2}", "audio.duration", "2.0 is below audio.min_seconds (3.0)"),
    ("bow: {coefficients: 129}", "bow.coefficients", "129 is more than audio.mel_bands (128)"),
    ("bow: {sample_frames: 499}", "bow.sample_frames", "499 is below bow.words (500)"),
    ("models: {cnn_mse: {window: 131}}", "models.cnn_mse.window", "set window to at most 130, or audio.min_seconds"),
    (
        "{audio: {min_seconds: 2.9}, models: {cnn_wpe: null}}",
        "models.cnn_mse.window",
        "or audio.min_seconds to at least 2.973",
    ),
    ("models: {cnn_mse: {pool: 0}}", "models.cnn_mse.pool", "0 is not a whole number from 1 or a list of them"),
    ("models: {cnn_mse: {pool: [4, 0]}}", "models.cnn_mse.pool", "[4, 0] is not a whole number from 1 or a list"),
    ("models: {cnn_mse: {pool: [4]}}", "models.cnn_mse.pool", "[4] has 1 numbers for 2 layers (channels)"),
    ("models: {cnn_mse: {pool: [40, 4]}}", "models.cnn_mse.window", "no frame after convolutional layer 2 of 2"),
    (
        "models: {cnn_mse: {temper: 0.5}}",
        "models.cnn_mse.temper",
        "0.5 is for objectives of plays: write objective: wpe",
    ),
    ("models: {cnn_wpe: {temper: 1.5}}", "models.cnn_wpe.temper", "1.5 is not a number from 0 to 1"),
    ("models: {cnn_wpe: {unit_norm: true}}", "models.cnn_wpe.unit_norm", "the objective wpe has none: write false"),
    (
        "models: {cnn_wpe: {precision: 16-true}}",
        "models.cnn_wpe.precision",
        "16-true is too coarse for the objective wpe, a small difference of large sums: take 16-mixed or 32-true",
    ),
    ("models: {cnn_mse: {momentum: 0}}", "models.cnn_mse.momentum", "0 is not a number above 0 and below 1"),
    (
        "models: {x: {kind: metadata, audio: liner}}",
        "models.x.audio",
        "no model 'liner' that predicts factors from audio",
    ),
    ("models: {x: {kind: metadata, audio: usage}}", "models.x.audio", "of kind usage, which does not predict factors"),
    ("models: {x: {kind: metadata, audio: x}}", "models.x.audio", "of kind metadata"),
    ("models: {x: {kind: metadata, audio: knn}}", "models.x.audio", "name one of linear, mlp, cnn_mse"),
    (
        "models: {linear: null, mlp: null, cnn_mse: null, cnn_wpe: null, x: {kind: metadata, audio: linear}}",
        "models.x.audio",
        "there is none in this config: write null",
    ),
    (
        "models: {cnn_mse: {channels: [8, 8, 8, 8]}}",
        "models.cnn_mse.window",
        "no frame after convolutional layer 4 of 4",
    ),
]


@pytest.mark.parametrize(
    ("overlay", "path", "words"), MISTAKES, ids=[f"{path}-{n}" for n, (_, path, _) in enumerate(MISTAKES)]
)
def test_one_mistake_is_one_line_that_names_its_key(overlay, path, words):
    found = mistakes(overlay)
    assert set(found) == {path}
    assert words in found[path]
    assert len(found[path]) < 260


def test_paths_of_the_demo_world_without_it():
    assert set(mistakes("world: null")) == {"plays.path", "plays.songs.path"}


def test_there_must_be_a_model():
    overlay = {"models": dict.fromkeys(CONFIG["models"])}
    assert mistakes(overlay) == {"models": "an empty mapping is not a mapping of at least one name to a model"}


def test_missing_keys():
    config = copy.deepcopy(CONFIG)
    del config["wmf"]["alpha"], config["split"], config["models"]["linear"]["strengths"]
    with pytest.raises(SettingsError) as error:
        check(config)
    assert error.value.mistakes == [
        "split: is missing, it must be a mapping of keys to values",
        "wmf.alpha: is missing, it must be a number from 0",
    ]


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
    overlay = "models: {cnn_mse: {window: 0}, cnn_wpe: null}"
    assert set(mistakes("audio: {min_seconds: 2}", overlay)) == {"models.cnn_mse.window"}


def test_the_count_in_the_head():
    for overlay, head in [("seed: -1", "1 mistake in"), ("{seed: -1, repeats: 0}", "2 mistakes in")]:
        with pytest.raises(SettingsError, match=head):
            check(overlaid(overlay))


@hypothesis.settings(deadline=None)
@example(1.0, 1000, 113)  # 1.017 seconds are needed, and 1.017 * 1000 < 1017
@given(st.floats(1, 30), st.integers(1000, 48000), st.integers(64, 2048))
def test_the_longest_window_that_is_allowed(seconds, rate, hop):
    """As many frames as librosa's centred frames of that many samples."""
    frames = len(range(0, int(round(seconds * rate, 6)) + 1, hop))
    audio = {
        "min_seconds": seconds,
        "sample_rate": rate,
        "hop": hop,
        "window": 2 * hop,
        "mel_bands": 13,
        "duration": None,
    }
    overlay = {
        "audio": audio,
        "models": {"cnn_mse": None, "cnn_wpe": None, "net": {"kind": "cnn", "kernel": 1, "pool": 1, "window": frames}},
    }
    overlay["world"] = {"seconds": 60}
    check(overlaid(overlay))
    overlay["models"]["net"]["window"] = frames + 1
    told = mistakes(overlay)["models.net.window"]
    overlay["audio"]["min_seconds"] = float(told.rsplit(" ", 1)[1])
    check(overlaid(overlay))


def test_layers_as_the_network_counts_them():
    network = pytest.importorskip("coldwave.models.cnn.network")
    cases = [(129, 2, 4, 4), (23, 2, 4, 4), (22, 2, 4, 4), (10, 3, 2, 2), (11, 3, 2, 2), (17, 2, 3, [5, 1])]
    for window, layers, kernel, pool in [*cases, (16, 2, 3, [5, 1])]:
        model = {"window": window, "channels": [8] * layers, "kernel": kernel, "pool": pool}
        if network.frames_after(window, layers, kernel, pool) >= 1:
            check(overlaid({"models": {"cnn_mse": model}}))
        else:
            assert set(mistakes({"models": {"cnn_mse": model}})) == {"models.cnn_mse.window"}


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
KEYS += [["models", "linear", "strengths"], *(["models", "cnn_mse", key] for key in CONFIG["models"]["cnn_mse"])]


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
        checked = check(config)
    except SettingsError as error:
        assert error.mistakes and all("\n" not in mistake for mistake in error.mistakes)
    else:
        Draft202012Validator(load_schema()).validate(checked)
        assert json.dumps(check(checked)) == json.dumps(checked)


# Options and the table of keys


def test_options_are_picked_and_sorted():
    config = check(overlaid("plays: {songs: {columns: {title: a, album: b}}}"))
    assert list(options(config, "wmf", "solver", "alpha")) == ["alpha", "solver"]
    assert options(config, "wmf", "alpha") == {"alpha": 2.0}
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
        ("wfm", "alpha", "'wfm' is no section"),
        ("seed", "alpha", "'seed' is no section"),
        ("world", "songs", "'world' is no section of the config, it is null"),
    ],
)
def test_options_that_are_not_there(section, key, words):
    with pytest.raises(KeyError, match=words):
        options(check(overlaid(OWN_DATA)), section, key)


def test_every_key_is_in_the_table():
    lines = describe(load_schema(), CONFIG).splitlines()
    for path in SUBSCHEMAS:
        kind, _, key = path.partition(".")
        shown = f"models.<{kind}>.{key}" if kind in KINDS else path
        assert len([line for line in lines if line.startswith(f"| `{shown}` |")]) == 1
    assert len(lines) == 2 + len(SUBSCHEMAS)
    assert "| `wmf.alpha` | `2.0` | Confidence is" in "\n".join(lines)
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 4 for line in lines)


def test_a_programming_mistake_in_a_check_is_not_hidden(monkeypatch):
    monkeypatch.setattr(settings, "cross_checks", lambda config: [iter(config["gone"])])
    with pytest.raises(KeyError):
        check(CONFIG)


def test_missing_files_are_told_all_at_once(tmp_path):
    (tmp_path / "plays.tsv").touch()
    config = overlaid({"world": None})
    config["plays"] |= {"path": str(tmp_path / "plays.tsv")}
    config["plays"]["songs"] |= {"path": str(tmp_path / "songs.csv"), "audio_root": str(tmp_path / "audio")}
    with pytest.raises(settings.SettingsError) as caught:
        settings.check_files(settings.check(config))
    assert [mistake.split(":")[0] for mistake in caught.value.mistakes] == [
        "plays.songs.path",
        "plays.songs.audio_root",
    ]
    settings.check_files(settings.check(CONFIG))  # what the demo world makes need not be there


def test_paths_may_name_environment_variables(monkeypatch):
    monkeypatch.setenv("SOME_DATA", "/somewhere")
    config = overlaid({"world": None})
    config["plays"] |= {"path": "$SOME_DATA/plays.tsv"}
    config["plays"]["songs"] |= {"path": "${SOME_DATA}/songs.csv"}
    checked = settings.check(config)
    assert checked["plays"]["path"] == "/somewhere/plays.tsv"
    assert checked["plays"]["songs"]["path"] == "/somewhere/songs.csv"
    monkeypatch.delenv("SOME_DATA")
    with pytest.raises(settings.SettingsError) as caught:
        settings.check(config)
    assert len(caught.value.mistakes) == 2
    assert all("environment variable that is not set" in mistake for mistake in caught.value.mistakes)


def test_the_config_as_text_reads_back():
    checked = settings.check(CONFIG)
    assert yaml.safe_load(settings.as_text(checked)) == checked
