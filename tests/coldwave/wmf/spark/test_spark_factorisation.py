"""Spark's factorisation against dense arithmetic and implicit. One fit takes some seconds, so tests share it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.files import read_table
from coldwave.wmf.als import factorise
from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.folding import fold_in
from coldwave.wmf.objective import objective
from coldwave.wmf.spark.als import fit
from coldwave.wmf.spark.factorisation import factorise_songs
from coldwave.wmf.spark.session import plain_errors

USERS, SONGS, FACTORS, ALPHA, EPSILON, REGULARIZATION = 40, 30, 4, 2.0, 0.5, 3.0
SETTINGS = {"factors": FACTORS, "alpha": ALPHA, "epsilon": EPSILON, "regularization": REGULARIZATION}


def write_plays(path, played, seed=0):
    """Write plays of the pairs that are true in a table of users × songs, with random counts."""
    user, song = np.nonzero(played)
    count = np.random.default_rng(seed).geometric(0.3, len(user))
    schema = {"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}
    pl.DataFrame({"user": user, "song": song, "count": count}, schema=schema).write_parquet(path)
    return path


def dense(path, users=USERS, songs=SONGS):
    """Preferences and confidences of all pairs, float64 [users, songs]."""
    plays = read_table(path)
    counts = np.zeros((users, songs))
    counts[plays["user"], plays["song"]] = plays["count"]
    return (counts > 0).astype(float), 1 + ALPHA * np.log(1 + counts / EPSILON)


def half_step(preferences, confidences, vectors, penalties):
    """The minimum for the columns with the rows' vectors frozen, by the normal equations of the paper's reference."""
    solved = []
    for p, c, penalty in zip(preferences.T, confidences.T, penalties, strict=True):
        system = vectors.T @ np.diag(c) @ vectors + penalty * np.eye(vectors.shape[1])
        solved.append(np.linalg.solve(system, vectors.T @ (c * p)))
    return np.array(solved)


@pytest.fixture(scope="module")
def irregular(spark, tmp_path_factory):
    """A fit where users and songs have different numbers of plays: plays, fitted songs and what came of it."""
    rng = np.random.default_rng(4)
    played = rng.random((USERS, SONGS)) < rng.uniform(0.05, 0.6, SONGS)
    fitted = np.arange(SONGS) % 3 > 0
    played[7, fitted] = False  # a user who has played other songs alone
    played[7, 0] = True
    played[:, [1, 3]] = False  # a song of each kind that nobody has played
    folder = tmp_path_factory.mktemp("odd [names]* of {folders}, with spaces")
    plays = write_plays(folder / "plays.parquet", played)
    found = factorise_songs(spark, plays, fitted, USERS, **SETTINGS, iterations=3, blocks=2, seed=1)
    return plays, fitted, *found


def test_each_song_solves_the_normal_equations_with_its_share_of_the_regularisation(irregular):
    plays, fitted, x, y, _ = irregular
    preferences, confidences = dense(plays)
    number = preferences.sum(axis=0)
    played = number > 0
    penalties = REGULARIZATION * (number / number[fitted & played].mean())[played]
    solved = half_step(preferences[:, played], confidences[:, played], x.astype(np.float64), penalties)
    assert y[played] == pytest.approx(solved, rel=1e-4, abs=1e-5)
    # and not with the same for all, as implicit has it
    same = [REGULARIZATION] * len(penalties)
    solved = half_step(preferences[:, played], confidences[:, played], x.astype(np.float64), same)
    assert np.abs(y[played] - solved).max() > 0.01


def test_folding_in_a_song_that_was_fitted_gives_its_factors(irregular):
    plays, fitted, x, y, _ = irregular
    matrix = confidence_matrix(read_table(plays), USERS, SONGS, ALPHA, EPSILON)
    number = np.diff(matrix.tocsc().indptr)
    penalties = REGULARIZATION * number / number[fitted & (number > 0)].mean()
    assert fold_in(matrix[:, fitted], x, penalties[fitted]) == pytest.approx(y[fitted], rel=1e-4, abs=1e-5)


def test_those_without_plays_get_zeros_as_implicit_gives(irregular):
    _, _, x, y, _ = irregular
    assert (x.dtype, x.shape, y.dtype, y.shape) == (np.float32, (USERS, FACTORS), np.float32, (SONGS, FACTORS))
    assert np.flatnonzero(~x.any(axis=1)).tolist() == [7]
    assert np.flatnonzero(~y.any(axis=1)).tolist() == [1, 3]


def test_the_objective_is_equation_3_over_the_fitted_songs(irregular):
    plays, fitted, x, y, table = irregular
    preferences, confidences = dense(plays)
    errors = confidences * (preferences - x.astype(np.float64) @ y.T) ** 2
    value = errors[:, fitted].sum() + REGULARIZATION * ((x**2).sum() + (y[fitted] ** 2).sum())
    assert table.select("iteration", "objective").rows() == [(3, pytest.approx(value, rel=1e-5))]
    assert table["seconds"][0] > 0


def test_other_songs_plays_do_not_reach_the_user_factors(spark, irregular, tmp_path):
    plays, fitted, x, y, _ = irregular
    table = read_table(plays)
    of_fitted = pl.col("song").is_in(np.flatnonzero(fitted))
    changed = table.with_columns(pl.when(of_fitted).then("count").otherwise(pl.col("count") + 50))
    changed.filter(of_fitted | (pl.col("user") % 2 == 0)).write_parquet(tmp_path / "plays.parquet")
    found = factorise_songs(
        spark, tmp_path / "plays.parquet", fitted, USERS, **SETTINGS, iterations=3, blocks=2, seed=1
    )
    # the same start and the same sums, whose order may differ
    assert found[0] == pytest.approx(x, rel=1e-4, abs=1e-5)
    assert found[1][fitted] == pytest.approx(y[fitted], rel=1e-4, abs=1e-5)
    assert np.abs(found[1][~fitted] - y[~fitted]).max() > 0.01


def regular_graph(users, songs, of_user, seed=0):
    """Pairs with as many songs for every user and as many users for every song, shuffled without changing that."""
    played = np.zeros((users, songs), dtype=bool)
    for place in range(users * of_user):
        played[place // of_user, place % songs] = True
    rng = np.random.default_rng(seed)
    for _ in range(50 * users):
        (u, v), (i, j) = rng.choice(users, 2, replace=False), rng.choice(songs, 2, replace=False)
        if played[u, i] and played[v, j] and not played[u, j] and not played[v, i]:
            played[[u, v], [i, j]], played[[u, v], [j, i]] = False, True
    return played


def test_where_all_have_as_many_plays_it_is_the_minimum_that_implicit_finds(spark, tmp_path):
    """Users have 6 plays each and songs 12, and eq. 3 has one lambda: it takes the scaling between the two sides."""
    kinds = [[regular_graph(18, 9, 5, seed=1), regular_graph(18, 9, 1, seed=2)],
             [regular_graph(18, 9, 1, seed=3), regular_graph(18, 9, 5, seed=4)]]  # fmt: skip
    played = np.block(kinds)  # two tastes, which two factors hold: the sweeps soon come to their end
    users, songs = played.shape
    assert (set(played.sum(axis=1)), set(played.sum(axis=0))) == ({6}, {12})
    plays = write_plays(tmp_path / "plays.parquet", played)
    x, y, table = factorise_songs(
        spark, plays, np.ones(songs, dtype=bool), users, **SETTINGS | {"factors": 2}, iterations=25, blocks=1, seed=1
    )
    matrix = confidence_matrix(read_table(plays), users, songs, ALPHA, EPSILON)
    theirs = factorise(matrix, 2, REGULARIZATION, iterations=400, solver="exact", dtype=np.float64)
    least = objective(matrix, *theirs, REGULARIZATION)
    assert table["objective"][0] == pytest.approx(least, rel=1e-6)
    assert x @ y.T == pytest.approx(theirs[0] @ theirs[1].T, abs=5e-3)
    # both sides weigh as much as each other at the minimum of eq. 3
    assert (x**2).sum() == pytest.approx((y**2).sum(), rel=1e-2)


def test_an_error_of_sparks_is_told_in_one_line(spark, irregular):
    _, fitted, *_ = irregular
    with pytest.raises(InputError, match=r"Spark failed: .*no/such/plays\.parquet") as told, plain_errors():
        fit(spark, Path("/no/such/plays.parquet"), fitted, USERS, 2, 1, 1, 1, 1, 1, 1)
    assert "\n" not in str(told.value)


def test_factors_that_vanish_are_an_error_that_names_the_key(spark, irregular):
    plays, fitted, *_ = irregular
    with pytest.raises(InputError, match=r"wmf\.regularization = 1e\+06"):
        factorise_songs(
            spark, plays, fitted, USERS, **SETTINGS | {"regularization": 1e6}, iterations=1, blocks=1, seed=1
        )
