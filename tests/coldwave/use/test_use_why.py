"""A score is the sum over the songs of the history, and the song that carries most is the reason."""

import numpy as np
import polars as pl
import pytest
from small_runs import NO_AUDIO, SEED, WMF

from coldwave.errors import InputError
from coldwave.use.because import shared_tags, times

PLAYS = {"S000": 41, "S001": 1, "S012": 2, "S020": 5, "S059": 3}


@pytest.mark.parametrize("model", ["linear", "knn", "metric"])
def test_parts_sum_to_the_score(model, run):
    scores = run.scores(plays=PLAYS, model=model)
    for song in (5, 9, 30, 58):
        why = run.why(PLAYS, f"S{song:03}", model=model)
        assert why.score == pytest.approx(scores[song], abs=1e-5)
        assert why.table["part"].sum() == pytest.approx(why.score, abs=1e-5)
        assert why.rest == pytest.approx(0, abs=1e-5)
        assert sorted(why.table["song_id"]) == sorted(PLAYS)
        assert why.table["part"].is_sorted(descending=True)
        assert dict(why.table.select("song_id", "plays").iter_rows()) == PLAYS


@pytest.mark.parametrize("model", ["linear", "knn", "metric", "random"])
def test_for_a_user_of_the_run_parts_and_rest_sum_to_the_score(model, run):
    scores = run.scores("u0004", model=model)
    split = run.files.training
    for song in (3, 9, 58):
        why = run.why("u0004", f"S{song:03}", model=model)
        assert why.score == pytest.approx(scores[song], abs=1e-5)
        assert why.table["part"].sum() + why.rest == pytest.approx(why.score, abs=1e-9)
        assert model == "random" or why.rest == pytest.approx(0, abs=2e-4), "the factorisation has converged"
        unknown = why.table.filter(~pl.Series(split[why.table["song"].to_list()]))
        assert set(unknown["part"]) == {0.0}, "the run has made its users of training songs"


def test_parts_of_factors_are_those_of_equation_7(run):
    """Without one song's preference, the score loses that song's part: the system itself does not change."""
    y = np.load(run.files.path("wmf/song_factors.npy")).astype(np.float64)
    fitted = np.flatnonzero(run.files.fitted)
    songs, counts = fitted[[0, 4, 8]], np.array([3, 1, 7])
    confidences = 1 + WMF["alpha"] * np.log(1 + counts / WMF["epsilon"])
    every = np.full(len(fitted), WMF["unplayed_weight"])
    every[[0, 4, 8]] = confidences
    inverse = np.linalg.inv((y[fitted].T * every) @ y[fitted] + WMF["regularization"] * np.eye(y.shape[1]))
    plays = {f"S{song:03}": int(count) for song, count in zip(songs, counts, strict=True)}
    target = np.load(run.files.path(f"predictions/linear/{SEED}.npy"))[58].astype(np.float64)
    parts = dict(run.why(plays, "S058", model="linear").table.select("song", "part").iter_rows())
    for song, confidence in zip(songs, confidences, strict=True):
        assert parts[song] == pytest.approx(target @ inverse @ y[song] * confidence, rel=1e-4, abs=1e-6)


def test_the_reason_is_the_song_with_the_highest_part(run):
    found = run.recommend(plays=PLAYS, model="linear", n=8)
    titles = {f"S{song:03}": (f"Title {song}", [("rock", "Folk", "jazz")[song % 3]]) for song in range(60)}
    for row in found.table.iter_rows(named=True):
        why = run.why(PLAYS, row["song_id"], model="linear")
        first = why.table.row(0, named=True)
        assert (row["because_id"], row["because_plays"]) == (first["song_id"], PLAYS[first["song_id"]])
        assert row["part"] == pytest.approx(first["part"], rel=1e-6)
        assert why.by == row["by"]
        title, tags = titles[row["because_id"]]
        assert row["tags"] == [tag for tag in titles[row["song_id"]][1] if tag in tags]
        said = {"sound": "sounds like", "plays": "its listeners also play"}[row["by"]]
        assert row["why"].startswith(said) and title in row["why"]
        assert row["why"].endswith(f"which you played {times(PLAYS[row['because_id']])}")


def test_tags_in_common_are_counted_over_the_history(run):
    tags = run.why(PLAYS, "S003", model="linear").tags
    assert tags.rows() == [("rock", 2, 43.0)]  # of S000 and S012
    assert run.why(PLAYS, "S004", model="linear").tags.rows() == [("Folk", 1, 1.0)]
    assert shared_tags(["Rock", "x"], ["rock"]) == ["Rock"]


def test_how_often_is_said_in_words():
    assert [times(count) for count in (1, 2, 41, 1200)] == ["once", "twice", "41 times", "1,200 times"]


def test_what_cannot_be_explained_is_told(run):
    with pytest.raises(InputError, match="no song 'x'"):
        run.why("u0001", "x")
    with pytest.raises(InputError, match="cannot be scored by knn"):
        run.why("u0001", f"S{NO_AUDIO:03}", model="knn")
