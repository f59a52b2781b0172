"""``coldwave export bundle``: what it writes, loaded by programs in which Coldwave cannot be imported."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import faiss
import numpy as np
import onnxruntime
import polars as pl
import pytest
import yaml
from safetensors.numpy import load_file

import coldwave
from coldwave.audio import decode
from coldwave.bundle.contents import audio
from coldwave.bundle.model import check_can_be_built
from coldwave.command.cli import main
from coldwave.errors import InputError
from coldwave.export.writing import replacing_folder
from coldwave.use.kinds import KINDS, LOG_MELS, PREDICTIONS, Kind
from coldwave.use.models import Model
from tests.coldwave.bundle.bundled_runs import AUDIO, EMBEDDED, HEARING, MODELS, sound, write_wave
from tests.coldwave.use.small_runs import SEED

TOLERANCE = 1e-4
LOADING = Path(__file__).parent / "loading.py"
NEW = range(100, 104)  # sounds that the run does not know


@pytest.fixture(scope="module")
def bundles(heard_folder, tmp_path_factory):
    """The bundle of each model that can be bundled."""
    folder = tmp_path_factory.mktemp("bundles")
    for name in [*HEARING, "given"]:
        assert main(["export", "bundle", str(folder / name), "--run", str(heard_folder), "--model", name]) == 0
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Function that runs Python with the installed packages, but those that lead to Coldwave, and gives what it prints.

    Packages are found by links to them, so that no file that adds folders of the project to the path is read.
    """
    folder = tmp_path_factory.mktemp("alone")
    for package in ("numpy", "onnxruntime", "flatbuffers", "google", "packaging", "faiss", "pyarrow"):
        for entry in map(Path, sys.path):
            for found in [entry / package, entry / f"{package}.libs", entry / f"{package}_cpu.libs"]:
                link = folder / found.name
                if found.is_dir() and not link.exists():
                    link.symlink_to(found)

    def run(*arguments, cwd=folder):
        command = [sys.executable, "-S", *map(str, arguments)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def about(bundle):
    return json.loads((bundle / "bundle.json").read_text())


@pytest.mark.parametrize("name", HEARING)
def test_from_samples_to_vectors_without_coldwave(bundles, heard_folder, alone, tmp_path, name):
    signals = np.stack([sound(number, 3.1) for number in NEW])
    np.save(tmp_path / "signals.npy", signals)
    alone(LOADING, bundles / name, tmp_path / "signals.npy", tmp_path / "vectors.npy")
    found = np.load(tmp_path / "vectors.npy")
    run = coldwave.load(heard_folder)
    files = [write_wave(tmp_path / f"{number}.wav", signal) for number, signal in zip(NEW, signals, strict=True)]
    wanted = np.stack([run.embed(file, [name])["predictions"][name] for file in files])
    assert wanted.std(axis=0).max() > 0.01
    assert np.abs(found - wanted).max() <= TOLERANCE


@pytest.mark.parametrize("name", HEARING)
def test_the_code_of_the_card_runs(bundles, heard_folder, alone, tmp_path, name):
    code = re.search(r"```python\n(.*?)```", (bundles / name / "README.md").read_text(), re.DOTALL)[1]
    assert len(code.splitlines()) <= 11
    np.save(tmp_path / "audio.npy", sound(100, 3.1))
    (tmp_path / "card.py").write_text(f"import numpy\naudio = numpy.load({str(tmp_path / 'audio.npy')!r})\n{code}")
    said = alone(tmp_path / "card.py", cwd=bundles / name)
    run = coldwave.load(heard_folder)
    vector = run.embed(write_wave(tmp_path / "audio.wav", sound(100, 3.1)), [name])["predictions"][name]
    users = (
        run.files.path(f"predictions/{name}/{SEED}.users.npy") if name in ("knn", "metric", "cosine", "tower") else None
    )
    user = np.load(users or heard_folder / "wmf/user_factors.npy")[0]
    first, second = said.splitlines()
    assert first.startswith("u0000 scores the new song ")
    assert float(first.split()[-1]) == pytest.approx(user @ vector, abs=TOLERANCE * float(np.abs(user).sum()))
    scores = np.load(heard_folder / f"predictions/{name}/{SEED}.npy") @ user
    best = run.songs["song_id"].gather(np.argsort(-scores)[:10]).to_list()
    assert second == f"best songs: {best}"


def test_embeddings_are_taken_as_they_are_in_their_table(bundles, heard_folder):
    said = about(bundles / "given")
    assert said["embedding"] == "given" and "audio" not in said
    assert said["model"]["columns"] == EMBEDDED and said["model"]["shape"] == ["songs", len(EMBEDDED)]
    assert not (bundles / "given/audio.onnx").exists()
    session = onnxruntime.InferenceSession(bundles / "given/model.onnx")
    table = np.load(heard_folder / "embeddings/given.npy")
    (found,) = session.run(None, {"embedding": table})
    split = pl.read_parquet(heard_folder / "split/split.parquet")
    new = (split["part"] != "train").to_numpy()  # songs learnt from are predicted by regressions without them
    assert np.abs(found - np.load(heard_folder / f"predictions/given/{SEED}.npy"))[new].max() <= TOLERANCE


@pytest.mark.parametrize("name", [*HEARING, "given"])
def test_a_bundle_holds_the_runs_numbers(bundles, heard_folder, name):
    bundle, said = bundles / name, about(bundles / name)
    own_users = heard_folder / f"predictions/{name}/{SEED}.users.npy"
    arrays = {
        "song": heard_folder / f"predictions/{name}/{SEED}.npy",
        "user": own_users if own_users.exists() else heard_folder / "wmf/user_factors.npy",
    }
    for what, array in arrays.items():
        read = pl.read_parquet(bundle / f"{what}s.parquet")
        ids = pl.read_parquet(heard_folder / f"plays/{what}s.parquet")[f"{what}_id"]
        assert read[f"{what}_id"].to_list() == ids.to_list()
        assert np.array_equal(np.stack(read["vector"].to_list()), np.load(array))
    weights = load_file(bundle / "weights.safetensors")
    if (own := heard_folder / f"models/{name}/{SEED}.safetensors").exists():
        for key, array in load_file(own).items():
            assert np.array_equal(weights.pop(key), array)
    assert all(key.startswith("features.") for key in weights)
    assert bool(weights) == (name != "net")
    assert said["model"]["compared"]["songs"] == 8
    assert 0 <= said["model"]["compared"]["largest"] <= TOLERANCE
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in bundle.iterdir()}
    del digests["bundle.json"]
    assert said["files"] == digests
    assert {path.stat().st_mode for path in bundle.iterdir()} == {(bundle / "bundle.json").stat().st_mode}


def test_it_says_how_the_run_hears(bundles):
    said = about(bundles / "net")
    for setting, value in AUDIO.items():
        assert setting == "timeout" or said["audio"][setting] == value
    assert said["model"]["settings"] == MODELS["net"]
    assert said["model"]["shape"] == ["windows", 30, 32]


def test_it_says_how_the_run_resamples(tmp_path, monkeypatch):
    path, asked = write_wave(tmp_path / "sound.wav", sound(1)), {}
    monkeypatch.setattr("coldwave.audio.decode.QUALITY", "MQ")
    monkeypatch.setattr("soxr.resample", lambda signal, *_, **settings: asked.update(settings) or signal)
    decode.decode(path, sample_rate=AUDIO["sample_rate"] // 2)
    assert audio(AUDIO)["resampling"] == f"soxr, quality {asked['quality']}" == "soxr, quality MQ"


def test_labels_of_the_index_are_rows_of_the_songs(bundles):
    index = faiss.read_index(str(bundles / "linear/songs.faiss"))
    songs, users = (np.stack(pl.read_parquet(bundles / f"linear/{name}.parquet")["vector"].to_list()) for name in
                    ("songs", "users"))  # fmt: skip
    scores = users @ songs.T
    assert np.array_equal(index.search(users, 7)[1], np.argsort(-scores, axis=1)[:, :7])


@pytest.mark.parametrize("name", ["linear", "net"])
def test_scores_of_the_card_are_those_of_the_tables(bundles, heard_folder, name):
    text = (bundles / name / "README.md").read_text()
    header = yaml.safe_load(text.split("---\n")[1])
    table = pl.read_parquet(heard_folder / "tables/recommendation.parquet").row(
        by_predicate=pl.col("model") == name, named=True
    )
    metrics = {metric["type"]: metric["value"] for metric in header["model-index"][0]["results"][0]["metrics"]}
    assert metrics == {"AUC": pytest.approx(table["auc"]), "mAP@20": pytest.approx(table["map_20"])}
    intervals = pl.read_parquet(heard_folder / "tables/intervals.parquet").filter(model=name)
    for row in intervals.iter_rows(named=True):
        line = next(line for line in text.splitlines() if line.startswith(f"| {row['measure']}"))
        assert f" {row['mean']:.5f} " in line and f"{row['low']:.5f} to {row['high']:.5f}" in line
    assert (heard_folder / "tables/recommendation.md").read_text().strip() in text
    assert "- about: Sounds made of \\`notes\\` and noise." in text
    assert header["license"] == "unknown" and "not stated" in text


@pytest.fixture
def folder(heard_folder, tmp_path):
    """A copy of the run."""
    return shutil.copytree(heard_folder, tmp_path / "run")


def test_the_index_and_the_licence_that_are_asked_for(folder, tmp_path, capsys):
    out = tmp_path / "a/b"
    arguments = ["--index", "approximate", "--licence", "cc-by-4.0: #1", "--model", "linear", "--seed", str(SEED)]
    assert main(["export", "bundle", "--run", str(folder), "--out", str(out), *arguments, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    rows = {Path(file["path"]): file["rows"] for file in said["files"]}
    assert set(rows) == set(out.iterdir())
    assert (rows[out / "songs.parquet"], rows[out / "users.parquet"], rows[out / "model.onnx"]) == (40, 50, None)
    text = (out / "README.md").read_text()
    assert yaml.safe_load(text.split("---\n")[1])["license"] == about(out)["licence"] == "cc-by-4.0: #1"
    index = about(out)["index"]
    assert index["kind"] == "approximate" and (index["cells"], index["searched"]) == (1, 1)
    assert f"finds {100 * index['recall']:.1f} %" in text


def test_a_card_without_a_user_to_ask_says_so(folder):
    path = folder / "wmf/user_factors.npy"
    np.save(path, np.zeros_like(np.load(path)))
    arguments = ["--index", "approximate", "--model", "linear"]
    assert main(["export", "bundle", "--run", str(folder), *arguments]) == 0
    index = about(folder / "export/bundle")["index"]
    assert (index["recall"], index["users"]) == (None, 0)
    text = (folder / "export/bundle/README.md").read_text()
    assert "measured for nobody: no user of the run has a vector other than zero" in text


def test_an_earlier_bundle_is_replaced_and_nothing_else(folder, tmp_path, capsys):
    arguments = ["export", "bundle", "--run", str(folder)]
    assert main([*arguments, "--model", "linear"]) == 0
    out = folder / "export/bundle"
    assert main([*arguments, "--model", "given"]) == 0
    assert about(out)["model"]["name"] == "given"
    assert {path.name for path in out.iterdir()} == {"bundle.json", *about(out)["files"]}
    assert "audio.onnx" not in about(out)["files"]
    capsys.readouterr()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/mine.txt").write_text("mine")
    assert main([*arguments, "--model", "knn", "--out", str(tmp_path / "other")]) == 1
    assert "has no bundle.json: name a folder that is not there yet" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["notes.md", ".git/HEAD", "README.md/mine.txt"])
def test_files_that_others_have_put_into_a_bundle_are_kept(tmp_path, name):
    earlier = tmp_path / "earlier"
    (earlier / name).parent.mkdir(parents=True)
    (earlier / name).write_text("mine")
    (earlier / "bundle.json").write_text(json.dumps({"files": {"README.md": "", "songs.faiss": ""}}))
    (earlier / "songs.faiss").write_text("")
    refused = pytest.raises(InputError, match="move that elsewhere, or name a folder")
    with refused as error, replacing_folder(earlier, "bundle.json"):
        pass
    assert repr(name.split("/")[0]) in str(error.value)
    assert (earlier / name).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["earlier"]


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"[]", b"3", b"{}", b'{"files": null}', b'{"files": ["README.md"]}', b"\xff\xfe", b"[" * 100_000],
    ids=lambda broken: repr(broken[:20]),
)
def test_a_folder_whose_list_of_files_cannot_be_read_is_kept(tmp_path, broken):
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier/bundle.json").write_bytes(broken)
    refused = pytest.raises(InputError, match=r"its bundle\.json does not say which files are of the export: remove")
    with refused, replacing_folder(tmp_path / "earlier", "bundle.json"):
        pass
    assert (tmp_path / "earlier/bundle.json").read_bytes() == broken


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "usage_in_sample"], "model usage_in_sample cannot be bundled: kind usage does not predict songs"),
        (["--model", "absent"], "the run has no model 'absent'"),
        (["--model", "linear", "--seed", "9"], "has no seed 9"),
        (["-n", "3"], "export bundle takes no -n; it takes --model, --seed, --index, --licence"),
        (["there", "--out", "here"], "two places to write to are given, there and here"),
    ],
)
def test_what_cannot_be_bundled(heard_folder, capsys, arguments, said):
    before = sorted(heard_folder.rglob("*"))
    assert main(["export", "bundle", "--run", str(heard_folder), *arguments]) == 1
    assert said in capsys.readouterr().err
    assert sorted(heard_folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("hears", "said"),
    [
        (LOG_MELS, r"nothing makes a graph of kind forest \(there is no coldwave/bundle/models/forest\.py\);"),
        (PREDICTIONS, "kind forest does not predict songs from what it hears alone;"),
    ],
)
def test_why_a_kind_without_a_graph_cannot_be_bundled(monkeypatch, hears, said):
    monkeypatch.setitem(KINDS, "forest", Kind(hears, False, 9))
    files = SimpleNamespace(config={"models": {"new": {"kind": "forest", "audio": "net"}}})
    with pytest.raises(InputError, match=f"model new cannot be bundled: {said} its vectors"):
        check_can_be_built(Model(files, "new", SEED))


@pytest.mark.parametrize("lacking", ["tables/intervals.parquet", "audio/log_mel/1.npy", "bow/pca_mean.npy"])
def test_a_file_that_is_missing_leaves_the_earlier_bundle(folder, capsys, lacking):
    arguments = ["export", "bundle", "--run", str(folder), "--model", "linear"]
    assert main(arguments) == 0
    before = {path: path.read_bytes() for path in (folder / "export/bundle").iterdir()}
    (folder / lacking).unlink()
    assert main(arguments) == 1
    assert lacking in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (folder / "export").rglob("*") if path.is_file()} == before


def test_a_graph_that_differs_is_not_written(folder, monkeypatch, capsys):
    def without_intercept(graph, features, arrays, settings):
        return graph.add("MatMul", features, arrays["weights"].T)

    monkeypatch.setattr("coldwave.bundle.models.linear.add_model", without_intercept)
    assert main(["export", "bundle", "--run", str(folder), "--model", "linear"]) == 1
    assert "model linear: its graph and Coldwave differ by" in capsys.readouterr().err
    assert not any((folder / "export").iterdir())


def test_an_earlier_folder_comes_back_if_the_new_one_cannot_take_its_place(tmp_path):
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / "mark").write_text('{"files": {}}')
    with pytest.raises(FileNotFoundError), replacing_folder(earlier, "mark") as new:
        new.rmdir()
    assert [path.name for path in tmp_path.iterdir()] == ["earlier"]
    assert (earlier / "mark").read_text() == '{"files": {}}'
