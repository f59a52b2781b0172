"""A blend of a finished run: new songs, listeners, reasons and seconds are those of its parts, joined."""

import numpy as np
import polars as pl
import pytest
from heard_runs import AUDIO, HEARING, predicted, write_heard_run
from small_runs import NO_AUDIO, SEED, change_config

import coldwave
from coldwave.errors import InputError
from coldwave.files import write_array
from coldwave.models.blend.fitting import fit_blend
from coldwave.models.weights import write_weights
from coldwave.use.kinds import BLENDED
from coldwave.use.models import find_model, heard_by, stands_on
from coldwave.use.predicting import can_hear

BLENDS = {
    "bags": ["names", "knn", "metric"],
    "mixed": ["names", "knn", "cnn"],
    "by_table": ["linear", "given"],
}
SONG = 9


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with blends of models of all sorts."""
    rng = np.random.default_rng(0)
    log_mels = {song: rng.normal(-8, 4, (700 + song, 128)).astype(np.float16) for song in (SONG, 11)}
    folder = write_heard_run(tmp_path_factory.mktemp("blends") / "heard", log_mels)
    write_array(folder / f"predictions/given/{SEED}.npy", np.load(folder / f"predictions/linear/{SEED}.npy") + 1)
    files = coldwave.load(folder).files
    for name, parts in BLENDS.items():
        models = [find_model(files, part) for part in parts]
        users, songs = [model.users for model in models], [np.asarray(model.songs) for model in models]
        plays = pl.read_parquet(folder / "plays/plays.parquet")
        blend = fit_blend(parts, plays, files.validation, users, songs)
        write_weights(folder / f"models/{name}/{SEED}.safetensors", blend.tensors(), {"models": parts})
        write_array(folder / f"predictions/{name}/{SEED}.npy", blend.songs(songs))
        write_array(folder / f"predictions/{name}/{SEED}.users.npy", blend.users(users))
    blends = {name: {"kind": "blend", "models": parts, "weights": "learnt"} for name, parts in BLENDS.items()}
    change_config(folder, models=blends)
    return coldwave.load(folder)


def test_what_it_stands_on_and_hears(run):
    bags, mixed, table = (find_model(run.files, name) for name in BLENDS)
    assert [one.name for one in stands_on(bags)] == BLENDS["bags"]
    assert [heard_by(one) for one in (bags, mixed, table)] == [["bow"], ["bow", "log_mels"], ["bow", "table"]]
    assert [can_hear(one) for one in (bags, mixed, table)] == [True, True, False]
    assert bags.vectors == BLENDED
    assert np.array_equal(bags.learnt, find_model(run.files, "metric").learnt), "of its parts, that have"
    assert HEARING["names"]["audio"] == "linear" and not find_model(run.files, "knn").learnt.any()


@pytest.mark.parametrize("name", ["bags", "mixed"])
def test_a_new_song_is_predicted_as_its_parts_predict_it(run, name):
    """A copy of a song's sound, without its names, has the blocks that its parts predict."""
    log_mel = np.load(run.files.path("audio/log_mel/000.npy"))[:709]
    found = predicted(log_mel, model := find_model(run.files, name))
    blocks = [predicted(log_mel, one) for one in stands_on(model)]
    np.testing.assert_allclose(found, np.concatenate(blocks), rtol=1e-6)
    same = slice(len(blocks[0]), None)  # what goes by names is another thing
    np.testing.assert_allclose(found[same], model.songs[SONG][same], atol=1e-4)


def test_a_user_of_the_run_has_the_scores_of_the_run_and_reasons_that_add_up(run):
    model = find_model(run.files, "bags")
    found = run.scores("u0004", model="bags")
    expected = model.songs @ model.users[4]
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, equal_nan=True)
    why = run.why("u0004", f"S{SONG:03}", model="bags")
    assert why.score == pytest.approx(found[SONG], rel=1e-5)
    assert why.table["part"].sum() + why.rest == pytest.approx(why.score)
    scales = model.blend.scales([one.users[[4]] for one in stands_on(model)])[0]
    rests = [run.why("u0004", f"S{SONG:03}", model=one, by="sound").rest for one in BLENDS["bags"]]
    assert why.rest == pytest.approx(np.dot(scales, rests), abs=1e-5)


def test_somebody_else_is_folded_into_each_part(run):
    plays = {"S001": 3, "S007": 1, "S020": 2}
    parts = [run.scores(plays=plays, model=name, by="sound") for name in BLENDS["bags"]]
    blend, validation = find_model(run.files, "bags").blend, run.files.validation
    standardised = [own / own[validation & np.isfinite(own)].std() for own in parts]
    expected = sum(weight * own for weight, own in zip(blend.weights, standardised, strict=True))
    known = np.isfinite(expected)
    np.testing.assert_allclose(run.scores(plays=plays, model="bags")[known], expected[known], rtol=1e-3, atol=1e-4)
    why = run.why(plays, f"S{SONG:03}", model="bags")
    assert why.rest == pytest.approx(0, abs=1e-5) and why.table.height == 3


def test_a_listener_of_songs_without_audio_is_known_by_names_alone(run):
    silent = f"S{NO_AUDIO:03}"
    with pytest.raises(InputError, match="none of the songs has usable audio"):
        run.scores(plays={silent: 2}, model="knn")
    assert np.isfinite(run.scores(plays={silent: 2}, model="bags")).sum() > 50
    assert run.recommend(plays={silent: 2}, model="bags", n=3).table.height == 3


def test_seconds_are_those_of_all_parts_that_listen(run):
    seconds = run.why("u0004", f"S{SONG:03}", model="bags").seconds
    blend, parts = find_model(run.files, "bags").blend, BLENDS["bags"]
    scales = blend.scales([find_model(run.files, one).users[[4]] for one in parts])[0]
    of_parts = [run.why("u0004", f"S{SONG:03}", model=one, by="sound").seconds.table.sort("start") for one in parts]
    expected = sum(scale * table["part"].to_numpy() for scale, table in zip(scales, of_parts, strict=True))
    np.testing.assert_allclose(seconds.table.sort("start")["part"], expected, atol=1e-4)
    other = run.why("u0004", f"S{SONG:03}", model="mixed").seconds
    assert "hear segments of different lengths" in other.notes[0] and AUDIO["hop"]


def test_it_has_no_plays_of_its_own_and_no_graph(run):
    with pytest.raises(InputError, match="bags has no factors"):
        run.recommend("u0004", model="bags", by="plays")
    from coldwave.bundle.model import check_can_be_built

    with pytest.raises(InputError, match="does not predict songs from what it hears alone"):
        check_can_be_built(find_model(run.files, "bags"))


def test_it_is_judged_beside_its_parts_unless_one_has_learnt_from_the_judges_songs(run):
    _, (why, *_) = run.default_model
    assert all(name in why for name in BLENDS)
