"""A kind of model that the project does not have: rows, a rule file, scripts, a schema entry, and how it predicts."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from dry_runs import copy_of_project

from tests.conftest import Workplace

SEED = 3
ROW = """    Kind(
        name="toy",
        rule="fit_toy",
        place=_AUDIO,
        note="Toy: the factors of the song that sounds most alike.",
        hears=FEATURES,
        weights=True,
        factors=True,
        from_audio=True,
    ),
)
KINDS ="""
SCHEMA = """
  toy:
    description: The factors of the training song that sounds most alike.
    type: object
    additionalProperties: false
    properties:
      kind:
        description: The factors of the training song that sounds most alike.
        const: toy
      features:
        description: What it sees of a song.
        type: string
        default: bow
      shrinkage:
        description: By how much its factors are made smaller.
        type: number
        default: 0.5
"""
RULES = '''"""toy: the factors of the training song that sounds most alike."""


rule fit_toy:
    input:
        split=settled("<results>/split/split.parquet"),
        features=song_features,
        song_factors=settled("<results>/wmf/song_factors.npy"),
    output:
        weights=WEIGHTS,
    wildcard_constraints:
        model=one_of(models_of("toy")),
    params:
        options=model_options,
        code=code("fit_toy.py"),
    script:
        "../../scripts/fit_toy.py"


rule predict_toy:
    input:
        weights=settled(WEIGHTS),
        features=song_features,
    output:
        predictions=PREDICTIONS,
    wildcard_constraints:
        model=one_of(models_of("toy")),
    params:
        options={},
        code=code("predict_toy.py"),
    script:
        "../../scripts/predict_toy.py"
'''
FIT = '''"""Keep the training songs' features and factors."""

from pathlib import Path

from coldwave.files import read_array, read_table
from coldwave.job import run
from coldwave.models.weights import write_weights
from coldwave.split.parts import TRAIN


def main(*, split: Path, features: Path, song_factors: Path, weights: Path, options: dict) -> None:
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    kept = {"features": read_array(features)[training]}
    kept["factors"] = read_array(song_factors)[training] * (1 - options["shrinkage"])
    write_weights(weights, kept, options, fitted_on=training)


run(main)
'''
PREDICT = '''"""Predict the factors of the nearest of them."""

from pathlib import Path

import numpy as np

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.weights import read_weights


def main(*, weights: Path, features: Path, predictions: Path) -> None:
    known, _ = read_weights(weights)
    distances = np.linalg.norm(read_array(features)[:, None] - known["features"][None], axis=2)
    write_array(predictions, known["factors"][distances.argmin(axis=1)].astype(np.float32))


run(main)
'''
USE = """
def _toy(heard: Heard, model: Model) -> np.ndarray:
    known, _ = model.weights()
    distances = np.linalg.norm(heard.features(model.features)[:, None] - known["features"][None], axis=2)
    return known["factors"][distances.argmin(axis=1)].astype(np.float32)


PREDICTORS: dict"""
IN_USE = {  # what uses a run has a row and a function of its own
    "scripts/coldwave/use/kinds.py": ("KINDS = {\n", 'KINDS = {\n    "toy": Kind(FEATURES, False, 6),\n'),
    "scripts/coldwave/use/predicting.py": ("\nPREDICTORS: dict", USE),
    "scripts/coldwave/use/predicting.py#": ('    "linear": _linear,\n', '    "linear": _linear,\n    "toy": _toy,\n'),
}
ADDED = {
    "workflow/rules/toy.smk": RULES,
    "scripts/fit_toy.py": FIT,
    "scripts/predict_toy.py": PREDICT,
}
OTHERS = ("mean", "knn", "mlr", "linear", "mlp", "cnn_mse", "cnn_wpe", "popularity", "names", "names_and_linear")
TOY = {
    "models": {**dict.fromkeys(OTHERS), "mine": {"kind": "toy"}, "both": {"kind": "names", "audio": "mine"}},
    "audit": {"canary": ["toy", "names"]},
    "warm": None,
}


@dataclass(frozen=True)
class WithOwnProject(Workplace):
    """A folder in which a project runs that is not the one that is installed."""

    project: Path

    @property
    def environment(self):
        """Python finds the project's own library."""
        return super().environment | {"PYTHONPATH": str(self.project / "scripts")}

    def make(self, *flags, targets=(), overlay=None):
        """Run its Snakefile."""
        return self.start(*flags, targets=targets, overlay=overlay, snakefile=self.project / "Snakefile").finish()


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory):
    """The tiny run, and after it one with a model of the new kind alone; and that call's outcome."""
    project = copy_of_project(tmp_path_factory.mktemp("project") / "copy")
    kinds, schema = project / "workflow/kinds.py", project / "workflow/schemas/config.schema.yaml"
    text = kinds.read_text()
    assert text.count(")\nKINDS =") == 1
    kinds.write_text(text.replace(")\nKINDS =", ROW))
    schema.write_text(schema.read_text().rstrip() + "\n" + SCHEMA)
    for name, (before, after) in IN_USE.items():
        path = project / name.rstrip("#")
        assert path.read_text().count(before) == 1
        path.write_text(path.read_text().replace(before, after))
    for path, content in ADDED.items():
        (project / path).write_text(content)
    copy = tiny.copy(tmp_path_factory.mktemp("new_kind") / "copy")
    place = WithOwnProject(copy.folder, copy.home, project)
    return place, place.make(overlay=TOY)


def test_it_runs_to_the_tables_and_the_page(finished):
    place, outcome = finished
    jobs = [rule for rule in outcome.done if re.search(r"toy|stack|evaluate", rule)]
    assert sorted(jobs) == [
        "evaluate_model", "evaluate_model", "fit_toy", "predict_stacked_names", "predict_toy", "stack_names",
    ]  # fmt: skip
    table = place.table("tables/recommendation.parquet")
    assert table.select("model", "kind").rows() == [
        ("random", "random"), ("mine", "toy"), ("both", "names + audio"), ("perfect_ear", "planted"),
        ("usage", "usage"), ("usage_in_sample", "usage in sample"),
    ]  # fmt: skip
    assert table["auc"].null_count() == 0
    assert "Toy: the factors of the song that" in " ".join(
        (place.results / "tables/recommendation.md").read_text().split()
    )
    assert "mine" in (place.results / "report/index.html").read_text()
    for name in ("factor_fit", "tags", "neighbours"):  # as it predicts factors from audio
        assert "mine" in place.table(f"tables/{name}.parquet").select(pl.selectors.string()).unpivot()["value"]


def test_it_predicts_what_its_scripts_say(finished):
    place, _ = finished
    factors, train = place.array("wmf/song_factors.npy"), np.sort(place.part("train"))
    found = place.array(f"predictions/mine/{SEED}.npy")
    assert found[train] == pytest.approx(factors[train] / 2)
    test = place.part("test")
    assert {tuple(row) for row in found[test].tolist()} <= {tuple(row) for row in found[train].tolist()}


def test_the_audit_holds_it_to_the_split_and_learns_it_again(finished):
    place, _ = finished
    for model, songs in (("mine", "28 songs"), ("both", "34 songs")):  # which stands on it, and on validation songs
        rows = place.table("tables/leakage.parquet").filter(pl.col("of") == f"models/{model}/{SEED}.safetensors")
        assert rows["result"].to_list() == ["passed"] * 2
        assert set(rows["detail"]) == {songs, "the same bytes"}


def test_nothing_else_has_run_and_a_second_call_does_nothing(finished):
    place, outcome = finished
    assert not {"read_plays", "factorise_plays", "learn_codebook", "count_words", "predict_random"} & set(outcome.done)
    assert place.make("--dry-run", overlay=TOY).jobs == {}


def test_it_predicts_new_songs(finished):
    place, _ = finished
    songs = place.table("plays/songs.parquet")[np.sort(place.part("test"))[:2]]
    columns = [pl.format("new {}", "song_id").alias("song_id"), "title", "artist"]
    songs.select(*columns, pl.format("{}/{}", pl.lit(str(place.folder)), "audio").alias("audio")).write_csv(
        place.folder / "new.csv"
    )
    new = {"new_songs": {"path": "new.csv", "audio_root": "/", "batch": "first"}}
    place.make(targets=["predict_new"], overlay=TOY | new)
    found = place.table("new_songs/first/vectors.parquet").filter(of="predictions", name="mine")["vector"]
    known = place.array(f"predictions/mine/{SEED}.npy")[np.sort(place.part("test"))[:2]]
    assert np.stack(found.to_list()) == pytest.approx(known)
    assert set(place.table("new_songs/first/users.parquet")["model"]) == {"mine", "both"}
