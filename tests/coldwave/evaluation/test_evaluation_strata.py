"""Strata: groups of equal size that tear nothing apart, and means by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.evaluation.figures import NOTHING_TOLD, draw_strata
from coldwave.evaluation.further import Tables
from coldwave.evaluation.models import Model
from coldwave.evaluation.scores import SONG_SCORES
from coldwave.evaluation.strata import (
    SCHEMA,
    artists_seen,
    columns,
    notes,
    quantile_groups,
    songs_in_training,
    strata_table,
)
from coldwave.files import check_table


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.integers(1, 10), st.integers(1, 30))
def test_groups_follow_the_values_and_never_tear_equal_ones_apart(values, groups, at_least):
    values = np.array(values)
    found = quantile_groups(values, groups, at_least)
    assert sorted(set(found.tolist())) == list(range(found.max() + 1))
    assert found.max() < min(groups, max(1, len(values) // at_least))
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert all(len(set(found[values == value].tolist())) == 1 for value in set(values.tolist()))


def test_deciles_of_different_values_have_one_size():
    values = np.random.default_rng(0).permutation(400)
    assert np.bincount(quantile_groups(values)).tolist() == [40] * 10
    assert quantile_groups(np.arange(39)).tolist() == [0] * 39
    assert np.bincount(quantile_groups(np.arange(40))).tolist() == [20, 20]


def test_the_same_bytes_however_threads_share_the_work():
    rng, users = np.random.default_rng(0), np.arange(3000, dtype=np.uint32)
    plays = pl.DataFrame({"user": users, "song": users % 9}, schema_overrides={"song": pl.UInt32})
    split = pl.DataFrame({"song": range(10), "part": ["train"] * 9 + ["test"]}, schema_overrides={"song": pl.UInt32})
    songs = split.select("song", pl.lit("Ann").alias("artist"))
    one_song = {"song": [9], "users": [3], "auc": [0.5]}
    by_song = pl.DataFrame(one_song, schema_overrides={"song": pl.UInt32, "users": pl.UInt32})
    tables = [Tables("m", 1, pl.DataFrame({"user": users, "auc": rng.random(3000)}), by_song)]
    models = {"m": Model("linear", 3)}
    found = [strata_table(tables, models, plays, songs, split)["auc"].to_list() for _ in range(60)]
    assert all(each == found[0] for each in found)


def test_artists_seen_in_training():
    artists = ["Ann", "Bo", None, " ANN", "Cy", "Bo", None]
    parts = ["train", "validation", "train", "test", "test", "test", "test"]
    songs = pl.DataFrame({"song": range(7), "artist": artists}, schema_overrides={"song": pl.UInt32})
    split = pl.DataFrame({"song": range(7), "part": parts}, schema_overrides={"song": pl.UInt32})
    found = dict(artists_seen(songs, split.reverse()).rows())
    # Bo is known to validation alone
    assert found == {3: "artist in training", 4: "new artist", 5: "new artist", 6: "artist not named"}


@pytest.fixture
def table():
    """40 test songs, of which song i has i users, and 60 users; AUC grows with popularity and activity."""
    columns = {"song": range(60), "artist": ["Ann"] * 50 + ["Bo"] * 10, "part": ["train"] * 20 + ["test"] * 40}
    both = pl.DataFrame(columns, schema_overrides={"song": pl.UInt32})
    songs, split = both.select("song", "artist"), both.select("song", "part")
    pairs = [(user, song) for user in range(60) for song in range(user % 20)]
    plays = pl.DataFrame(pairs, schema={"user": pl.UInt32, "song": pl.UInt32}, orient="row")
    tables = []
    for model, seed, shift in (("net", 1, 0.0), ("net", 2, 0.2), ("random", 1, 0.0)):
        number = np.arange(40)
        by_song = {name: [None] * 40 for name in SONG_SCORES}
        by_song |= {"song": number + 20, "users": number, "auc": [None, *(shift + number[1:] / 100)], "listed": number}
        users = {"user": np.arange(60), "auc": shift + (np.arange(60) % 20) / 100}
        users = pl.DataFrame(users, schema={"user": pl.UInt32, "auc": pl.Float64})
        tables.append(Tables(model, seed, users, pl.DataFrame(by_song, schema=SONG_SCORES)))
    return strata_table(tables, {"net": Model("cnn", 3), "random": Model("random", 0)}, plays, songs, split)


def test_means_of_strata_by_hand(table):
    check_table(table, SCHEMA, "strata")
    popular = table.filter(by="popularity", model="net")
    assert popular["size"].to_list() == [39]  # too few for two groups, as the song without users has no AUC
    assert popular["label"].to_list() == ["1–39 users"]
    assert popular["auc"].item() == pytest.approx(np.mean(np.arange(1, 40) / 100) + 0.1)
    assert popular["auc_sd"].item() == pytest.approx(0.2 / 2**0.5)
    active = table.filter(by="activity", model="random")
    assert active.select("low", "high", "size").rows() == [(0, 6, 21), (7, 13, 21), (14, 19, 18)]
    assert active["auc"].to_list() == pytest.approx([0.03, 0.1, 0.165])
    artist = table.filter(by="artist", model="random")
    assert artist.select("label", "size").rows() == [("artist in training", 29), ("new artist", 10)]


def test_the_table_for_people(table):
    cells = columns(table)
    assert list(cells) == ["by", "stratum", "size", "random", "net"]
    assert {len(values) for values in cells.values()} == {6}
    assert cells["net"][0] == "0.3000 ± 0.1414"
    assert any(note.startswith("±") for note in notes(table))


def test_users_are_counted_by_their_training_songs_alone():
    plays = pl.DataFrame({"user": [0, 0, 0, 2], "song": [0, 1, 2, 2]})
    split = pl.DataFrame({"song": [0, 1, 2], "part": ["train", "train", "test"]})
    assert songs_in_training(plays, split).rows() == [(0, 2)]


def test_there_is_no_stratum_where_no_user_has_an_auc(table):
    users = pl.DataFrame({"user": [0], "auc": [None]}, schema={"user": pl.UInt32, "auc": pl.Float64})
    by_song = pl.DataFrame({"song": [1], "users": [1], "auc": [None], "listed": [1]}, schema_overrides=SONG_SCORES)
    plays, songs = pl.DataFrame({"user": [0, 0], "song": [0, 1]}), pl.DataFrame({"song": [0, 1], "artist": ["a", "b"]})
    split = pl.DataFrame({"song": [0, 1], "part": ["train", "test"]})
    models = {"net": Model("cnn", 3)}
    found = strata_table([Tables("net", 1, users, by_song)], models, plays, songs, split)
    check_table(found, SCHEMA, "strata")
    assert found.is_empty() and columns(found) == {"by": [], "stratum": [], "size": []}
    assert notes(found) == [
        "There is no stratum: every user with a test play has played every test song, and has no AUC."
    ]
    svg, _ = draw_strata(found, models, "popularity")
    assert NOTHING_TOLD in svg
