"""Recommendations are those of dense scores, sorted, less what may not be recommended."""

import shutil

import numpy as np
import polars as pl
import pytest
from small_runs import NO_AUDIO, SEED, UNHEARD

import coldwave
from coldwave.errors import InputError
from coldwave.files import read_table
from coldwave.plays.tables import write_plays, write_songs
from coldwave.use.scoring import ENOUGH


def dense(run, user, model, by):
    """Scores by plain arithmetic: float64 [songs]."""
    files = run.files
    heard = np.load(files.path(f"predictions/{model}/{SEED}.npy")).astype(np.float64)
    own = f"predictions/{model}/{SEED}.users.npy"
    x = np.load(files.path(own if files.has(own) else "wmf/user_factors.npy")).astype(np.float64)[user]
    scores = heard @ x
    if by != "sound" and not files.has(own):
        by_plays = np.load(files.path("wmf/song_factors.npy")).astype(np.float64) @ x
        users = pl.read_parquet(files.path("plays/songs.parquet"))["users"].to_numpy()
        enough = users > 0 if by == "plays" else (users >= ENOUGH) | (np.isnan(scores) & (users > 0))
        scores = np.where(enough, by_plays, np.nan if by == "plays" else scores)
    return scores


def played(run, user):
    return pl.read_parquet(run.files.path("plays/plays.parquet")).filter(user=user)["song"].to_numpy()


@pytest.mark.parametrize(
    ("model", "by"),
    [
        *((model, by) for model in ("linear", "usage_in_sample") for by in ("both", "sound", "plays")),
        *((model, by) for model in ("knn", "metric", "random") for by in ("both", "sound")),
    ],
)
def test_a_list_is_that_of_dense_scores_sorted(model, by, run):
    users = run.songs["users"].to_numpy()
    assert (users[users > 0] < ENOUGH).sum() > 3 < (users >= ENOUGH).sum(), "both sorts of songs are there"
    for user in (0, 7, 31):
        scores = dense(run, user, model, by)
        assert run.scores(f"u{user:04}", model=model, by=by) == pytest.approx(scores, rel=1e-5, abs=1e-6, nan_ok=True)
        scores[played(run, user)] = np.nan
        expected = [song for song in np.argsort(-scores, kind="stable") if np.isfinite(scores[song])]
        found = run.recommend(f"u{user:04}", n=100, per_artist=None, model=model, by=by)
        assert found.model == model and found.seed == SEED
        assert found.table["song"].to_list() == expected
        assert found.table["rank"].to_list() == list(range(1, len(expected) + 1))
        assert found.table["score"].to_numpy() == pytest.approx(scores[expected], rel=1e-5, abs=1e-6)
        assert found.table["title"].to_list() == [f"Title {song}" for song in expected]
        first = run.recommend(f"u{user:04}", n=4, per_artist=None, model=model, by=by)
        assert first.table["song"].to_list() == expected[:4]


def test_no_more_songs_of_an_artist_than_asked_for(run):
    every = run.recommend("u0005", n=100, per_artist=None, model="linear").table
    for most in (1, 2):
        expected, seen = [], {}
        for song, artist in every.select("song", "artist").iter_rows():
            seen[artist] = seen.get(artist, 0) + 1
            if artist is None or seen[artist] <= most:
                expected.append(song)
        found = run.recommend("u0005", n=100, per_artist=most, model="linear").table
        assert found["song"].to_list() == expected
        assert found["artist"].null_count() > 0


def test_what_was_played_is_recommended_only_if_all_songs_are_asked_for(run):
    for user in range(30):
        found = run.recommend(f"u{user:04}", n=100, per_artist=None, model="linear")
        assert set(found.table["song"]).isdisjoint(played(run, user))
    every = run.recommend("u0001", n=100, per_artist=None, model="linear", among="all")
    assert every.table.height == run.songs.height - (run.songs["users"][NO_AUDIO] == 0)


def test_songs_that_nobody_has_played_are_scored_by_what_is_heard(run):
    found = run.recommend("u0002", n=100, per_artist=None, model="linear", among="nobody").table
    assert sorted(found["song"]) == list(range(run.songs.height - UNHEARD, run.songs.height))
    assert set(found["by"]) == {"sound"}
    heard = (
        np.load(run.files.path(f"predictions/linear/{SEED}.npy")) @ np.load(run.files.path("wmf/user_factors.npy"))[2]
    )
    assert found["score"].to_numpy() == pytest.approx(heard[found["song"].to_numpy()], rel=1e-5)
    by_plays = run.recommend("u0002", n=100, by="plays", among="nobody", model="linear")
    assert by_plays.table.height == 0
    assert by_plays.notes[-1].startswith(f"{UNHEARD} songs cannot be scored")


def test_named_songs_alone(run):
    unheard = sorted(set(range(run.songs.height)) - set(played(run, 4)))
    wanted = [f"S{song:03}" for song in [*unheard[:5], played(run, 4)[0]]]
    found = run.recommend("u0004", model="linear", per_artist=None, among=wanted)
    assert sorted(found.table["song"]) == unheard[:5]


@pytest.mark.parametrize(
    ("exclude", "left_out"),
    [
        ("S020", pl.col("song_id") == "S020"),
        ("artist 3", pl.col("artist") == "Artist 3"),
        ("ALBUM 2", pl.col("album") == "Album 2"),
        ("folk", pl.col("tags").list.contains("Folk")),
        ("Ｆölk!", pl.col("tags").list.contains("Folk")),
        ("ARTÍST-3", pl.col("artist") == "Artist 3"),
        ("music/2", pl.col("audio").str.starts_with("music/2/")),
        ("music/2/", pl.col("audio").str.starts_with("music/2/")),
        ("music/1/21.flac", pl.col("song") == 21),
    ],
)
def test_excluded_songs(exclude, left_out, run):
    options = {"n": 100, "per_artist": None, "model": "linear", "among": "all"}
    every, some = (run.recommend("u0001", **options, exclude=names).table for names in ((), [exclude]))
    gone = run.songs.filter(left_out.fill_null(False))["song"]
    assert 0 < len(gone) < run.songs.height
    assert some["song"].to_list() == every.filter(~pl.col("song").is_in(gone.implode()))["song"].to_list()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"user": "nobody"}, "the run has no user 'nobody'"),
        ({}, "the run has 90 users: name one"),
        ({"user": "u0001", "plays": {"S001": 1}}, "both a user and plays"),
        ({"user": "u0001", "model": "lineer"}, "no model 'lineer'; it has random, knn"),
        ({"user": "u0001", "model": "linear", "seed": 4}, "model linear has no seed 4; it has 3"),
        ({"user": "u0001", "n": 0}, "numbers above 0"),
        ({"user": "u0001", "per_artist": 0}, "numbers above 0"),
        ({"user": "u0001", "by": "name"}, "none of both, sound, plays"),
        ({"user": "u0001", "among": "some"}, "none of unheard, all, nobody"),
        ({"user": "u0001", "among": ["S001", "x"]}, "no song 'x'"),
        ({"user": "u0001", "exclude": [""]}, "exclude: '' names nothing"),
        ({"user": "u0001", "exclude": ["polka"]}, "no song has the id, artist, album, tag or audio path 'polka'"),
        ({"plays": {"S001": 1}, "model": "random"}, "model random knows the users of the run alone: name one of them"),
        ({"plays": {"x": 1}}, "none of the 1 songs ('x')"),
        ({"plays": {}}, "none of the 0 songs"),
        ({"plays": {"S001": 0}}, "0 plays of 'S001': a number above 0"),
        ({"plays": {"S001": "many"}}, "'many' plays of 'S001'"),
    ],
    ids=str,
)
def test_what_is_not_there_is_said(arguments, told, run):
    with pytest.raises(InputError) as caught:
        run.recommend(**arguments)
    assert told in str(caught.value)


def test_plays_cut_from_learning_are_not_recommended_again(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    every = pl.read_parquet(copy / "plays/plays.parquet")
    write_plays(copy / "plays/all_plays.parquet", every)
    write_plays(copy / "plays/plays.parquet", every.filter(~((pl.col("user") == 3) & (pl.col("song") % 2 == 0))))
    own = every.filter(user=3)["song"].to_list()
    assert any(song % 2 == 0 for song in own)
    found = coldwave.load(copy).recommend("u0003", n=100, per_artist=None, model="linear")
    assert set(found.table["song"]).isdisjoint(own)


def test_a_folder_within_ids_is_excluded(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    songs = read_table(copy / "plays/songs.parquet")
    named = pl.when(pl.col("song") < 30).then(pl.lit("A/") + pl.col("song_id")).otherwise(pl.col("song_id"))
    write_songs(copy / "plays/songs.parquet", songs.with_columns(song_id=named))
    options = {"n": 100, "per_artist": None, "model": "linear", "among": "all"}
    found = coldwave.load(copy).recommend("u0001", exclude=["A/"], **options).table
    assert found.height and found["song"].min() >= 30


def test_a_user_of_whom_nothing_was_learnt_is_told_that_all_songs_tie(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    factors = np.load(copy / "wmf/user_factors.npy")
    factors[3] = 0
    np.save(copy / "wmf/user_factors.npy", factors)
    run = coldwave.load(copy)
    for user, told in (("u0003", 1), ("u0004", 0)):
        notes = run.recommend(user, model="linear", by="sound").notes
        assert sum("All songs tie" in note for note in notes) == told


def test_by_is_followed_or_refused(run, one_user):
    """With few users as with many: plays are the factors of plays, and what has none is told."""
    played = one_user.files.array("wmf/song_factors.npy")
    found = one_user.scores(by="plays")
    vector = one_user.files.array("wmf/user_factors.npy")[0]
    known = np.isfinite(found)
    assert known.any() and known.tolist() == (one_user.songs["users"].to_numpy() > 0).tolist()
    np.testing.assert_allclose(found[known], played[known] @ vector, rtol=1e-5, atol=1e-6)
    assert one_user.recommend(by="plays", among="all").table["by"].unique().to_list() == ["plays"]
    assert one_user.recommend(by="sound").model == "sound"
    for opened in (run, one_user):
        with pytest.raises(InputError, match="by: 'words' is none of both, sound, plays"):
            opened.scores("u0000", by="words")
        with pytest.raises(InputError, match="by: model knn has no factors"):
            opened.scores("u0000", model="knn", by="plays")
