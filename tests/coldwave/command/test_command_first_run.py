"""From nothing to a list: ``recommend --history … --library …``, with a stand-in for Snakemake; and ``inspect``."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
import yaml

import coldwave
from coldwave.command.cli import main
from coldwave.command.first_run import ROOT
from tests.coldwave.command.conftest import listens
from tests.coldwave.use.small_runs import write_run

STAND_IN = """
import json, shutil, sys, time
from pathlib import Path
import yaml
arguments = sys.argv[1:]
with Path("calls.jsonl").open("a") as file:
    file.write(json.dumps(arguments) + "\\n")
print("progress of the workflow")
if Path("waits").exists():
    try:
        Path("started").touch()
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(1)  # ends its jobs, lifts its lock
        Path("ended").touch()
        sys.exit(1)
if Path("fails").exists():
    sys.exit(3)
config = yaml.safe_load(Path(arguments[arguments.index("--configfile") + 1]).read_text())
shutil.copytree("made", Path("results") / config["run"], dirs_exist_ok=True)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder, with a history and a library beside it, and what the stand-in makes of them."""
    package = tmp_path / "stand_in/snakemake"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand_in"))
    (tmp_path / "Music").mkdir()
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"Music/{name}.wav", [0.0] * 2205, 22050)
    listens(tmp_path / "listens.jsonl", [("Artist 5", "Title 12", 4)])
    (here := tmp_path / "here").mkdir()
    write_run(here / "made", users=1)
    monkeypatch.chdir(here)
    return here


GIVEN = ["recommend", "--history", "../listens.jsonl", "--library", "../Music"]


def calls(place):
    return [json.loads(line) for line in (place / "calls.jsonl").read_text().splitlines()]


def test_it_writes_a_config_runs_the_workflow_and_lists(place, capfd):
    assert main([*GIVEN, "--new"]) == 1
    assert "knows all of its files" in capfd.readouterr().err and not (place / "coldwave.yaml").exists()
    assert main([*GIVEN, "--among", "nobody", "--json"]) == 0
    users = dict(coldwave.load("results/mine").songs.select("song_id", "users").iter_rows())
    songs = json.loads(capfd.readouterr().out)["songs"]
    assert songs and not any(users[song["song_id"]] for song in songs)
    text = (place / "coldwave.yaml").read_text()
    config = yaml.safe_load(text)
    root = place.parent
    assert config["run"] == "mine" and config["world"] is None
    plays = {"path": f"{root}/listens.jsonl", "format": "listenbrainz", "min_users": 0}
    assert config["plays"] == plays | {"songs": {"path": f"{root}/Music"}}
    models = yaml.safe_load((ROOT / "config.yaml").read_text())["models"]
    kept = {name: model for name, model in models.items() if name not in config["models"]}
    assert {"knn", "linear", "random", "usage"} <= {model["kind"] for model in kept.values()}
    assert not {"cnn", "mlp", "planted"} & {model["kind"] for model in kept.values()}
    assert set(config["models"]) <= set(models) and not any(config["models"].values())
    assert calls(place) == [["--snakefile", f"{ROOT}/Snakefile", "--configfile", "coldwave.yaml"]]


def test_progress_is_beside_the_list_and_the_config_is_kept(place, capfd):
    assert main([*GIVEN, "-n", "3", "--json", "--out", "mix.m3u8"]) == 0
    streams = capfd.readouterr()
    found = json.loads(streams.out)
    expected = coldwave.load("results/mine").recommend(n=3).table["song_id"].to_list()
    assert [song["song_id"] for song in found["songs"]] == expected
    assert "progress of the workflow" in streams.err and "min_users: 0" in streams.err
    edited = (place / "coldwave.yaml").read_text().replace("run: mine", "run: other # mine")
    (place / "coldwave.yaml").write_text(edited)
    assert main([*GIVEN, "-n", "3", "--json"]) == 0
    streams = capfd.readouterr()
    assert json.loads(streams.out)["run"] == f"{place}/results/other"
    assert "is there already, and is used as it is" in streams.err
    assert (place / "coldwave.yaml").read_text() == edited
    assert len(calls(place)) == 2


def test_a_history_that_the_config_does_not_name_is_matched(place, capfd):
    assert main([*GIVEN, "--json"]) == 0
    capfd.readouterr()
    other = listens(place.parent / "other.jsonl", [("Artist 6", "Title 13", 2)])
    assert main(["recommend", "--history", str(other), "--library", "../Music", "--json"]) == 0
    streams = capfd.readouterr()
    assert "1 of 1 tracks matched" in streams.err
    expected = coldwave.load("results/mine").recommend(plays={"S013": 2}).table["song_id"].to_list()
    assert [song["song_id"] for song in json.loads(streams.out)["songs"]] == expected


def test_several_histories_go_into_the_config(place, capfd):
    other = listens(place.parent / "other.jsonl", [("Artist 6", "Title 13", 2)])
    assert main([*GIVEN, "--history", str(other), "--json"]) == 0
    config = yaml.safe_load((place / "coldwave.yaml").read_text())
    assert config["plays"]["history"] == {"user": "me", "also": [str(other)]}
    assert json.loads(capfd.readouterr().out)["matching"] == [], "the run has read them"


def test_what_goes_wrong_is_told(place, capfd):
    (place / "fails").touch()
    assert main(GIVEN) == 1
    assert "error: the workflow failed (snakemake ended with 3" in capfd.readouterr().err
    assert main([*GIVEN[:3], "--library", "../other"]) == 1
    assert "is of another library" in capfd.readouterr().err
    (place / "coldwave.yaml").write_text("run: [")
    assert main(GIVEN) == 1
    assert "coldwave.yaml, line 1: not valid YAML" in capfd.readouterr().err
    (place / "coldwave.yaml").unlink()
    assert main(["recommend", "--history", "../Music", "--library", "../Music"]) == 1
    assert "not a listening history, but a folder of audio" in capfd.readouterr().err
    assert main(["recommend", "--history", "../listens.jsonl", "--library", "../listens.jsonl"]) == 1
    assert "not a folder of audio" in capfd.readouterr().err
    assert not (place / "coldwave.yaml").exists()


def test_inspect_prints_the_config_of_a_history(place, capsys):
    assert main(["inspect", "../listens.jsonl"]) == 0
    out = capsys.readouterr().out
    assert "a listening history in the format listenbrainz" in out
    config = yaml.safe_load(out.partition("Config:\n\n")[2].partition("\n\n")[0])
    assert config["plays"]["path"] == f"{place.parent}/listens.jsonl" and config["plays"]["min_users"] == 0
    assert main(["inspect", "../listens.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"] == config


def test_inspect_names_a_run_of_its_own_for_plays(place, capsys):
    (place / "plays.tsv").write_text("anna\tS1\t3\nbob\tS2\t1\n")
    assert main(["inspect", "plays.tsv"]) == 0
    out = capsys.readouterr().out
    config = yaml.safe_load(out.partition("Config:\n\n")[2].partition("\n\n")[0])
    assert config["run"] != yaml.safe_load((ROOT / "config.yaml").read_text())["run"], (
        "the demo's results would be lost"
    )
    assert config["world"] is None and "songs: {path: null}" in out


def test_inspect_of_other_things(place, capsys):
    assert main(["inspect", "../Music"]) == 0
    assert "audio files" in capsys.readouterr().out
    (place / "what").write_text("no table\n")
    assert main(["inspect", "what"]) == 1
    assert main(["inspect", "gone"]) == 1
    assert "no such file or folder" in capsys.readouterr().err


def test_a_folder_that_a_config_would_read_otherwise_is_refused(place, capfd):
    odd = place.parent / "A$AP"
    odd.mkdir()
    soundfile.write(odd / "a.wav", np.zeros(8000), 8000)
    assert main([*GIVEN[:3], "--library", str(odd)]) == 1
    assert "give it by another name, such as a link to it" in capfd.readouterr().err
    assert not (place / "coldwave.yaml").exists()


def test_after_ctrl_c_snakemake_ends_first_and_it_is_said_how_to_go_on(place):
    (place / "waits").touch()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT / "scripts")])}
    command = [sys.executable, "-m", "coldwave.command.cli", *GIVEN]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    while process.poll() is None and not (place / "started").exists():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == ""
    assert (place / "ended").exists(), "it was waited for"
    assert err.splitlines()[-1] == (
        "Stopped. What is done is kept: give the same command again, and it goes on from there."
    )
    assert "Traceback" not in err and "failed" not in err
