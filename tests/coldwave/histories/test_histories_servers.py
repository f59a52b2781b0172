"""What servers of music keep: Maloja, Koito, Navidrome, Jellyfin."""

import json
import os
import sqlite3

import pytest
from history_files import JELLYFIN_ROW, KOITO_LISTEN, MBID, SCROBBLE, aliases, navidrome

from coldwave.errors import InputError
from coldwave.histories import jellyfin
from coldwave.histories.reading import collect, read_history


def read(path, format=None, **options):
    return collect(read_history(path, format, options))


def test_maloja(tmp_path):
    track = SCROBBLE["track"]
    records = [
        SCROBBLE,
        SCROBBLE | {"time": 1760533000, "track": track | {"album": None, "length": None}, "duration": 0},
        SCROBBLE | {"time": 1760534000, "track": track | {"artists": []}},
        SCROBBLE
        | {"time": 1760535000, "track": track | {"artists": ["Guest", "Main • guest", "Third"]}, "duration": 100},
        SCROBBLE | {"time": 1760536000, "track": track | {"length": 20}, "duration": 19},
        SCROBBLE | {"time": 1760537000, "track": track | {"length": 20}, "duration": 10},
    ]
    (tmp_path / "x").write_text(json.dumps({"maloja": {"export_time": 1}, "scrobbles": records}))
    found = read(tmp_path / "x")
    assert found.table.select("line", "artist", "album", "duration", "played").rows() == [
        (1, "Alabaster Deplume", "To Cy & Lee", 220.0, None),
        (2, "Alabaster Deplume", None, None, None),
        (4, "Main, guest, Third", "To Cy & Lee", 220.0, 100.0),
        (5, "Alabaster Deplume", "To Cy & Lee", 20.0, 19.0),
    ]
    assert found.table["time"][0] == 1760532613 and found.table["title"][0] == "Not Now, Jesus"
    assert found.rejected.select("line", "reason").rows() == [(3, "no artist")]
    assert found.dropped == {"played under 30 s": 1}, "the short song that was not played whole"


def test_koito(tmp_path):
    named = {"mbid": MBID.upper(), "duration": 0, "aliases": aliases("Masayuki Suzuki", "鈴木雅之")}
    nameless = KOITO_LISTEN["track"] | {"aliases": [{"alias": "x", "source": "", "is_primary": False}]}
    listens = [KOITO_LISTEN, KOITO_LISTEN | {"track": named, "album": None}, KOITO_LISTEN | {"track": nameless}]
    (tmp_path / "x").write_text(json.dumps({"version": "1", "user": "koito", "listens": listens}))
    found = read(tmp_path / "x")
    one, other = found.table.to_dicts()
    assert (one["artist"], one["title"]) == ("American Football, Elizabeth Powell", "Every Wave to Ever Rise")
    assert (one["album"], one["duration"], one["user_id"]) == ("American Football (LP3)", 354.0, "koito")
    assert one["time"] == 1641681128
    assert (other["title"], other["duration"], other["recording_mbid"], other["album"]) == (
        "鈴木雅之",
        None,
        MBID,
        None,
    )
    assert found.rejected.select("line", "reason").rows() == [(3, "no title")]


def test_navidrome_s_scrobbles_and_the_plays_before_them(tmp_path):
    navidrome(tmp_path / "x").close()
    found = read(tmp_path / "x").table
    assert found.select("user_id", "title", "time", "count").rows() == [
        ("anna", "Roads", 1761991200.0, 1),
        ("anna", "Roads", 1762077600.0, 1),
        ("ben", "Hyperballad", 1762078000.0, 1),
        ("ben", "Hyperballad", 1762080000.0, 1),
        ("anna", "Roads", None, 3),
    ]
    assert found["count"].sum() == 7, "the sum of the play counts of songs"
    hyperballad = found.row(2, named=True)
    assert (hyperballad["path"], hyperballad["recording_mbid"]) == ("Björk/Post/02 - Hyperballad.mp3", MBID)
    assert (hyperballad["artist"], hyperballad["album"], hyperballad["duration"]) == ("Björk", "Post", 321.0)
    late = read(tmp_path / "x", since="2025-11-02")
    assert late.table.height == 3 and late.dropped == {
        "before since": 1,
        "of unknown time, with since or until set": 3,
    }


@pytest.mark.parametrize("scrobbles", [True, False])
@pytest.mark.parametrize("count", ["'many'", "x'ff00'", "2.5", "1e300"])
def test_navidrome_s_counts_may_be_anything_in_sqlite(tmp_path, scrobbles, count):
    database = navidrome(tmp_path / "x", scrobbles=scrobbles)
    database.execute("INSERT INTO media_file(id, artist, title) VALUES ('s3', x'ff00', 'Odd')")
    database.execute(
        "INSERT INTO annotation(user_id, item_id, item_type, play_count) VALUES ('u1','s3','media_file',2)"
    )
    database.execute(f"UPDATE annotation SET play_count = {count} WHERE item_id = 's1'")
    database.commit()
    database.close()
    found = read(tmp_path / "x", "navidrome")
    assert "Hyperballad" in found.table["title"]
    assert set(found.rejected["reason"]) == {"count is not a whole number above 0", "no artist"}


def test_an_older_navidrome_has_counts_only(tmp_path):
    database = navidrome(tmp_path / "x", scrobbles=False)
    database.execute("ALTER TABLE media_file RENAME COLUMN mbz_recording_id TO mbz_track_id")
    database.close()
    found = read(tmp_path / "x").table
    assert found.select("user_id", "title", "time", "count", "recording_mbid").rows() == [
        ("anna", "Roads", None, 5, None),
        ("ben", "Hyperballad", None, 2, MBID),
    ]


def test_a_database_that_a_server_writes_is_read_and_not_changed(tmp_path):
    """In WAL mode what was written last lies beside the file, and must be read too."""
    server = navidrome(tmp_path / "x", wal=True)
    server.execute("INSERT INTO scrobbles(media_file_id, user_id, submission_time) VALUES ('s2', 'u1', 1762090000)")
    server.commit()
    assert (tmp_path / "x-wal").stat().st_size
    before = (tmp_path / "x").read_bytes()
    server.execute("BEGIN IMMEDIATE")
    server.execute("INSERT INTO scrobbles(media_file_id, user_id, submission_time) VALUES ('s1', 'u1', 1762099000)")
    found = read(tmp_path).table  # the folder: what SQLite keeps beside the file is no history
    assert found["time"].max() == 1762090000, "committed, while another change is not"
    assert (tmp_path / "x").read_bytes() == before
    server.rollback()
    server.close()


def test_a_copy_beside_which_nothing_may_be_written(tmp_path):
    """SQLite cannot make the files that WAL mode takes: the database is taken as it lies."""
    navidrome(tmp_path / "x", wal=True).close()
    (tmp_path / "x-wal").mkdir()
    assert read(tmp_path / "x").table.height == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_what_a_server_wrote_last_is_not_left_unread(tmp_path):
    """A copy whose last changes lie beside it cannot be read where nothing may be written."""
    server = navidrome(tmp_path / "server", wal=True)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("server", "server-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    server.close()
    copy.chmod(0o500)
    try:
        with pytest.raises(InputError, match="server: the database cannot be read"):
            read(copy / "server", "navidrome")
    finally:
        copy.chmod(0o700)


def test_songs_that_are_gone_and_text_that_is_none(tmp_path):
    database = navidrome(tmp_path / "x")
    database.execute("UPDATE scrobbles SET media_file_id = 'gone' WHERE id = 1")
    database.execute("UPDATE media_file SET title = CAST(X'52f66164' AS TEXT) WHERE id = 's1'")
    database.commit()
    database.close()
    found = read(tmp_path / "x")
    assert found.rejected.select("line", "reason").rows() == [
        (1, "no artist"),
        (2, "not valid UTF-8"),
        (5, "not valid UTF-8"),
    ]


def test_other_and_damaged_databases(tmp_path):
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE t(a)").connection.close()
    navidrome(tmp_path / "x").close()
    data = (tmp_path / "x").read_bytes()
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    for name, why in (("other", "no tables annotation, media_file"), ("cut", "cannot be read")):
        with pytest.raises(InputError, match=f"{name}: .*{why}"):
            read(tmp_path / name, "navidrome")
    (tmp_path / "text").write_text("x")
    with pytest.raises(InputError, match="text: not an SQLite database"):
        read(tmp_path / "text", "navidrome")


@pytest.mark.parametrize(
    ("item", "names"),
    [
        ("Portishead - Roads (Dummy)", ("Portishead", "Roads", "Dummy")),
        ("A - B - C (feat. D) (E (Deluxe) F)", ("A", "B - C (feat. D)", "E (Deluxe) F")),
        ("Not Known - Roads (Not Known)", ("", "Roads", "")),
        ("A - B (:(C)", ("A", "B (:", "C")),
        ("A - B :) (C", ("A", "B :) (C", "")),
        ("A - (C)", ("A", "", "C")),
        ("Roads", ("Roads", "", "")),
    ],
)
def test_names_of_jellyfin(item, names):
    assert jellyfin.names_of(item) == names


def test_jellyfin(tmp_path):
    def row(**changes):
        names = ("date", "user", "item", "type", "name", "method", "client", "device", "seconds")
        return "\t".join((dict(zip(names, JELLYFIN_ROW, strict=True)) | changes).values())

    lines = [
        row(),
        row(date="2024-07-20 19:06:12Z"),
        row(type="Movie", name="Alien"),
        row(name="Not Known - Roads (Dummy)"),
        row(seconds="12"),
        row() + "\textra",
        row(date="yesterday"),
    ]
    (tmp_path / "x").write_text("\r\n".join(lines))
    found = read(tmp_path / "x")
    assert found.table.select("line", "artist", "title", "album", "played").rows() == [
        (1, "Portishead", "Roads", "Dummy", 303.0),
        (2, "Portishead", "Roads", "Dummy", 303.0),
    ]
    assert found.table["user_id"][0] == JELLYFIN_ROW[1]
    assert found.dropped == {"not music": 1, "played under 30 s": 1}
    assert found.rejected.select("line", "reason").rows() == [
        (4, "no artist"),
        (6, "wrong number of fields"),
        (7, "time is neither a date and time nor Unix seconds"),
    ]
    winter, summer = found.table["time"]
    assert (winter, summer) == (pytest.approx(1705777572.123456), 1721502372)
    local = read(tmp_path / "x", timezone="Europe/Berlin").table["time"]
    assert local[0] == pytest.approx(winter - 3600), "the server's own time, an hour ahead of UTC in winter"
    assert local[1] == summer, "newer versions say UTC"
