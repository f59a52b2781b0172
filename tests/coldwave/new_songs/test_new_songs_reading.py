import pytest

from coldwave.errors import InputError
from coldwave.new_songs.reading import NEW_SONGS, read_new_songs


def test_songs_are_numbered_in_the_order_of_their_ids(tmp_path):
    (tmp_path / "new.csv").write_text("song_id,artist,audio\nb,B,b.ogg\na,,\nc,C,../elsewhere.ogg\nb,,again.ogg\n")
    songs, rejected = read_new_songs(tmp_path / "new.csv", {})
    assert dict(songs.schema) == NEW_SONGS
    assert songs.select("song", "song_id", "artist").rows() == [(0, "a", None), (1, "b", "B"), (2, "c", "C")]
    assert songs["audio"].to_list() == [None, str(tmp_path / "b.ogg"), None]
    assert rejected["line"].to_list() == [4, 5]
    outside, again = rejected["reason"]
    assert outside.startswith("audio lies outside new_songs.audio_root") and "plays." not in outside
    assert again == "song id occurs before"


def test_messages_name_the_keys_of_this_section(tmp_path):
    (tmp_path / "new.csv").write_text("song_id\n")
    with pytest.raises(InputError, match=r"no song in the songs table \(new_songs\.path\)"):
        read_new_songs(tmp_path / "new.csv", {})
    with pytest.raises(InputError, match=r"\(new_songs\.audio_root\)"):
        read_new_songs(tmp_path / "new.csv", {"audio_root": str(tmp_path / "nowhere")})
    with pytest.raises(InputError, match=r"new_songs\.columns"):
        read_new_songs(tmp_path / "new.csv", {"columns": {"song_id": "track"}})
