"""The split: whole, by song, artist, date or fold, and stable; and splits made elsewhere."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.split.check import check_parts
from coldwave.split.draw import split_songs
from coldwave.split.given import given_split, read_parts
from coldwave.split.groups import hash_fractions
from coldwave.split.parts import TEST, TRAIN, UNHEARD, VALIDATION, songs_to_fit, songs_to_learn, songs_with_features
from coldwave.split.unheard import split_apart


def songs_table(number, artists=None):
    names = [f"song {index}" for index in range(number)]
    return pl.DataFrame(
        {
            "song": pl.Series(range(number), dtype=pl.UInt32),
            "song_id": names,
            "artist": [f"artist {index % artists}" for index in range(number)] if artists else [None] * number,
        },
        schema_overrides={"artist": pl.String},
    )


def parts(songs, **settings):
    split = split_songs(songs, **settings)
    return dict(zip(songs["song_id"], split["part"], strict=True))


def test_shares_are_met_nearly():
    sizes = split_songs(songs_table(5000), validation=0.1, test=0.2)["part"].value_counts()
    found = dict(sizes.iter_rows())
    assert abs(found[TEST] / 5000 - 0.2) < 0.03
    assert abs(found[VALIDATION] / 5000 - 0.1) < 0.03
    assert sum(found.values()) == 5000


def test_numbers_are_met_exactly():
    found = dict(split_songs(songs_table(1000), validation=50, test=201)["part"].value_counts().iter_rows())
    assert found == {TEST: 201, VALIDATION: 50, TRAIN: 749}


def test_a_number_beside_a_share():
    found = dict(split_songs(songs_table(3000), validation=0.1, test=600)["part"].value_counts().iter_rows())
    assert found[TEST] == 600
    assert abs(found[VALIDATION] - 300) < 80


@settings(max_examples=25, deadline=None)
@given_by(st.integers(40, 120), st.integers(1, 20), st.integers(0, 1000))
def test_songs_added_later_move_no_other_song(before, added, seed):
    many = songs_table(before + added)
    try:
        old, new = (parts(table, validation=0.2, test=0.3, seed=seed) for table in (many.head(before), many))
    except InputError:
        return  # so few songs that a part is empty
    # a song that is its part alone may be there against its share, and goes back
    stay = {name for name, part in old.items() if list(old.values()).count(part) > 1}
    assert {name: new[name] for name in stay} == {name: old[name] for name in stay}


def test_a_song_that_a_share_had_not_drawn_goes_back_alone():
    many = songs_table(46)
    old, new = (parts(table, validation=0.2, test=0.3, seed=878) for table in (many.head(40), many))
    assert list(old.values()).count(VALIDATION) == 1
    assert {name for name in old if new[name] != old[name]} == {name for name in old if old[name] == VALIDATION}


def test_the_order_of_the_songs_does_not_matter():
    songs = songs_table(200)
    assert parts(songs, validation=20, test=40) == parts(songs.sample(fraction=1, shuffle=True, seed=3),
                                                         validation=20, test=40)  # fmt: skip


@pytest.mark.parametrize("sizes", [{"validation": 0.1, "test": 0.2}, {"validation": 60, "test": 130}])
def test_no_artist_is_in_two_parts(sizes):
    songs = songs_table(600, artists=90)
    split = split_songs(songs, by="artist", **sizes)
    by_artist = songs.join(split, on="song").group_by("artist").agg(pl.col("part").n_unique())
    assert by_artist["part"].max() == 1
    assert split["part"].n_unique() == 3


def test_by_artist_numbers_are_met_as_nearly_as_whole_artists_allow():
    songs = songs_table(600, artists=100)  # 6 songs each
    found = dict(split_songs(songs, by="artist", validation=60, test=121)["part"].value_counts().iter_rows())
    assert found[TEST] == 120
    assert found[VALIDATION] == 60


def test_artists_are_the_same_in_any_spelling_of_case_and_space():
    songs = songs_table(300).with_columns(
        artist=pl.Series([["The  Waves", "the waves ", "Other", "Third"][index % 4] for index in range(300)])
    )
    split = songs.join(split_songs(songs, by="artist", validation=75, test=75), on="song")
    assert split.filter(pl.col("artist").str.to_lowercase().str.contains("waves"))["part"].n_unique() == 1


def test_a_song_without_artist_stands_alone():
    assert split_songs(songs_table(300), by="artist", validation=0.2, test=0.2)["part"].n_unique() == 3


def test_the_seed_decides():
    songs = songs_table(300)
    assert parts(songs, validation=0.1, test=0.2, seed=1) == parts(songs, validation=0.1, test=0.2, seed=1)
    assert parts(songs, validation=0.1, test=0.2, seed=1) != parts(songs, validation=0.1, test=0.2, seed=2)


def test_hashes_are_uniform():
    fractions = hash_fractions([str(index) for index in range(4000)], "salt")
    assert np.all((fractions >= 0) & (fractions < 1))
    counts = np.histogram(fractions, bins=10, range=(0, 1))[0]
    assert np.all(np.abs(counts - 400) < 100)


def test_an_empty_part_is_an_error_that_says_what_to_change():
    with pytest.raises(InputError, match=r"split\.validation"):
        split_songs(songs_table(3), validation=0.001, test=0.2)
    with pytest.raises(InputError, match=r"split\.test = 30"):
        split_songs(songs_table(30), validation=0.1, test=30)


def test_songs_without_features_are_in_no_part():
    features = np.array([[1.0], [np.nan], [2.0], [np.nan], [3.0]])
    training, validation = np.array([True, True, False, False, False]), np.array([False, False, True, True, False])
    found = songs_with_features(features, training, validation)
    assert [part.tolist() for part in found] == [[True] + 4 * [False], [False, False, True, False, False]]
    with pytest.raises(InputError, match="no validation song has features"):
        songs_with_features(features, training, np.array([False, True, False, True, False]))


# By release date


def dated(dates):
    return songs_table(len(dates)).with_columns(date=pl.Series(dates, dtype=pl.String))


def test_by_date_the_newest_are_tested_on_and_songs_without_a_date_learnt_from(caplog):
    dates = [None, "1999", "2001-05", "2001", "2000-12-31", None, "2001-05-02", "1980", "1981", "1982"]
    with caplog.at_level("INFO"):
        found = parts(dated(dates), by="date", validation=2, test=0.2)
    assert "8 songs have a date; 2 have none and are training songs" in caplog.text
    assert [name for name, part in found.items() if part == TEST] == ["song 2", "song 6"]
    assert [name for name, part in found.items() if part == VALIDATION] == ["song 3", "song 4"]


@given_by(st.lists(st.sampled_from([None, "1999", "2000", "2000-05", "2001"]), min_size=12, max_size=40))
def test_by_date_no_learnt_song_is_newer_than_a_tested_one(dates):
    songs = dated(dates)
    try:
        split = songs.join(split_songs(songs, validation=3, test=4, by="date"), on="song")
    except InputError as error:
        assert "have a date" in str(error)
        assert songs["date"].count() < 7
        return
    oldest, newest = split.group_by("part").agg(pl.col("date").min()), split.group_by("part").agg(pl.col("date").max())
    oldest, newest = dict(oldest.iter_rows()), dict(newest.iter_rows())
    assert oldest[TEST] >= newest[VALIDATION]
    assert newest[TRAIN] is None or oldest[VALIDATION] >= newest[TRAIN]
    assert dict(split["part"].value_counts().iter_rows())[TEST] == 4


def test_songs_of_one_date_are_taken_by_their_hash_not_their_place():
    songs = dated(["2000"] * 50)
    chosen = parts(songs, by="date", validation=5, test=10)
    assert chosen == parts(songs.sample(fraction=1, shuffle=True, seed=1), by="date", validation=5, test=10)
    assert [part for part in chosen.values()][:10] != [TEST] * 10


# Folds


@pytest.mark.parametrize(("by", "folds"), [("song", 2), ("song", 5), ("artist", 3)])
def test_folds_are_disjoint_and_cover_all_songs(by, folds):
    songs = songs_table(400, artists=80)
    times = np.zeros(400, dtype=int)
    for fold in range(1, folds + 1):
        part = split_songs(songs, validation=0.1, test=0.2, by=by, seed=4, folds=folds, fold=fold)["part"].to_numpy()
        times += part == TEST
        assert 10 < (part == VALIDATION).sum() < 90
        if by == "artist":
            assert len(set(songs["artist"].filter(part == TEST)) & set(songs["artist"].filter(part != TEST))) == 0
    assert times.tolist() == [1] * 400


def test_the_first_fold_is_the_share_that_it_stands_for():
    songs = songs_table(300)
    assert parts(songs, validation=0.1, test=0.2, seed=7) == parts(
        songs, validation=0.1, test=9, seed=7, folds=5, fold=1
    )


# What is no split


def given(rows, songs=None, by="song"):
    table = pl.DataFrame(rows, schema=["song_id", "part"], orient="row", schema_overrides={"part": pl.String})
    return given_split(table, songs_table(4, artists=3) if songs is None else songs, by, "mine.csv")


WHOLE = [("song 3", "train"), ("song 0", "train"), ("song 2", "test"), ("song 1", "validation")]


def test_a_given_split_is_put_in_the_songs_order():
    assert given([*WHOLE, WHOLE[0]])["part"].to_list() == ["train", "validation", "test", "train"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*WHOLE, ("song 3", "test")], r"mine\.csv: song 'song 3' is there twice, in test and train: parts must not"),
        ([*WHOLE, ("song 9", "test")], r"mine\.csv: song 'song 9' and 0 more are not among the 4 songs"),
        (WHOLE[:-1], r"mine\.csv: song 'song 1' and 0 more have no part"),
        ([*WHOLE[:-1], ("song 1", "dev")], r"mine\.csv: 'dev' is no part: the parts are train, validation, test"),
        ([*WHOLE[:-1], ("song 1", "train")], r"mine\.csv: the validation part is empty"),
    ],
)
def test_what_is_no_split_is_refused_with_the_file_and_the_song(rows, message):
    with pytest.raises(InputError, match=message):
        given(rows)


def test_an_artist_in_two_parts_is_refused_only_by_artist():
    rows = [("song 0", "train"), ("song 1", "validation"), ("song 2", "test"), ("song 3", "test")]  # 0 and 3 share one
    assert len(given(rows)) == 4
    with pytest.raises(InputError, match=r"mine\.csv: artist 'artist 0' \(song 'song 0'\) is in test and train"):
        given(rows, by="artist")


@pytest.mark.parametrize("by", ["song", "artist", "date"])
def test_no_split_of_ours_is_refused(by):
    songs = songs_table(200, artists=40).with_columns(date=pl.format("19{}", pl.col("song") % 80 + 10))
    check_parts(split_songs(songs, 0.2, 0.2, by=by), songs, by, "split.parquet")


def test_a_file_of_parts_is_read_in_three_formats(tmp_path):
    table = pl.DataFrame({"part": ["train", " test "], "song_id": ["007", "b"], "note": [1, 2]})
    table.write_csv(tmp_path / "a.csv")
    table.write_csv(tmp_path / "a.tsv", separator="\t")
    table.write_parquet(tmp_path / "a.parquet")
    for suffix in ("csv", "tsv", "parquet"):
        assert read_parts(tmp_path / f"a.{suffix}").rows() == [("007", "train"), ("b", "test")]
    (tmp_path / "b.csv").write_text("song_id,part\na,\n")
    (tmp_path / "c.csv").write_text("song,part\na,test\n")
    (tmp_path / "d.parquet").write_text("none")
    (tmp_path / "e.txt").write_text("")
    for name, message in (("b.csv", ": row 1 lacks"), ("c.csv", " has no column 'song_id'.* mean 'song'"),
                          ("d.parquet", ": cannot be read"), ("e.txt", ": a split is a")):  # fmt: skip
        with pytest.raises(InputError, match=f"{name}{message}"):
            read_parts(tmp_path / name)


@given_by(st.lists(st.integers(0, 3), min_size=30, max_size=60), st.sampled_from([0.25, 5]))
@settings(max_examples=25, deadline=None)
def test_songs_that_nobody_has_played_are_apart_and_change_nothing(users, size):
    songs = songs_table(len(users)).with_columns(users=pl.Series(users))
    played = songs.filter(pl.col("users") > 0)
    if played.height < 25:
        return

    def divide(table):
        return split_songs(table, validation=0.25, test=size)

    found = split_apart(songs, divide)
    check_parts(found, songs, "song", "split")
    assert found["song"].to_list() == list(range(len(users)))
    assert (found["part"] == UNHEARD).to_list() == [number == 0 for number in users]
    alone = divide(played.with_columns(song=pl.int_range(pl.len(), dtype=pl.UInt32)))
    assert found.filter(pl.col("part") != UNHEARD)["part"].to_list() == alone["part"].to_list()
    for protocol in ("strict", "transductive"):
        assert not songs_to_fit(found, protocol)[np.array(users) == 0].any()
    assert not songs_to_learn(found, refit=True)[np.array(users) == 0].any()


def test_an_artist_may_have_songs_that_nobody_has_played():
    songs = songs_table(6, artists=2).with_columns(users=pl.Series([1, 1, 1, 1, 0, 0]))
    split = pl.DataFrame({"song": songs["song"], "part": [TRAIN, TEST] * 2 + [UNHEARD] * 2})
    split[3, "part"] = VALIDATION
    with pytest.raises(InputError, match="artist 'artist 1'"):
        check_parts(split, songs, "artist", "split")
    split[1, "part"] = VALIDATION
    with pytest.raises(InputError, match="the test part is empty"):
        check_parts(split, songs, "song", "split")
    more = songs_table(7, artists=7).with_columns(artist=pl.Series(["a", "b", "a", "b", "a", "b", "c"]))
    parts_of = [TRAIN, VALIDATION, TRAIN, VALIDATION, UNHEARD, UNHEARD, TEST]
    check_parts(pl.DataFrame({"song": more["song"], "part": parts_of}), more, "artist", "split")


# of 8 songs, one seed in fifty leaves a single song outside the test part, and the split is refused
@given_by(st.integers(9, 25), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_shares_of_few_songs_draw_at_least_one(number, seed):
    found = split_songs(songs_table(number), validation=0.1, test=0.2, seed=seed)["part"]
    assert set(found) == {TRAIN, VALIDATION, TEST}
