"""Names read from paths, and files that paths name."""

import polars as pl
import pytest
from matching_tables import match_one

from coldwave.matching.guesses import without_guesses
from coldwave.matching.paths import read_layout, read_names, same_files


@pytest.mark.parametrize(
    ("path", "artist", "title"),
    [
        ("Music/Radiohead/OK Computer/01 - Airbag.flac", "Radiohead", "Airbag"),
        ("Music/Radiohead/1997 - OK Computer/01. Airbag.flac", "Radiohead", "Airbag"),
        ("Radiohead/OK Computer/CD1/1-01 Airbag.mp3", "Radiohead", "Airbag"),
        ("Radiohead/OK Computer/Disc 2/03_Airbag.mp3", "Radiohead", "Airbag"),
        ("Radiohead - OK Computer/A1 - Airbag.mp3", "Radiohead", "Airbag"),
        ("Radiohead/01 Airbag.mp3", "Radiohead", "Airbag"),
        ("Radiohead - Airbag.mp3", "Radiohead", "Airbag"),
        ("Radiohead - OK Computer - 01 - Airbag.mp3", "Radiohead", "Airbag"),
        ("Various Artists/Hits/07 - Radiohead - Airbag.ogg", "Radiohead", "Airbag"),
        ("C:\\Music\\Radiohead\\OK Computer\\01 - Airbag.wma", "Radiohead", "Airbag"),
        ("Music/Jay-Z/The Black Album/99 Problems.mp3", "Jay-Z", "99 Problems"),
        ("Music/Jay-Z/The Black Album/10 99 Problems.mp3", "Jay-Z", "99 Problems"),
        ("Music/AC_DC/Back in Black/06 - Back in Black.mp3", "AC/DC", "Back in Black"),
        ("坂本龍一/音楽図鑑/01 - 音楽.flac", "坂本龍一", "音楽"),
    ],
)
def test_a_library_without_tags(path, artist, title):
    assert match_one({"artist": artist, "title": title}, {"audio": path})[0] == ("s0", "path")
    decoy = {"artist": artist, "title": f"{title} (Instrumental)"}
    assert match_one({"artist": artist, "title": title}, {"audio": path}, decoy)[0] == ("s0", "path")
    assert match_one({"artist": artist, "title": "Something else"}, {"audio": path})[0][0] is None


def test_the_surer_reading_of_a_number_goes_first():
    songs = [{"audio": "m/Jay-Z/B/99 Problems.mp3"}, {"audio": "m/Jay-Z/A/Problems.mp3"}]
    for order in (songs, songs[::-1]):
        found, row = match_one({"artist": "Jay-Z", "title": "Problems"}, *order)
        assert found[0] == f"s{order.index(songs[1])}"
        assert row["candidates"] == 1


def test_a_path_stands_in_for_what_tags_lack_only():
    song = {"audio": "m/A/B/01 - Song.mp3"}
    assert match_one({"artist": "A", "title": "Song"}, song | {"artist": "A", "title": "Other"})[0][0] is None
    assert match_one({"artist": "A", "title": "Song"}, song | {"artist": "A"})[0] == ("s0", "path")
    assert match_one({"artist": "C", "title": "Song"}, song | {"artist": "C"})[0] == ("s0", "path")
    assert match_one({"artist": "A", "title": "Song"}, song | {"artist": "C"})[0][0] is None
    compilation = {"artist": "Various Artists", "title": "A - Song", "audio": "m/A/01 - Song.mp3"}
    assert match_one({"artist": "A", "title": "A - Song"}, compilation)[0] == ("s0", "path")


def test_second_tries_and_near_names_from_paths():
    song = {"audio": "m/Queen/Opera/11 - Bohemian Rhapsody.mp3"}
    assert match_one({"artist": "Queen", "title": "Bohemian Rhapsody - Remastered 2011"}, song)[0] == ("s0", "path")
    assert match_one({"artist": "Queen", "title": "Bohemian Rapsody"}, song)[0] == ("s0", "path")
    assert match_one({"artist": "Queen", "title": "Something"}, song)[0] == (None, "no such title")


def test_tracks_that_are_known_by_their_path_only():
    song = {"artist": "A", "title": "Song", "audio": "other/place.mp3"}
    assert match_one({"path": "A/B/01 - Song.mp3"}, song)[0] == ("s0", "path")
    assert match_one({"path": "A/B/01 - Song.mp3"}, {"audio": "m/a/b/01 - song.FLAC".replace("FLAC", "mp3")})[0] == (
        "s0",
        "path",
    )


def test_paths_without_names():
    assert read_names(pl.Series([None, "", "Song.mp3", "/"], dtype=pl.String)).is_empty()


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("A/B/1.mp3", "Music/A/B/1.mp3", True),
        ("/data/music/A/B/1.mp3", "Music/A/B/1.mp3", True),
        ("A\\B\\1.mp3", "./Music/a/b/1.MP3", True),
        ("e\u0301/B/1.mp3", "Music/é/B/1.mp3", True),
        ("B/1.mp3", "Music/A/B/1.mp3", True),
        ("C/B/1.mp3", "Music/A/B/1.mp3", False),
        ("1.mp3", "Music/A/B/1.mp3", False),
        ("1.mp3", "Music/1.mp3", True),
        (None, "Music/1.mp3", False),
    ],
)
def test_the_same_file(ours, theirs, same):
    songs = pl.Series([theirs, "Music/other/2.mp3"])
    assert same_files(pl.Series([ours], dtype=pl.String), songs).rows() == ([(0, 0)] if same else [])


def test_a_path_that_names_two_files_names_none():
    songs = pl.Series(["Music/A/Hits/1.mp3", "Music/B/Hits/1.mp3"])
    assert same_files(pl.Series(["Hits/1.mp3"]), songs).is_empty()
    assert same_files(pl.Series(["B/Hits/1.mp3"]), songs).rows() == [(0, 1)]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("m/Radiohead/OK Computer/01 - Airbag.flac", ("Radiohead", "Airbag", "OK Computer")),
        ("Radiohead/1997 - OK Computer/CD1/1-01 Airbag.mp3", ("Radiohead", "Airbag", "OK Computer")),
        ("Jay-Z/The Black Album/10 - 99 Problems.mp3", ("Jay-Z", "99 Problems", "The Black Album")),
        ("Jay-Z/The Black Album/99 Problems.mp3", None),  # whose number?
        ("Radiohead/01 - Airbag.flac", None),
        ("Radiohead - OK Computer/01 - Airbag.flac", None),
        ("", None),
    ],
)
def test_only_one_layout_is_taken_at_its_word(path, names):
    assert read_layout(path) == names


def test_a_guess_that_is_stored_does_not_beat_a_tag():
    """The track is the live recording, whose tags say so; a path claims its bare name."""
    track = {"artist": "A", "title": "Song", "plays": 1}
    guess = {"artist": "A", "title": "Song", "album": "B", "audio": "m/A/B/01 - Song.mp3"}
    tagged = {"artist": "A", "title": "Song (live)", "audio": "m/x.mp3", "date": "1999"}
    stored = pl.DataFrame([{"date": None, **guess}, {"album": None, **tagged}]).with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in ("recording_mbid", "track_mbid", "isrc")),
        tags=pl.lit([], pl.List(pl.String)),
    )
    names = without_guesses(stored).select("artist", "title", "album", "audio").to_dicts()
    assert match_one(track, *names)[0] == ("s1", "second try")
    assert match_one(track, names[0])[0] == ("s0", "path"), "where nothing else fits, its path does"
    assert match_one(track, guess, tagged | {"date": None})[0] == ("s0", "artist and title"), "as a tag it would win"
