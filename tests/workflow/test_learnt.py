import hashlib
import json
from pathlib import Path

import pytest
from overlays import checked

from workflow.learnt import NotLearntError, check_learnt, given
from workflow.settings import as_text

MODELS = ["linear", "cnn_mse"]
FILES = ["bow/codebook.npy", "models/linear/1.safetensors"]


@pytest.fixture
def config():
    return checked()


@pytest.fixture
def results(tmp_path, config):
    """The folder of a finished run, as far as it is looked at."""
    folder = tmp_path / "results/demo"
    digests = {}
    for path in FILES:
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(path)
        digests[path] = hashlib.sha256(path.encode()).hexdigest()
    (folder / "provenance.json").write_text(json.dumps({"config": as_text(config), "outputs": digests}))
    return folder


def made_with(results, *overlays):
    """Let the run be made with what is laid over the default config."""
    record = results / "provenance.json"
    settings = checked(*overlays)
    record.write_text(json.dumps(json.loads(record.read_text()) | {"config": as_text(settings)}))
    return settings


def refused(results, config, models=MODELS, files=FILES):
    with pytest.raises(NotLearntError) as error:
        check_learnt(str(results), config, models, files)
    return str(error.value)


def test_what_a_run_has_learnt_is_accepted(results, config):
    check_learnt(str(results), config, MODELS, FILES)


def test_a_path_names_the_file_and_no_rules_output(results):
    path = given(str(results), "bow/codebook.npy")
    assert Path(path).samefile(results / "bow/codebook.npy")
    assert not path.startswith(f"{results}/bow")


def test_models_of_several_sources_depend_on_the_settings_of_each(results):
    encoded = {"models": {"by_encoder": {"kind": "linear", "features": "musicnn"}}}
    models = [*MODELS, "by_encoder"]
    config = made_with(results, encoded)
    check_learnt(str(results), config, models, FILES)
    config["audio"]["hop"] = 256  # of log-mels, which the last model does not hear
    config["encoders"]["musicnn"]["pool"] = "max"
    assert "audio.hop: 256" in (said := refused(results, config, models))
    assert "encoders.musicnn.pool: 'max', but the run was made with 'mean'" in said


def test_what_decides_on_a_vector_must_be_as_it_was(results, config):
    config["audio"]["hop"] = 256
    config["bow"]["coefficients"] = 20
    config["models"]["linear"]["strengths"] = [0.5]
    config["models"]["cnn_mse"]["window"] = 43
    config["models"]["second"] = config["models"]["linear"]
    said = refused(results, config, [*MODELS, "second"])
    _, *lines = said.splitlines()
    assert [line.strip().partition(":")[0] for line in lines] == [
        "audio.hop", "bow.coefficients", "models.linear.strengths", "models.cnn_mse.window", "models.second",
    ]  # fmt: skip
    assert "audio.hop: 256, but the run was made with 512" in said
    assert "run `snakemake` with it first" in said


def test_what_does_not_may_be_another(results, config):
    config["audio"] |= {"min_seconds": 10.0, "timeout": 5, "shards": 2}
    config["wmf"]["alpha"] = 7.0
    config["plays"]["path"] = "newer.txt"
    config["models"]["mlp"]["epochs"] = 1  # does not predict here
    config["models"]["cnn_mse"] |= {"accelerator": "cpu", "devices": 2, "nodes": 2, "precision": "64-true"}
    config["new_songs"]["path"] = "new.csv"
    check_learnt(str(results), config, MODELS, FILES)


IDLE_AND_NOT = {
    "temperature": ({"objective": "mse"}, {"objective": "bpr"}, 0.7),
    "plays_per_song": ({"objective": "wpe"}, {"objective": "sampled_softmax"}, 7),
    "momentum": ({"optimizer": "adamw"}, {"optimizer": "nesterov"}, 0.7),
}


@pytest.mark.parametrize("key", IDLE_AND_NOT)
def test_a_setting_without_effect_may_be_another(key, results):
    idle, effective, value = IDLE_AND_NOT[key]
    for model, accepted in ((idle, True), (effective, False)):
        made_with(results, {"models": {"cnn_mse": model}})
        now = checked({"models": {"cnn_mse": model | {key: value}}})
        if accepted:
            check_learnt(str(results), now, ["cnn_mse"], FILES)
        else:
            assert f"models.cnn_mse.{key}: " in refused(results, now, ["cnn_mse"])


def test_another_kind_of_model_is_told_as_that_alone(results):
    made_with(results, {"models": {"mine": {"kind": "linear"}}})
    _, line = refused(results, checked({"models": {"mine": {"kind": "mlp"}}}), ["mine"]).splitlines()
    assert line.strip() == "models.mine.kind: 'mlp', but the run was made with 'linear'"


def test_models_on_embeddings_hear_nothing_and_are_held_to_their_columns(results):
    timbre = {"path": "e.csv", "song": "id"}
    base = {"embeddings": {"timbre": timbre, "other": timbre}, "models": {"linear": {"features": "timbre"}}}
    made_with(results, base)
    deaf = {"audio": {"hop": 256}, "bow": {"coefficients": 20}}
    unlike = {"other": {"columns": "x"}, "timbre": {"path": "later.csv", "song": "track", "standardize": False}}
    check_learnt(str(results), checked(base, deaf, {"embeddings": unlike}), ["linear"], FILES)
    said = refused(results, checked(base, deaf, {"embeddings": {"timbre": {"columns": "x"}}}), ["linear"])
    assert [line.strip().partition(":")[0] for line in said.splitlines()[1:]] == ["embeddings.timbre.columns"]
    said = refused(results, checked(base, deaf), ["linear", "mlp"])
    assert "audio.hop: 256" in said and "bow.coefficients: 20" in said
    said = refused(results, checked(base, {"models": {"linear": {"features": "other"}}}), ["linear"])
    assert "models.linear.features: 'other', but the run was made with 'timbre'" in said


def test_files_must_be_those_that_the_run_left(results, config):
    (results / FILES[0]).unlink()
    (results / FILES[1]).write_text("trained once more")
    said = refused(results, config)
    assert f"{FILES[0]}: there is no such file" in said
    assert f"{FILES[1]}: it was changed after the run was finished" in said


def test_a_run_that_is_not_finished_is_told_so(results, config):
    (results / "provenance.json").unlink()
    assert "the run is not finished" in refused(results, config)


@pytest.mark.parametrize("content", ["", "[]", "{", "{}", '{"config": "a: [", "outputs": {}}', '{"config": "1"}'])
def test_a_damaged_record_is_named(content, results, config):
    (results / "provenance.json").write_text(content)
    said = refused(results, config)
    assert "provenance.json: damaged" in said
    assert "delete it" in said
