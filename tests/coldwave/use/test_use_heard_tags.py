"""Tags that an encoder has heard: of a song, of a history, of a file; none where the run has no such encoder."""

import json
import shutil

import numpy as np
import pytest
import soundfile as sf
from small_runs import SEED, change_config
from typer.testing import CliRunner

import coldwave
from coldwave.command.cli import app
from coldwave.encoders.heard_tags import tag_table
from coldwave.encoders.musicnn_weights import TAGS
from coldwave.use import hearing
from coldwave.use.heard_tags import tags_of_file

SILENT = 7  # a song without usable audio


@pytest.fixture
def heard(folder, tmp_path):
    """A copy of a small run that has heard its songs by MusiCNN, and what it heard: float32 [songs, tags]."""
    copy = tmp_path / "run"
    shutil.copytree(folder, copy)
    change_config(copy, encoders={"musicnn": {"network": "musicnn", "path": None}})
    tags = np.random.default_rng(SEED).uniform(0, 1, (60, len(TAGS))).astype(np.float32)
    tags[SILENT] = np.nan
    (copy / "embeddings").mkdir(exist_ok=True)
    tag_table(tags, "musicnn").write_parquet(copy / "embeddings/musicnn.tags.parquet")
    return copy, tags


def test_a_song_and_a_history_are_told_by_their_tags(heard):
    folder, tags = heard
    why = coldwave.load(folder).why({"S000": 2, "S007": 9, "S012": 1}, "S009", model="linear", seconds=False)
    assert dict(why.heard) == pytest.approx(dict(zip(TAGS, tags[9].tolist(), strict=True)))
    assert list(why.heard) == [TAGS[place] for place in np.argsort(-tags[9])]
    mean = tags[[0, 12]].astype(np.float64).mean(axis=0)  # the third song was not heard
    assert dict(why.heard_played) == pytest.approx(dict(zip(TAGS, mean, strict=True)), abs=1e-6)


def test_a_song_that_was_not_heard_and_a_run_without_the_encoder_tell_nothing(heard, run):
    why = coldwave.load(heard[0]).why({"S007": 1}, "S009", model="linear", seconds=False)
    assert why.heard and not why.heard_played
    assert not run.why({"S000": 1}, "S009", model="linear", seconds=False).heard


def test_why_prints_the_best_tags(heard):
    folder, tags = heard
    asked = ["why", "u0004", "S009", "--run", str(folder), "--model", "linear"]
    said = CliRunner().invoke(app, asked)
    first, second = np.argsort(-tags[9])[:2]
    assert said.exit_code == 0, said.output
    assert f"heard: {TAGS[first]} {tags[9, first]:.2f}, {TAGS[second]} {tags[9, second]:.2f}, " in said.output
    assert "heard in what u0004 plays: " in said.output
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert list(told["heard"])[:2] == [TAGS[first], TAGS[second]] and len(told["heard_played"]) == len(TAGS)


def test_a_file_is_told_by_its_own_tags(heard, tmp_path, monkeypatch):
    folder, _ = heard
    row = np.random.default_rng(2).uniform(0, 1, (1, 200 + len(TAGS))).astype(np.float32)
    monkeypatch.setattr(hearing, "encoding_of", lambda files, name: _Encoding())
    monkeypatch.setattr(hearing, "_extracted", lambda path, encoding: row)
    for name in ("mean", "scale"):
        np.save(folder / f"embeddings/musicnn.{name}.npy", np.ones(200))
    sf.write(tmp_path / "new.wav", np.zeros(8000), 8000)
    opened = coldwave.load(folder)
    file = hearing.HeardFile(tmp_path / "new.wav", opened.files)
    np.testing.assert_allclose(file.features("musicnn"), row[:, :200] - 1, atol=1e-6)
    found = tags_of_file(opened.files, file)
    assert found == pytest.approx(dict(zip(TAGS, row[0, 200:].tolist(), strict=True)))


class _Encoding:
    network = "musicnn"
