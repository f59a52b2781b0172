"""Spotify's exports, and what is no play in them."""

import json

import pytest
from history_files import EPISODE, SHORT_PODCAST, SHORT_STREAM, STREAM, unzipped, zipped

from coldwave.histories.reading import collect, read_history


def read(path, *records, **options):
    path.write_text(json.dumps(records), encoding="utf-8")
    return collect(read_history(path, "spotify", options))


def test_a_stream_becomes_a_listen(tmp_path):
    """The file has the time at which the song ended: 174.424 s before 18:31:37 it began, as offline_timestamp says."""
    (row,) = read(tmp_path / "x", STREAM).table.to_dicts()
    assert row["time"] == pytest.approx(1679250697 - 174.424)
    assert round(row["time"]) == STREAM["offline_timestamp"]
    assert (row["artist"], row["title"]) == ("All Time Low", "Monsters (feat. blackbear)")
    assert (row["album"], row["played"], row["user_id"], row["line"]) == ("Wake Up, Sunshine", 174.424, None, 1)


@pytest.mark.parametrize("timestamp", [1679250523, 1679250523000, 0, None])
@pytest.mark.parametrize("skipped", [None, True, False])
def test_offline_timestamps_and_null_skips_change_nothing(timestamp, skipped, tmp_path):
    (row,) = read(tmp_path / "x", STREAM | {"offline_timestamp": timestamp, "skipped": skipped}).table.to_dicts()
    assert row["time"] == pytest.approx(1679250522.576)


def test_the_short_export(tmp_path):
    found = read(tmp_path / "x", SHORT_STREAM, SHORT_PODCAST)
    (row,) = found.table.to_dicts()
    assert (row["artist"], row["title"], row["played"]) == ("Boards of Canada", "Roygbiv", 151.0)
    assert row["time"] == 1744465620 - 151  # 2025-04-12 13:47 UTC
    assert found.dropped == {"not music": 1}


def test_podcasts_audiobooks_and_videos_are_not_music(tmp_path):
    book = EPISODE | {
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "audiobook_title": "B",
    }
    files = {
        "Streaming_History_Audio_2023.json": json.dumps([STREAM, EPISODE, book]),
        "Streaming_History_Video_2023.json": json.dumps([STREAM | {"ts": "2023-04-19T18:31:37Z"}]),
    }
    for path in (unzipped(tmp_path / "folder", files), zipped(tmp_path / "zip", files)):
        found = collect(read_history(path))
        assert found.table.height == 1
        assert found.dropped == {"not music": 3}


def test_a_song_that_is_gone_has_no_name_and_is_set_aside(tmp_path):
    gone = EPISODE | {"episode_name": None, "episode_show_name": None, "spotify_episode_uri": None}
    found = read(tmp_path / "x", STREAM, gone)
    assert found.rejected.select("line", "reason").rows() == [(2, "no artist")]
    assert '"ts": "2023-03-19T18:31:37Z"' in found.rejected["text"][0]


def test_incognito(tmp_path):
    hidden = STREAM | {"incognito_mode": True, "ts": "2023-03-20T18:31:37Z"}
    assert read(tmp_path / "x", STREAM, hidden).dropped == {"incognito": 1}
    assert read(tmp_path / "x", STREAM, hidden, incognito=True).table.height == 2


def test_short_plays_count_where_the_song_ended(tmp_path):
    records = [
        STREAM | {"ts": f"2023-03-{day}T18:31:37Z", "ms_played": played, "reason_end": reason}
        for day, played, reason in [
            (10, 29999, "fwdbtn"),
            (11, 30000, "fwdbtn"),
            (12, 12000, "trackdone"),
            (13, 0, "trackdone"),
            (14, None, "unknown"),
        ]
    ]
    found = read(tmp_path / "x", *records)
    assert found.table["line"].to_list() == [2, 3, 5]
    assert found.dropped == {"played under 30 s": 2}
    assert read(tmp_path / "x", *records, min_seconds=0).table.height == 5
    assert read(tmp_path / "x", *records, min_seconds=30.5).dropped == {"played under 30.5 s": 3}


def test_the_user_of_older_exports(tmp_path):
    assert read(tmp_path / "x", STREAM | {"username": "rob"}).table["user_id"].to_list() == ["rob"]


def test_half_a_character_spoils_only_its_record(tmp_path):
    found = read(tmp_path / "x", STREAM, STREAM | {"master_metadata_track_name": "cut \ud83d"})
    assert found.table.height == 1
    assert found.rejected.select("line", "reason").rows() == [(2, "not valid UTF-8")]
    assert "cut \ufffd" in found.rejected["text"][0]
