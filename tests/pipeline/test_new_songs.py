"""The target `predict_new`: a finished run predicts songs that came later, and learns nothing again."""

import re
import shutil
from collections import Counter

import numpy as np
import polars as pl
import pytest
import yaml
from dry_runs import ROOT, TINY
from rerun_table import CASES, overlay
from snakemake.utils import update_config

from coldwave.audio.shards import shard_of
from workflow.kinds import KINDS
from workflow.learnt import NotLearntError, check_learnt
from workflow.settings import check

SEED = 3
MODELS = ["knn", "mlr", "linear", "mlp", "cnn_mse", "metadata", "names_and_linear"]
LISTED = ["linear", "mlp", "cnn_mse", "metadata", "names_and_linear"]  # predict factors
LEARNING = ("factorise", "learn", "fit", "train", "stack", "reduce", "tune")  # beginnings of the rules that learn
ALL_JOBS = {
    "read_new_songs": 1,
    "shard_new_songs": 1,
    "settle_new_shards": 1,
    "extract_new_log_mel": 2,
    "index_new_songs": 1,
    "count_new_words": 2,
    "project_new_counts": 1,
    **{f"predict_new_{kind}": 1 for kind in ("knn", "mlr", "linear", "mlp", "cnn")},
    "predict_new_metadata": 2,
    "list_new_songs": 1,
}
NEW = {
    "new_songs": {"path": "new.csv", "shards": 2, "users": 4, "neighbours": 3},
    "models": {"cnn_wpe": None},  # as cnn_mse
}
ONE_MODEL = {"new_songs": NEW["new_songs"], "models": dict.fromkeys([*MODELS, "cnn_wpe"], None) | {"linear": {}}}
TARGET = ["predict_new"]


def write_songs(place, songs: pl.DataFrame, ids: list[str]) -> None:
    """Bring some songs of the tiny catalogue as new ones: copies of their files, under other ids and names."""
    (place.folder / "brought").mkdir(exist_ok=True)
    named = songs.select("title", "artist", "album", "date", pl.Series("song_id", ids))
    for name, audio in zip(ids, songs["audio"], strict=True):
        shutil.copyfile(place.folder / audio, place.folder / f"brought/{name}.flac")
    (place.folder / "brought/bad.flac").write_text("no music at all")
    bad = pl.DataFrame({"song_id": ["bad"], "title": ["Bad"], "artist": [None], "album": [None], "date": [None]})
    table = pl.concat([named.select(bad.columns), bad.cast(pl.String)])
    table.with_columns(audio=pl.format("brought/{}.flac", "song_id")).write_csv(place.folder / "new.csv")


@pytest.fixture(scope="module")
def predicted(tiny, tmp_path_factory):
    """The tiny run after it has predicted copies of its test songs, and a file that is no audio; and the outcome."""
    place = tiny.copy(tmp_path_factory.mktemp("new_songs") / "copy")
    shutil.rmtree(place.folder / "cache")  # or their log-mels would be those of the catalogue
    test = np.sort(place.part("test"))[:5]
    songs = place.table("plays/songs.parquet")[test]
    write_songs(place, songs, [f"new {song}" for song in range(5)])
    outcome = place.make(targets=TARGET, overlay=NEW)
    return place, outcome, test


def test_nothing_is_learnt(predicted):
    place, outcome, _ = predicted
    done = Counter(outcome.done)
    assert done == ALL_JOBS
    assert not [rule for rule in done if rule.startswith(LEARNING)]


def test_new_songs_are_predicted_as_the_same_files_are_in_the_catalogue(predicted):
    place, _, test = predicted
    songs = place.table("new_songs/songs.parquet")
    assert songs["song_id"].to_list() == ["bad", *(f"new {song}" for song in range(5))]
    assert place.array("new_songs/bow/features.npy")[1:] == pytest.approx(place.array("bow/features.npy")[test])
    for model in MODELS:
        new = place.array(f"new_songs/predictions/{model}/{SEED}.npy")
        known = place.array(f"predictions/{model}/{SEED}.npy")[test]
        assert new.dtype == np.float32
        assert new[1:] == pytest.approx(known, rel=1e-5, abs=1e-5)
        assert np.ptp(known, axis=0).max() > 1e-3 or model == "metadata", "they differ from song to song"


def test_a_bad_file_is_set_aside_with_its_reason(predicted):
    place, outcome, _ = predicted
    index = place.table("new_songs/audio/index.parquet")
    assert index["status"].to_list() == ["unreadable"] + ["ok"] * 5
    assert index["frames"].to_list()[0] == 0
    assert "bad is not predicted from audio: unreadable" in outcome.output
    predictions = {model: place.array(f"new_songs/predictions/{model}/{SEED}.npy")[0] for model in MODELS}
    by_names = ("metadata", "names_and_linear")
    assert all(np.isnan(predictions[model]).all() for model in MODELS if model not in by_names)
    known = np.concatenate([place.part("train"), place.part("validation")])
    everything = place.array("wmf/song_factors.npy")[known].mean(axis=0)  # it names no artist
    for model in by_names:
        assert predictions[model] == pytest.approx(everything, rel=1e-4, abs=1e-5)


def test_users_and_neighbours_are_those_of_plain_arithmetic(predicted):
    place, _, _ = predicted
    users = place.array("wmf/user_factors.npy").astype(np.float64)
    listed, near = place.table("new_songs/users.parquet"), place.table("new_songs/neighbours.parquet")
    user_ids, song_ids = (place.table(f"plays/{name}s.parquet")[f"{name}_id"].to_list() for name in ("user", "song"))
    assert set(listed["model"]) == set(near["model"]) == set(LISTED)
    assert set(listed["seed"]) == set(near["seed"]) == {SEED}
    for model in LISTED:
        new, known = (
            place.array(f"{folder}predictions/{model}/{SEED}.npy").astype(np.float64) for folder in ("new_songs/", "")
        )
        for song in np.flatnonzero(np.isfinite(new).all(axis=1)):
            scores = users @ new[song]
            rows = listed.filter(model=model, song=song)
            assert rows["rank"].to_list() == [1, 2, 3, 4]
            assert rows["score"].to_numpy() == pytest.approx(np.sort(scores)[::-1][:4], rel=1e-5)
            assert scores[rows["user"]] == pytest.approx(rows["score"].to_numpy(), rel=1e-5)
            assert rows["user_id"].to_list() == [user_ids[user] for user in rows["user"]]

            patterns, pattern = known @ users.T, users @ new[song]
            cosines = patterns @ pattern / (np.linalg.norm(patterns, axis=1) * np.linalg.norm(pattern))
            rows = near.filter(model=model, song=song)
            assert rows["cosine"].to_numpy() == pytest.approx(np.sort(cosines)[::-1][:3], abs=2e-6)
            assert cosines[rows["neighbour"]] == pytest.approx(rows["cosine"].to_numpy(), abs=2e-6)
            assert rows["neighbour_id"].to_list() == [song_ids[other] for other in rows["neighbour"]]
    unheard = listed.filter(song=0)["model"].unique()
    assert set(unheard) == {"metadata", "names_and_linear"}, "a song without a vector is in no table"


def test_a_second_call_does_nothing_whatever_would_be_learnt_again(predicted):
    place, _, _ = predicted
    assert place.plan() == {}, "the run itself is left alone"
    other = {"wmf": {"alpha": 3.0}, "bow": {"variance": 0.9}, "split": {"test": 7}}
    assert place.plan(targets=TARGET, overlay=NEW | other) == {}


def test_one_more_song_runs_its_own_shard(predicted, tmp_path):
    place = predicted[0].copy(tmp_path / "copy")
    test = np.sort(place.part("test"))
    before = place.array(f"new_songs/predictions/linear/{SEED}.npy")
    write_songs(place, place.table("plays/songs.parquet")[test], [f"new {song}" for song in range(6)])
    outcome = place.make(targets=TARGET, overlay=ONE_MODEL)
    counted = {"extract_new_log_mel": 1, "count_new_words": 1, "predict_new_linear": 1}
    once = (
        "read_new_songs",
        "shard_new_songs",
        "settle_new_shards",
        "index_new_songs",
        "project_new_counts",
        "list_new_songs",
    )
    assert Counter(outcome.done) == counted | dict.fromkeys(once, 1)
    log = (place.results / f"logs/extract_new_log_mel/{shard_of('new 5', 2):03}.log").read_text()
    (songs, from_cache), *others = re.findall(r"songs: (\d+) \((\d+) from the cache\)", log)
    bad = shard_of("bad", 2) == shard_of("new 5", 2)  # what cannot be decoded is not kept
    assert int(songs) - int(from_cache) == 1 + bad and not others
    after = place.array(f"new_songs/predictions/linear/{SEED}.npy")
    assert np.array_equal(after[:-1], before, equal_nan=True)
    assert after[-1] == pytest.approx(place.array(f"predictions/linear/{SEED}.npy")[test[-1]], rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"run": "other"}, "results/other: the run is not finished"),
        ({"new_songs": {"path": None}}, "new_songs.path is null"),
    ],
    ids=str,
)
def test_what_was_not_learnt_is_refused_before_any_job(change, told, predicted):
    place, _, _ = predicted
    outcome = place.snakemake(targets=TARGET, overlay=NEW | change)
    assert outcome.status == 1
    assert told in outcome.output
    assert not outcome.done
    assert not (place.folder / "results/other").exists()


MODEL_CASES = {
    key: (value, change)
    for key, value, change in CASES
    if key.startswith("models.<") and change.base == "tiny" and not key.endswith((".kind", ".features"))
}


def test_a_changed_model_is_refused_where_its_learning_would_run_again(tiny):
    """By the table of what reads each key, to which Snakemake is held. Where a network is trained is left out."""
    found = {}
    for key, (value, change) in MODEL_CASES.items():
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        for laid in (yaml.safe_load(TINY.read_text()), overlay(key, value, change)):
            update_config(config, laid)
        try:
            check_learnt(str(tiny.results), check(config), MODELS, [])
            found[key] = False
        except NotLearntError as error:
            found[key] = f".{key.rpartition('.')[2]}: " in str(error)
    learnt = {key: case for key, case in MODEL_CASES.items() if key.split(".")[1] not in ("<planted>", "<usage>")}
    assert not any(found[key] for key in set(found) - set(learnt)), "references are not for new songs"
    found = {key: found[key] for key in learnt}
    expected = {key: bool(change.readers) for key, (_, change) in learnt.items()}
    assert found == expected | {f"models.<cnn>.{key}": False for key in KINDS["cnn"].machine}
    assert Counter(expected.values()) == {True: len(expected) - 3, False: 3}


@pytest.mark.parametrize(("setting", "accepted"), [("temperature", True), ("weight_decay", False)])
def test_a_changed_setting_is_refused_only_where_it_has_an_effect(setting, accepted, predicted):
    place, _, _ = predicted
    changed = NEW | {"models": NEW["models"] | {"cnn_mse": {setting: 0.5}}}  # its objective reads no temperature
    outcome = place.snakemake("--dry-run", targets=TARGET, overlay=changed)
    assert (outcome.status == 0) == accepted
    if accepted:
        assert outcome.jobs == {}
    else:
        assert f"models.cnn_mse.{setting}: 0.5, but the run was made with 0.0" in outcome.output
