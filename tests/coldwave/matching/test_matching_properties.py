"""What holds of every matching."""

from hypothesis import given, settings
from hypothesis import strategies as st
from matching_tables import songs_of, tracks_of

from coldwave.matching.matching import TIERS, UNMATCHED, match_tracks

IDS = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(1, 5)]
ARTISTS = st.sampled_from(["Queen", "queen", "Quéen & Others", "Que en", "Queens", "Various Artists", "!!!", "", None])
TITLES = st.sampled_from(
    ["The Long Road Home", "The Long Road Homes", "the long road home (Live)", "The Long Road Home (Instrumental)",
     "The Lnog Road Home", "???", "Song 1", "Song 2", "Song - 2011 Remaster", "Song", "", None]
)  # fmt: skip
SHARED = {
    "artist": ARTISTS,
    "title": TITLES,
    "album": st.sampled_from(["X", "X (Deluxe Edition)", "Y", None]),
    "recording_mbid": st.sampled_from([*IDS, None, None, None, None]),
    "isrc": st.sampled_from(["GBAYE8100053", None, None, None]),
}
SECONDS = st.sampled_from([200.0, 202.0, 250.0, None])
PATHS = st.sampled_from(["m/Queen/X/01 - Song 1.mp3", "m/Queen/Y/02 - The Long Road Home.mp3", None, None])
TRACK = st.fixed_dictionaries(
    SHARED | {"mapped_mbid": SHARED["recording_mbid"], "duration": SECONDS, "path": PATHS, "plays": st.integers(1, 9)}
)
SONG = st.fixed_dictionaries(SHARED | {"track_mbid": SHARED["recording_mbid"], "seconds": SECONDS, "audio": PATHS})
FEW = settings(deadline=None, max_examples=25)


@FEW
@given(st.lists(TRACK, max_size=5), st.lists(SONG, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_tracks_and_songs_does_not_matter(tracks, songs, rng):
    tracks, songs = tracks_of(*tracks), songs_of(*songs)
    table = match_tracks(tracks, songs)
    assert table["track"].equals(tracks["track"])
    places = [list(range(frame.height)) for frame in (tracks, songs)]
    for place in places:
        rng.shuffle(place)
    assert match_tracks(tracks[places[0]], songs[places[1]]).equals(table)
    # and a track is matched alone as it is among others
    for row in range(min(1, tracks.height)):
        assert match_tracks(tracks[row : row + 1], songs).equals(table[row : row + 1])
    matched = table["song_id"].is_not_null()
    assert set(table["song_id"].drop_nulls()) | set(table["nearest"].drop_nulls()) <= set(songs["song_id"])
    assert set(table["how"].filter(matched)) <= set(TIERS)
    assert set(table["how"].filter(~matched)) <= set(UNMATCHED)
    assert (table["candidates"].filter(matched) > 0).all()
    assert table["nearest"].filter(matched).is_null().all()


@FEW
@given(TRACK, st.lists(SONG, min_size=1, max_size=5), st.data())
def test_an_exact_recording_id_always_wins(track, songs, data):
    chosen = data.draw(st.integers(0, len(songs) - 1))
    songs = [song | {"recording_mbid": IDS[0] if place == chosen else IDS[1]} for place, song in enumerate(songs)]
    songs = [song | {"track_mbid": None} for song in songs]
    row = match_tracks(tracks_of(track | {"recording_mbid": IDS[0]}), songs_of(*songs)).row(0, named=True)
    assert (row["song_id"], row["how"]) == (f"s{chosen}", "recording mbid")


WORDS = st.text("abcя木 ,.!", min_size=1, max_size=8).filter(str.strip)


def bare(names):
    return tuple("".join(filter(str.isalnum, text)) or " ".join(text.split()) for text in names)


@FEW
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=8, unique_by=bare))
def test_a_library_matches_itself(names):
    rows = [{"artist": artist, "title": title, "album": album} for artist, title, album in names]
    songs = songs_of(*rows)
    table = match_tracks(tracks_of(*rows), songs)
    assert table["song_id"].equals(songs["song_id"])
    assert set(table["how"]) <= {"artist and title"}
