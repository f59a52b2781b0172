"""Each tier of the matching, and each trap, by hand."""

import polars as pl
import pytest
from matching_tables import match_one, songs_of, tracks_of

from coldwave.matching.matching import MATCHES, match_tracks

ONE, TWO, THREE = (f"{n}{n}{n}{n}{n}{n}{n}{n}-0000-4000-8000-000000000000" for n in "abc")
ISRC = "GBAYE8100053"
NOTHING = (None, "no such title")


# Identifiers


def test_a_recording_id_goes_before_names():
    songs = [{"artist": "A", "title": "Song"}, {"artist": "B", "title": "Other", "recording_mbid": ONE}]
    track = {"artist": "A", "title": "Song", "recording_mbid": ONE.upper()}
    assert match_one(track, *songs)[0] == ("s1", "recording mbid")


def test_the_id_of_a_release_track_counts_too():
    song = {"track_mbid": TWO, "recording_mbid": ONE}
    assert match_one({"recording_mbid": TWO}, song)[0] == ("s0", "recording mbid")
    assert match_one({"recording_mbid": ONE}, song)[0] == ("s0", "recording mbid")


def test_an_instrumental_is_not_the_song_where_the_id_tells():
    songs = [{"artist": "A", "title": "Song"}, {"artist": "A", "title": "Song (instrumental)", "recording_mbid": ONE}]
    assert match_one({"artist": "A", "title": "Song", "recording_mbid": ONE}, *songs)[0] == ("s1", "recording mbid")


@pytest.mark.parametrize("joint", [",", ", ", "; ", " / ", "\0"])
def test_several_ids_in_a_text(joint):
    song = {"recording_mbid": joint.join([TWO, ONE]), "isrc": joint.join(["USABC1234567", ISRC])}
    assert match_one({"recording_mbid": ONE}, song)[0] == ("s0", "recording mbid")
    assert match_one({"isrc": "gb-aye-81-00053"}, song)[0] == ("s0", "isrc")


def test_lists_of_ids():
    songs = songs_of({}).with_columns(recording_mbid=pl.Series([[TWO, ONE]]), isrc=pl.Series([[ISRC]]))
    assert match_tracks(tracks_of({"recording_mbid": ONE}), songs)["song_id"].to_list() == ["s0"]
    assert match_tracks(tracks_of({"isrc": ISRC}), songs)["song_id"].to_list() == ["s0"]


@pytest.mark.parametrize("text", ["", "none", "00000000-0000-0000-0000-000000000000", ONE[:-1]])
def test_what_is_no_id_matches_nothing(text):
    assert match_one({"recording_mbid": text, "isrc": text}, {"recording_mbid": text, "isrc": text})[0] == NOTHING


def test_merged_ids_are_followed_on_both_sides():
    redirects = pl.DataFrame({"from": [ONE, TWO, "x"], "to": [TWO, THREE, "y"]})
    for ours, theirs in [(ONE, THREE), (THREE, ONE), (ONE, TWO)]:
        track, song = {"recording_mbid": ours}, {"recording_mbid": theirs}
        assert match_one(track, song)[0] == NOTHING
        assert match_one(track, song, redirects=redirects)[0] == ("s0", "recording mbid")
    circle = pl.DataFrame({"from": [ONE, TWO], "to": [TWO, ONE]})
    assert match_one({"recording_mbid": ONE}, {"recording_mbid": ONE}, redirects=circle)[0][0] == "s0"


def test_a_mapped_id_counts_only_where_titles_agree():
    track = {"artist": "A", "title": "Song (feat. B)", "mapped_mbid": ONE}
    for title, how in [("Song", "mapped mbid"), ("Song (Remastered)", "mapped mbid")]:
        assert match_one(track, {"artist": "Another Name", "title": title, "recording_mbid": ONE})[0] == ("s0", how)
    for title in ["Song (instrumental)", "Wrong", "Song, Pt. 2", None]:
        assert match_one(track, {"artist": "Another Name", "title": title, "recording_mbid": ONE})[0][0] is None
    assert match_one(track | {"title": None}, {"title": "Song", "recording_mbid": ONE})[0][0] is None


def test_the_own_id_goes_before_the_mapped_one_and_that_before_the_isrc():
    songs = [{"title": "Song", "recording_mbid": ONE}, {"title": "Song", "recording_mbid": TWO}, {"isrc": ISRC}]
    track = {"title": "Song", "recording_mbid": TWO, "mapped_mbid": ONE, "isrc": ISRC}
    assert match_one(track, *songs)[0] == ("s1", "recording mbid")
    assert match_one(track | {"recording_mbid": None}, *songs)[0] == ("s0", "mapped mbid")
    assert match_one(track | {"recording_mbid": None, "mapped_mbid": None}, *songs)[0] == ("s2", "isrc")


def test_of_songs_with_one_isrc_that_of_the_title_is_taken():
    songs = [{"artist": "A", "title": "Wrong", "isrc": ISRC}, {"artist": "A", "title": "Song - Mono", "isrc": ISRC}]
    found, row = match_one({"artist": "A", "title": "Song", "isrc": ISRC}, *songs)
    assert (found, row["candidates"]) == (("s1", "isrc"), 1)


# Names


@pytest.mark.parametrize("name", ["Various Artists", "VA", "Unknown Artist", None, ""])
def test_nobody_never_matches_by_artist(name):
    assert match_one({"artist": name, "title": "Song"}, {"artist": name, "title": "Song"})[0] == (
        None,
        "no such artist",
    )


def test_deleted_punctuation():
    song = {"artist": "Earth, Wind & Fire", "title": 'Let\'s "Groove", Tonight'}
    track = {"artist": "Earth Wind & Fire", "title": "Let's Groove Tonight"}
    assert match_one(track, song)[0] == ("s0", "artist and title")


def test_names_of_nothing_but_punctuation():
    songs = [{"artist": "!!!", "title": "???"}, {"artist": "!!!", "title": "!?"}, {"artist": "+/-", "title": "???"}]
    assert match_one({"artist": "!!!", "title": "???"}, *songs)[0] == ("s0", "artist and title")
    assert match_one({"artist": "!!!", "title": "**"}, *songs)[0] == NOTHING


def test_equal_names_go_before_names_without_notes():
    songs = [{"artist": "A", "title": "Song"}, {"artist": "A", "title": "Song (Live)"}]
    assert match_one({"artist": "A", "title": "Song - Live"}, *songs)[0] == ("s1", "artist and title")
    assert match_one({"artist": "A", "title": "Song"}, *songs)[0] == ("s0", "artist and title")


def test_live_recordings_go_to_live_ones_first():
    songs = [{"artist": "A", "title": "Song"}, {"artist": "A", "title": "Song (Live)"}]
    found, row = match_one({"artist": "A", "title": "Song - Live at Wembley"}, *songs)
    assert (found, row["candidates"]) == (("s1", "second try"), 1)
    assert match_one({"artist": "A", "title": "Song - Remastered"}, *songs)[0] == ("s0", "second try")
    assert match_one({"artist": "A", "title": "Song - Live"}, songs[0])[0] == ("s0", "second try")


@pytest.mark.parametrize("note", ["(Instrumental)", "(Karaoke Version)", "- B Remix", "(Demo)", "(Acoustic)", "Pt. 2"])
def test_another_recording_is_not_the_song(note):
    whole, plain = {"artist": "A", "title": f"A Rather Long Song Title {note}"}, "A Rather Long Song Title"
    assert match_one(whole, {"artist": "A", "title": plain})[0][0] is None
    assert match_one({"artist": "A", "title": plain}, whole)[0][0] is None


@pytest.mark.parametrize("joined", ["A feat. B", "A & B", "A, B", "A ft. B", "A; B", "A • B", "A x B"])
def test_the_artist_of_the_album_alone(joined):
    assert match_one({"artist": "A", "title": "Song"}, {"artist": joined, "title": "Song"})[0] == ("s0", "second try")
    assert match_one({"artist": joined, "title": "Song"}, {"artist": "A", "title": "Song"})[0] == ("s0", "second try")


def test_equal_artists_go_before_the_first_of_several():
    songs = [{"artist": "A & B", "title": "Song (Remastered)"}, {"artist": "A", "title": "Song (Remastered)"}]
    found, row = match_one({"artist": "A", "title": "Song"}, *songs)
    assert (found, row["candidates"]) == (("s1", "second try"), 1)


@pytest.mark.parametrize("name", ["Beatles, The", "The Beatles", "Beatles"])
def test_articles(name):
    assert match_one({"artist": name, "title": "Help!"}, {"artist": "The Beatles", "title": "Help!"})[0][0] == "s0"


@pytest.mark.parametrize(
    ("artist", "title"), [("椎名林檎", "丸の内サディスティック"), ("Кино", "Группа крови"), ("עידן רייכל", "ממעמקים")]
)
def test_other_scripts(artist, title):
    songs = [{"artist": artist, "title": title}, {"artist": artist, "title": title[:-2]}]
    assert match_one({"artist": artist.upper(), "title": title.upper()}, *songs)[0] == ("s0", "artist and title")
    assert match_one({"artist": artist, "title": f"{title} (Live)"}, *songs)[0] == ("s0", "second try")
    assert match_one({"artist": artist, "title": "幻の光"}, *songs)[0] == NOTHING


# Several songs of one name


def test_the_album_then_the_duration_then_the_id():
    name = {"artist": "A", "title": "Song"}
    songs = [
        name | {"album": "First", "seconds": 200.0},
        name | {"album": "Second (Deluxe Edition)", "seconds": 300.0},
        name | {"album": "Second", "seconds": 250.0},
        name | {"album": "Third"},
    ]

    def chosen(**more):
        found, row = match_one(name | more, *songs)
        assert (found[1], row["candidates"]) == ("artist and title", 4)
        return found[0]

    assert chosen() == "s0"
    assert chosen(album="second", duration=200.0) == "s2"
    assert chosen(album="Second [Remastered]") == "s1"
    assert chosen(album="Third", duration=200.0) == "s3"
    assert chosen(duration=290.0) == "s1"
    assert chosen(album="Fourth", duration=240.0) == "s2"


def test_the_same_spelling_goes_before_the_id():
    songs = [{"artist": "A", "title": "Who?"}, {"artist": "A", "title": "Who"}]
    assert match_one({"artist": "A", "title": "Who"}, *songs)[0][0] == "s1"
    assert match_one({"artist": "A", "title": "WHO?"}, *songs)[0][0] == "s0"


def test_the_file_that_the_history_names_goes_before_the_album():
    name = {"artist": "A", "title": "Song"}
    songs = [name | {"album": "X", "audio": "m/A/X/1.mp3"}, name | {"album": "Y", "audio": "m/A/Y/1.mp3"}]
    assert match_one(name | {"album": "X", "path": "A/Y/1.mp3"}, *songs)[0] == ("s1", "artist and title")


# Nearly


def test_nearly_the_same_names():
    found, row = match_one(
        {"artist": "Queen", "title": "Bohemian Rapsody"}, {"artist": "Queen", "title": "Bohemian Rhapsody"}
    )
    assert found == ("s0", "fuzzy")
    # rapidfuzz's ratio: 2 * 16 letters in common, of 16 + 17
    assert row["likeness"] == pytest.approx(100 * 32 / 33, abs=1e-3)
    found, row = match_one(
        {"artist": "Led Zepelin", "title": "Kashmir"}, {"artist": "Led Zeppelin", "title": "Kashmir"}
    )
    assert (found, row["likeness"]) == (("s0", "fuzzy"), pytest.approx(100 * 22 / 23, abs=1e-3))


def test_the_likeness_is_a_setting():
    names = {"artist": "Queen", "title": "Bohemian Rapsody"}, {"artist": "Queen", "title": "Bohemian Rhapsody"}
    found, row = match_one(*names, likeness=98)
    assert (found, row["nearest"]) == ((None, "below likeness"), "s0")
    assert row["likeness"] == pytest.approx(100 * 32 / 33, abs=1e-3)


@pytest.mark.parametrize(
    ("seconds", "how"), [(200.0, "fuzzy"), (203.0, "fuzzy"), (203.5, "other duration"), (None, "fuzzy")]
)
def test_durations_must_agree_where_both_are_known(seconds, how):
    song = {"artist": "Queen", "title": "Bohemian Rhapsody", "seconds": 200.0}
    found, row = match_one({"artist": "Queen", "title": "Bohemian Rapsody", "duration": seconds}, song)
    assert found == (("s0" if how == "fuzzy" else None), how)
    assert row["nearest"] == (None if how == "fuzzy" else "s0")


@pytest.mark.parametrize("margin", [0.0, 3.0])
def test_two_near_names_are_ambiguous_unless_a_duration_tells(margin):
    titles = {"The Long Road Homes": 100.0, "The Long Road Homed": 200.0}
    songs = [{"artist": "A", "title": title, "seconds": seconds} for title, seconds in titles.items()]
    track = {"artist": "A", "title": "The Long Road Home"}
    found, row = match_one(track, *songs, margin=margin)
    assert (found, row["candidates"], row["nearest"]) == ((None, "ambiguous"), 2, "s0")
    assert match_one(track | {"duration": 201.0}, *songs, margin=margin)[0] == ("s1", "fuzzy")


def test_the_margin_is_a_setting():
    songs = [{"artist": "A", "title": title} for title in ("The Long Road Homes", "The Long Road Homely")]
    track = {"artist": "A", "title": "The Long Road Home"}
    # 36 of 37 letters in common twice, and 36 of 38: 97.3 and 94.7
    assert match_one(track, *songs, margin=2.0)[0] == ("s0", "fuzzy")
    assert match_one(track, *songs, margin=3.0)[0] == (None, "ambiguous")


def test_twice_the_same_near_song_is_not_ambiguous():
    song = {"artist": "Queen", "title": "Bohemian Rhapsody"}
    songs = [song | {"album": "X"}, song | {"album": "Y"}, song | {"artist": "Queen & Others"}]
    found, row = match_one({"artist": "Queen", "title": "Bohemian Rapsody", "album": "Y"}, *songs)
    assert (found, row["candidates"]) == (("s1", "fuzzy"), 3)


@pytest.mark.parametrize(
    ("title", "other"),
    [("Symphony Number 5", "Symphony Number 6"), ("The Long Story Part II", "The Long Story Part III"),
     ("Another Long Story Part One", "Another Long Story Part Two"), ("A Very Good Plan A", "A Very Good Plan B"),
     ("A Rather Long Song Demo", "A Rather Long Song")],
)  # fmt: skip
def test_numbers_and_versions_must_agree(title, other):
    found, row = match_one({"artist": "A", "title": title}, {"artist": "A", "title": other})
    assert found[0] is None
    assert found[1] in ("other version", "below likeness")


# Why not


def test_reasons():
    song = {"artist": "Queen", "title": "Bohemian Rhapsody"}
    assert match_one({"artist": "Somebody", "title": "Bohemian Rhapsody"}, song)[0] == (None, "no such artist")
    assert match_one({"artist": "Queen", "title": "Something"}, song)[0] == NOTHING
    assert match_one({"artist": "Queen"}, song)[0] == NOTHING
    found, row = match_one({"artist": "Queens", "title": "Bohemian Rhapsody"}, song, likeness=95)
    assert (found, row["nearest"]) == ((None, "no such artist"), "s0")


def test_an_empty_library_and_no_tracks():
    assert match_tracks(tracks_of({"artist": "A", "title": "B"}), songs_of())["how"].to_list() == ["no such artist"]
    table = match_tracks(tracks_of(), songs_of({"artist": "A", "title": "B"}))
    assert dict(table.schema) == MATCHES
    assert table.is_empty()


def test_ids_must_be_unique():
    with pytest.raises(ValueError, match="song_id"):
        match_tracks(tracks_of({}), songs_of({}, {"song_id": "s0"}))
    with pytest.raises(ValueError, match="track"):
        match_tracks(tracks_of({}, {"track": 0}), songs_of({}))


# Overrides


def override(*rows):
    return pl.DataFrame(rows, schema=["artist", "title", "album", "song_id"], orient="row")


def test_overrides_go_before_all():
    songs = [{"artist": "A", "title": "Song", "recording_mbid": ONE}, {"artist": "B", "title": "Other"}]
    track = {"artist": "a", "title": "SONG", "recording_mbid": ONE, "album": "X"}
    assert match_one(track, *songs, overrides=override(("A", "Song", None, "s1")))[0] == ("s1", "override")
    found, row = match_one(track, *songs, overrides=override(("A", "Song", None, "none")))
    assert (found, row["candidates"]) == ((None, "override: none"), 0)
    both = override(("A", "Song", None, "none"), ("A", "Song", "x", "s1"))
    assert match_one(track, *songs, overrides=both)[0] == ("s1", "override")
    assert match_one(track, *songs, overrides=override(("A", "Song", "Y", "s1")))[0] == ("s0", "recording mbid")
    assert match_one(track, *songs, overrides=override(("A", "Song!", None, "s1")))[0] == ("s0", "recording mbid")
