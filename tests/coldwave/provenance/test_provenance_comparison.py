"""`coldwave compare`: what it says of two records, in which order, and how it ends."""

import copy
import json
import random

import pytest
import yaml

from coldwave.command.cli import main
from coldwave.provenance.comparison import differing_outputs

CONFIG = {"run": "one", "seed": 1, "wmf": {"factors": 50, "alpha": 2.0}, "models": {"cnn": {"kind": "cnn"}}}
RECORD = {
    "config": CONFIG,
    "data": "",
    "seeds": [1],
    "inputs": {"plays": {"path": "/data/plays.tsv", "sha256": "11"}},
    "outputs": {
        "bow/features.npy": "a", "plays/plays.parquet": "b", "scores/cnn/1.parquet": "c", "split/split.parquet": "d",
        "wmf/user_factors.npy": "e",
    },
    "code": {"commit": "c0ffee", "changed": False},
    "versions": {"python": "3.12.1", "numpy": "2.0"},
    "machine": {"cores": 2, "gpus": []},
    "rules": {"split_songs": {"jobs": 1, "seconds": 1.5}},
}  # fmt: skip


@pytest.fixture
def compared(tmp_path, monkeypatch, capsys):
    """Compares RECORD with one that differs as told: gives status and lines."""
    monkeypatch.chdir(tmp_path)

    def write(name, record):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True, exist_ok=True)
        told = record | {"config": yaml.safe_dump(record["config"], sort_keys=False)}
        (folder / "provenance.json").write_text(json.dumps(told))

    def compare(*arguments, **changed):
        write("one", RECORD)
        write("two", copy.deepcopy(RECORD) | changed)
        status = main(["compare", "one", "two", *arguments])
        return status, capsys.readouterr().out.splitlines()

    return compare


def test_the_same_outputs_are_one_line(compared):
    assert compared() == (0, ["All 5 outputs are the same"])
    assert compared(rules={}, seeds=[1]) == (0, ["All 5 outputs are the same"])  # times do not count
    status, lines = compared(versions={"python": "3.13.0"}, config=CONFIG | {"run": "two"})
    assert (status, lines) == (0, ["All 5 outputs are the same, though these differ: config, versions"])
    moved = {"plays": {"path": "/elsewhere/plays.tsv", "sha256": "11"}}
    assert compared(inputs=moved) == (0, ["All 5 outputs are the same"])


def test_all_that_differs_is_told_causes_first_and_outputs_as_they_are_made(compared):
    config = {
        "run": "two", "seed": 1, "wmf": {"factors": 20, "alpha": 2.0},
        "models": {"knn": {"kind": "knn", "neighbours": 3}},
    }  # fmt: skip
    status, lines = compared(
        config=config,
        seeds=[1, 2],
        inputs={"plays": {"path": "/data/plays.tsv", "sha256": "22"}, "songs": {"path": "s", "sha256": "33"}},
        outputs=RECORD["outputs"]
        | {"scores/cnn/1.parquet": "x", "wmf/user_factors.npy": "y", "split/split.parquet": "z"},
        code={"commit": "c0ffee", "changed": True},
        versions={"python": "3.12.1", "numpy": "2.1", "torch": "2.5"},
        machine={"cores": 64, "gpus": ["H100"]},
    )
    assert status == 1
    assert lines == [
        "A: results/one/provenance.json",
        "B: results/two/provenance.json",
        "",
        "Config (A | B)",
        "  run: one | two",
        "  wmf.factors: 50 | 20",
        '  models.cnn: {"kind": "cnn"} | (none)',
        '  models.knn: (none) | {"kind": "knn", "neighbours": 3}',
        "",
        "Seeds (A | B)",
        "  seeds: [1] | [1, 2]",
        "",
        "Inputs (A | B)",
        "  plays: 11 | 22",
        "  songs: (none) | 33",
        "",
        "Code (A | B)",
        "  changed: false | true",
        "",
        "Versions (A | B)",
        "  numpy: 2.0 | 2.1",
        "  torch: (none) | 2.5",
        "",
        "Machine (A | B)",
        "  cores: 2 | 64",
        '  gpus: [] | ["H100"]',
        "",
        "Outputs: 3 of 5 differ, in the order in which a run makes them",
        "  split/split.parquet",
        "  wmf/user_factors.npy",
        "  scores/cnn/1.parquet",
    ]


def test_outputs_alone_that_differ_have_no_cause_in_the_records(compared):
    outputs = RECORD["outputs"] | {"plays/plays.parquet": "x", "new/a.npy": "y"}
    del outputs["wmf/user_factors.npy"]
    status, lines = compared(outputs=outputs)
    assert status == 1
    assert lines[3:] == [
        "Config, seeds, inputs, code, versions and machine are the same",
        "",
        "Outputs: 3 of 6 differ, in the order in which a run makes them",
        "  plays/plays.parquet",
        "  wmf/user_factors.npy (only in A)",
        "  new/a.npy (only in B)",
    ]


def test_of_many_shards_the_first_are_named_and_all_on_request(compared):
    shards = {f"audio/log_mel/{shard:03}.npy": "x" for shard in range(256)}
    outputs = RECORD["outputs"] | shards | {"bow/features.npy": "y"}
    listed = compared(outputs=outputs)[1]
    assert listed[-12:] == [
        *(f"  audio/log_mel/{shard:03}.npy (only in B)" for shard in range(10)),
        "  … and 246 more of audio/log_mel/",
        "  bow/features.npy",
    ]
    every = compared("--all", outputs=outputs)[1]
    assert [f"{line.split()[0]}" for line in every[-257:]] == [*sorted(shards), "bow/features.npy"]


def test_the_order_of_a_record_does_not_count():
    paths = ["world/a", "plays/b", "audio/manifests/1", "audio/log_mel/0", "audio/index", "bow/codebook.npy",
             "bow/counts/0", "bow/features.npy", "models/m/1", "predictions/m/1", "scores/m/1", "tables/t",
             "report/index.html", "unknown"]  # fmt: skip
    shuffled = random.Random(1).sample(paths, len(paths))
    assert differing_outputs({"outputs": dict.fromkeys(shuffled, "1")}, {"outputs": {}}) == paths


def test_a_record_from_elsewhere_cannot_act_on_the_terminal(compared):
    outputs = RECORD["outputs"] | {"plays/\x1b[2J": "x"}
    _, lines = compared(outputs=outputs, versions={"python": "3.12.1", "numpy": "\x1b]0;title\x07\nOutputs: 0"})
    assert "  numpy: 2.0 | \\x1b]0;title\\x07 Outputs: 0" in lines
    assert "  plays/\\x1b[2J (only in B)" in lines


def test_runs_are_named_by_name_folder_or_record(compared, tmp_path, capsys):
    assert compared()[0] == 0
    for run in ("two", "results/two", "results/two/", "results/two/provenance.json", str(tmp_path / "results" / "two")):
        assert main(["compare", "one", run]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("{", "not the record of a run"),
        ("[]", "not the record of a run"),
        ("{}", "not the record of a run"),
        (json.dumps(RECORD | {"config": "run: [", "outputs": {"a": "1"}}), "not the record of a run"),
        (json.dumps(RECORD | {"config": "run: a", "outputs": {}}), "a part of it is missing"),
        (json.dumps(RECORD | {"config": "run: a", "inputs": {"plays": "11"}}), "not the record of a run"),
    ],
)
def test_what_is_no_record_is_told_and_ends_with_2(compared, tmp_path, capsys, record, message):
    assert compared()[0] == 0
    path = tmp_path / "results" / "two" / "provenance.json"
    path.write_text(record)
    assert main(["compare", "one", "two"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: results/two/provenance.json: ") and message in said


def test_runs_that_are_not_there_end_with_2(compared, tmp_path, capsys):
    assert compared()[0] == 0
    (tmp_path / "results" / "begun").mkdir()
    assert main(["compare", "one", "begun"]) == 2
    assert "results/begun: it has no provenance.json" in capsys.readouterr().err
    assert main(["compare", "onne", "two"]) == 2
    assert "no run 'onne': finished runs are one, two" in capsys.readouterr().err
    for arguments in (["one"], [], ["one", "two", "three"], ["one", "two", "--al", "x"]):
        with pytest.raises(SystemExit) as stop:
            main(["compare", *arguments])
        assert stop.value.code == 2


def test_help_says_how_it_ends(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["compare", "--help"])
    assert stop.value.code == 0
    assert "1 if some differ, 2 if" in " ".join(capsys.readouterr().out.split())
