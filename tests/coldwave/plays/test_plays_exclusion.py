"""Songs that a file names are left out."""

import pytest

from coldwave.errors import InputError
from coldwave.plays.exclusion import read_excluded
from coldwave.plays.ingestion import ingest

OPTIONS = {"format": "taste_profile"}
MISMATCHES = (
    "ERROR: <SOAAA TRXXX> One Artist  -  A Song  !=  Another  -  A Song\n"
    "ERROR: <SOBBB TRYYY> Ünï  -  <x>  !=  Other  -  y\n\n"
    "ERROR: <SOAAA TRZZZ> One Artist  -  A Song  !=  Third  -  Z\n"
)


def test_both_formats_are_read(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(MISMATCHES, encoding="utf-8")
    assert read_excluded(path).to_list() == ["SOAAA", "SOBBB"]
    path.write_text("# a comment\n a b \nERROR: x\n")
    assert read_excluded(path).to_list() == ["a b", "ERROR: x"]


def test_nothing_to_exclude_is_a_mistake(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("\n# none\n")
    with pytest.raises(InputError, match=r"list\.txt: no song id"):
        read_excluded(path)


def test_named_songs_are_left_out_before_the_most_played_are_picked(tmp_path, caplog):
    caplog.set_level("INFO")
    plays, listed = tmp_path / "plays.txt", tmp_path / "list.txt"
    plays.write_text("u\tSOAAA\t9\nu\tSOBBB\t5\nv\tSOCCC\t3\nv\tSODDD\t1\n")
    listed.write_text(MISMATCHES)
    tables = ingest(plays, None, OPTIONS | {"top_songs": 1}, excluded=listed)
    assert tables.songs["song_id"].to_list() == ["SOCCC"]
    assert "plays.songs.exclude: left out 2 songs named in" in caplog.text
    listed.write_text("SOAAA\nSOBBB\nSOCCC\nSODDD\n")
    with pytest.raises(InputError, match=r"list\.txt: every song of the plays is named"):
        ingest(plays, None, OPTIONS, excluded=listed)
