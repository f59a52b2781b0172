"""What is recommended from the tiny world's finished run: as its tables say, and files as it has heard its songs."""

import mutagen.flac
import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

import coldwave
from coldwave.errors import InputError
from coldwave.evaluation.scores import score_model

SEED = 3
HEARD = ["knn", "mlr", "linear", "mlp", "cnn_mse", "cnn_wpe", "names_and_linear"]


@pytest.fixture(scope="module")
def run(tiny):
    return coldwave.load(tiny.results)


def test_held_out_plays_are_ranked_as_the_tables_say(tiny, run):
    """Scores asked for one by one, ranked by the evaluation with unit vectors for users."""
    plays, split = tiny.table("plays/plays.parquet"), tiny.table("split/split.parquet")
    users = tiny.table("plays/users.parquet")["user_id"].to_list()
    for name in tiny.table("tables/recommendation.parquet")["model"]:
        scores = np.stack([run.scores(user, model=name, by="sound") for user in users])
        found = score_model(plays, split, run.songs, np.eye(len(users), dtype=np.float32), scores.T, 3, [5]).users
        table = tiny.table(f"scores/{name}/{SEED}.parquet")
        assert found["user"].to_list() == table["user"].to_list()
        for measure in ("auc", "ap"):
            known = table[measure].is_not_null().to_numpy()
            assert known.sum() > 10
            assert found[measure].to_numpy()[known] == pytest.approx(table[measure].to_numpy()[known], abs=1e-6), name


def test_a_file_is_heard_as_the_run_has_heard_it(tiny, run):
    audio = tiny.folder / run.songs["audio"][11]
    found = run.embed(audio)
    assert found["features"]["bow"] == pytest.approx(tiny.array("bow/features.npy")[11], abs=1e-5)
    assert set(found["predictions"]) == set(HEARD)
    for name in set(HEARD) - {"names_and_linear"}:  # the file has no tags that name its artist
        known = tiny.array(f"predictions/{name}/{SEED}.npy")[11]
        if name == "linear":  # the table has that of the regression without the song, if it was learnt from
            weights = load_file(tiny.results / f"models/linear/{SEED}.safetensors")
            known = tiny.array("bow/features.npy")[11] @ weights["weights"].T + weights["intercept"]
        assert found["predictions"][name] == pytest.approx(known, abs=1e-5), name
    assert np.isfinite(found["predictions"]["names_and_linear"]).all()


def test_a_file_is_nearest_to_the_song_that_it_is(tiny, run):
    audio = tiny.folder / run.songs["audio"][11]
    found = run.similar(audio, n=3, model="cnn_mse")
    assert found.filter(rank=1)["song"].to_list() == [11, 11]
    assert found.filter(rank=1)["cosine"].to_numpy() == pytest.approx([1, 1], abs=1e-5)
    known = run.similar(run.songs["song_id"][11], n=2, model="cnn_mse")
    assert found.filter(pl.col("rank") > 1)["song"].to_list() == known["song"].to_list()


def test_models_that_stand_on_names_read_a_files_tags(tiny, run, tmp_path):
    audio = tmp_path / "tagged.flac"
    audio.write_bytes((tiny.folder / run.songs["audio"][11]).read_bytes())
    tags = mutagen.flac.FLAC(audio)
    tags["artist"] = run.songs["artist"][11]
    tags.save()
    found = run.embed(audio, ["names_and_linear"])["predictions"]["names_and_linear"]
    without = run.embed(tiny.folder / run.songs["audio"][11], ["names_and_linear"])["predictions"]["names_and_linear"]
    assert np.abs(found - without).max() > 1e-4


def test_what_cannot_be_heard_is_told(tiny, run, tmp_path):
    (tmp_path / "bad.flac").write_text("no music at all")
    with pytest.raises(InputError, match=r"bad.flac: no usable audio: unreadable"):
        run.embed(tmp_path / "bad.flac")
    with pytest.raises(InputError, match="model mean does not listen"):
        run.embed(tiny.folder / run.songs["audio"][11], ["mean"])


def test_the_default_model_listens(tiny, run):
    name, why = run.default_model
    assert name in HEARD
    found = run.recommend(tiny.table("plays/users.parquet")["user_id"][0], n=3)
    assert found.model == name and found.notes[: len(why)] == why
    assert found.table.height == 3
