"""The report's map: which songs are on it, where, and what is said of them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.report.song_map import WIDTH, by_name, by_plays, on_the_page, song_map, thinned
from tests.coldwave.report.made_up import data, page, places


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 320))
def test_songs_are_taken_evenly_and_those_that_are_heard_first(first, at_most):
    rows = thinned(np.array(first, bool), at_most)
    assert len(rows) == min(at_most, len(first))
    assert (np.diff(rows) > 0).all()
    heard = [row for row, own in enumerate(first) if own]
    assert len(set(heard) & set(rows.tolist())) == min(len(heard), at_most)
    others = [row for row, own in enumerate(first) if not own]
    taken = [others.index(row) for row in rows.tolist() if not first[row]]
    if len(taken) > 1:
        assert np.ptp(np.diff([*taken, len(others) + taken[0]])) <= 1  # steps differ by one at most


def test_distances_keep_their_proportions():
    x, y = np.random.default_rng(0).normal(size=(2, 50)) * [[3], [7]]
    across, down, height = on_the_page(x, y)
    assert min(across.min(), down.min()) >= 0 and across.max() <= WIDTH and down.max() == height
    known = np.hypot(*(each[:, None] - each for each in (x, y)))
    shown = np.hypot(*(each[:, None] - each for each in (across, down)))
    kept = known > 0
    assert np.ptp((shown / np.where(kept, known, 1))[known > 1]) < 0.05 * shown.max() / known.max()
    assert down[np.argmax(y)] == 0  # up is up


@pytest.mark.parametrize("songs", [1, 2])
def test_songs_at_one_place_have_a_map(songs):
    across, down, height = on_the_page(np.ones(songs), np.ones(songs))
    assert across.tolist() == [WIDTH / 2] * songs and down.tolist() == [0] * songs and height == 0


def test_groups_are_largest_first_and_the_rest_are_other():
    assert by_name(["b", None, "a", "b"]) == {"groups": ["b", "a", "other"], "other": True, "of": [0, 2, 1, 0]}
    assert by_name(["x"]) == {"groups": ["x"], "other": False, "of": [0]}
    assert by_name([None]) == {"groups": ["other"], "other": True, "of": [0]}


def test_classes_of_popularity_have_about_as_many_songs_each():
    plays = np.random.default_rng(0).integers(0, 5000, 400).astype(np.uint64)
    found = by_plays(plays)
    assert np.bincount(found["of"]).tolist() == pytest.approx([100] * 4, abs=3)
    for place, words in enumerate(found["groups"]):
        low, high = (int(number.replace(",", "")) for number in words.removesuffix(" plays").split(" to "))
        own = plays[np.array(found["of"]) == place]
        assert (own.min(), own.max()) == (low, high)
    assert by_plays(np.array([1, 1, 1], np.uint64)) == {"groups": ["1 play"], "other": False, "of": [0, 0, 0]}


def test_songs_have_their_names_tags_and_plays():
    table = pl.DataFrame({"song": [1, 3], "x": [0.0, 4], "y": [0.0, 1]}, schema_overrides={"song": pl.UInt32})
    catalogue = (
        data()
        .songs.head(4)
        .with_columns(
            song_id=pl.Series(["a", "b", "c", "d"]),
            title=pl.Series(["A", "  B\x1b ", "C", " "]),
            artist=pl.Series(["one", "two", None, None]),
            tags=pl.Series([[], ["z", "y"], [], None], dtype=pl.List(pl.String)),
            plays=pl.Series([5, 6, 7, 8]),
        )
    )
    found = song_map(places(1)._replace(table=table), catalogue)
    assert (found.shown, found.of) == (2, 2)
    assert {name: found.data[name] for name in ("song", "title", "artist", "tags", "tag", "plays", "x", "y")} == {
        "song": [1, 3], "title": ["B\\x1b", "d"], "artist": ["two", ""], "tags": [[1, 0], []], "tag": ["y", "z"],
        "plays": [6, 8], "x": [0, 1000], "y": [250, 0],
    }  # fmt: skip
    assert found.data["colours"]["artist"] == {"groups": ["two", "other"], "other": True, "of": [0, 1]}
    assert song_map(places(0), catalogue) is None


def test_a_song_of_few_that_is_heard_is_on_the_map():
    found = song_map(places(4, at_most=1), data().songs, heard=[2])
    assert found.data["song"] == [2] and (found.shown, found.of) == (1, 4)
    assert "1 of them are on this one, taken evenly" in page(places=places(4, at_most=1))
    heard = page(places=places(4, at_most=1), excerpts={2: b"mp3"})
    assert "on this one: those that can be played here, and others, taken evenly" in heard
    assert "taken evenly" not in page(places=places(3))


def test_a_run_without_a_map_has_no_section_for_it():
    html = page(places=places(0))
    assert 'id="map"' not in html and "#map" not in html.partition("<script>")[0].partition("</style>")[2]


def test_the_page_of_400_000_songs_is_small():
    songs = 400_000
    rng = np.random.default_rng(0)
    catalogue = pl.DataFrame({"song": np.arange(songs, dtype=np.uint32)}).with_columns(
        song_id=pl.format("SO{}", "song"),
        title=pl.lit("長い題名 " * 40),
        artist=pl.lit("Ñandú " * 40),
        tags=pl.concat_list([pl.format("a tag of some length {}", pl.col("song") * place) for place in range(1, 6)]),
        plays=pl.col("song").cast(pl.UInt64),
    )
    table = pl.DataFrame({"song": catalogue["song"], "x": rng.normal(size=songs), "y": rng.normal(size=songs)})
    split = pl.DataFrame({"song": catalogue["song"], "part": ["test"] * songs})
    audio = pl.DataFrame({"song": catalogue["song"], "status": ["missing"] * songs, "detail": ["long " * 100] * songs})
    html = page(
        data=data()._replace(songs=catalogue, split=split, audio=audio),
        places=places(1)._replace(table=table, at_most=3000),
        excerpts={song: bytes(20_000) for song in range(100)},  # 2 MB
    )
    assert 2.5e6 < len(html.encode()) < 5e6
