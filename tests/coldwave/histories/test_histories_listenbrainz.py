"""ListenBrainz: exports of every age, the dump of all users, and what breaks them."""

import json
import os
import random
from pathlib import Path

import pytest
from history_files import (
    DREAMIN,
    GOLDEN,
    MBID,
    OTHER_MBID,
    dumped,
    json_lines,
    listenbrainz_dump,
    listenbrainz_export,
    unzipped,
    zipped,
)

from coldwave.errors import InputError
from coldwave.histories import listens, repeats
from coldwave.histories.reading import collect, read_history


def read(path, **options):
    return collect(read_history(path, "listenbrainz", options))


def with_info(record, **info):
    return record | {"track_metadata": record["track_metadata"] | {"additional_info": info}}


def test_a_line_becomes_a_listen(tmp_path):
    (tmp_path / "x").write_text(json_lines(GOLDEN, DREAMIN))
    found = read(tmp_path / "x")
    golden, dreamin = found.table.to_dicts()
    assert golden == {
        "source": str(tmp_path / "x"),
        "line": 1,
        "user_id": None,
        "time": 1748964167.0,
        "artist": "The Stranglers",
        "title": "Golden Brown",
        "album": "La Folie",
        "recording_mbid": None,
        "mapped_mbid": MBID,
        "isrc": "GBAYE8100053",
        "duration": 206.76,
        "played": None,
        "count": 1,
        "path": None,
    }
    assert dreamin["mapped_mbid"] is None, "mbid_mapping is null"
    assert (dreamin["recording_mbid"], dreamin["isrc"], dreamin["album"]) == (OTHER_MBID, "USMC16532697", None)
    assert found.table.schema == listens.LISTENS
    assert not found.dropped and not found.rejected.height


@pytest.mark.parametrize("pack", [zipped, unzipped])
def test_an_export_names_its_user_and_its_other_files_are_no_listens(pack, tmp_path):
    found = read(pack(tmp_path / "export", listenbrainz_export())).table
    assert found.select("user_id", "title", "line").rows() == [
        ("rob", "Golden Brown", 1),
        ("rob", "California Dreamin'", 1),
    ]
    assert [Path(source).name for source in found["source"]] == ["5.jsonl", "6.jsonl"]


def test_the_old_export_is_one_array(tmp_path):
    (tmp_path / "x").write_text(json.dumps([GOLDEN, 3, DREAMIN]))
    found = read(tmp_path / "x")
    assert found.table.select("line", "title").rows() == [(1, "Golden Brown"), (3, "California Dreamin'")]
    assert found.rejected.select("line", "reason", "text").rows() == [(2, "not a JSON object", "3")]


def test_the_dump_has_other_keys(tmp_path):
    found = read(listenbrainz_dump(tmp_path / "x")).table
    assert found.select("user_id", "title", "time").rows() == [
        ("rob", "Golden Brown", 1748964167.0),
        ("lucifer", "Golden Brown", 1748964167.0),
        ("rob", "California Dreamin'", 1748967954.0),
    ]
    assert found["source"][0].endswith("x: listenbrainz-dump-2000-20250701-full/listens/2025/5.listens")


@pytest.mark.parametrize("most_rows", [10, 10**6])
def test_the_memory_of_a_dump_does_not_grow_with_it(most_rows, tmp_path, monkeypatch):
    """Its listens go through disk in parts; all are there in the end, each once."""
    monkeypatch.setattr(repeats, "MOST_ROWS", most_rows)
    monkeypatch.setattr(listens, "BATCH_ROWS", 7)
    records = [
        dumped(with_info(GOLDEN | {"listened_at": 1_500_000_000 + 400 * n}), n % 5, f"user {n % 5}") for n in range(300)
    ]
    path = listenbrainz_dump(tmp_path / "x", {"listens/2017/7.listens": json_lines(*records, *records[:9])})
    batches = list(read_history(path))
    found = collect(batches)
    assert sorted(found.table["time"]) == [record["timestamp"] for record in records]
    assert found.dropped == {"repeated within 30 s": 9}
    if most_rows == 10:
        assert max(batch.table.height for batch in batches) < 100


def test_batches_come_before_the_end_is_read(tmp_path, monkeypatch):
    """Without a look for repeats nothing is kept: the damage at the end of a dump shows after its listens."""
    monkeypatch.setattr(listens, "BATCH_ROWS", 7)
    lines = json_lines(*[GOLDEN | {"listened_at": 1_500_000_000 + n * n} for n in range(30)])
    noise = random.Random(0).randbytes(4_000_000).hex()  # so that the listens lie well before the end
    data = listenbrainz_dump(tmp_path / "x", {"a.listens": lines, "b.bin": noise}).read_bytes()
    (tmp_path / "x").write_bytes(data[:-9])
    batches = read_history(tmp_path / "x", options={"repeats_within": 0})
    assert [next(batches).table.height for _ in range(4)] == [7, 7, 7, 7]
    with pytest.raises(InputError, match="cannot be read"):
        list(batches)


def test_a_dump_that_is_cut_off_is_refused(tmp_path):
    lines = json_lines(*[GOLDEN | {"listened_at": 1_500_000_000 + n * n} for n in range(3000)])
    data = listenbrainz_dump(tmp_path / "whole", {"a.listens": lines}).read_bytes()
    for left in (len(data) - 9, len(data) // 2, 40):
        (tmp_path / "cut").write_bytes(data[:left])
        with pytest.raises(InputError, match="cut.*cannot be read .*export it again"):
            read(tmp_path / "cut")


def test_malformed_lines_are_set_aside_with_their_reasons(tmp_path):
    track = GOLDEN["track_metadata"]
    bad = {
        b"{": "not valid JSON",
        b"[1]": "not a JSON object",
        b"{}": "no time",
        json.dumps(GOLDEN | {"listened_at": "soon"}).encode(): "time is neither a date and time nor Unix seconds",
        json.dumps(GOLDEN | {"listened_at": True}).encode(): "time is neither a date and time nor Unix seconds",
        json.dumps(GOLDEN | {"track_metadata": None}).encode(): "no artist",
        json.dumps(GOLDEN | {"track_metadata": track | {"artist_name": None}}).encode(): "no artist",
        json.dumps(GOLDEN | {"track_metadata": track | {"track_name": "  "}}).encode(): "no title",
        json.dumps(GOLDEN).encode().replace(b"Golden", b"G\xf6lden"): "not valid UTF-8",
        json.dumps(GOLDEN).encode().replace(b"Golden", b"G\\ud83den"): "not valid UTF-8",
        json.dumps(GOLDEN).encode().replace(b"Golden", b"G\\u0000lden"): "NUL byte",
        b"[" * 100_000: "not valid JSON",
    }
    lines = [json.dumps(GOLDEN).encode(), b"", *bad, json.dumps(DREAMIN).encode()]
    (tmp_path / "x").write_bytes(b"\r\n".join(lines))
    found = read(tmp_path / "x")
    assert found.table["line"].to_list() == [1, len(lines)]
    assert dict(found.rejected.select("line", "reason").rows()) == dict(enumerate(bad.values(), start=3))


def test_odd_values_beside_the_names_are_not_known(tmp_path):
    odd = with_info(GOLDEN, recording_mbid="none", isrc=["GBAYE8100053"], duration_ms="206760", ms_played=31000)
    odder = with_info(DREAMIN, recording_mbid=[], isrc="?", duration_ms=-1, duration="0", duration_played="40")
    odder |= {"listened_at": 0}
    (tmp_path / "x").write_text(json_lines(odd, odder))
    one, other = read(tmp_path / "x").table.to_dicts()
    assert (one["recording_mbid"], one["isrc"], one["duration"], one["played"]) == (None, "GBAYE8100053", 206.76, 31.0)
    assert [other[name] for name in ("recording_mbid", "isrc", "duration", "played", "time")] == [
        None,
        None,
        None,
        40,
        None,
    ]


def test_a_song_playing_now_is_no_listen(tmp_path):
    (tmp_path / "x").write_text(json_lines(GOLDEN, {"playing_now": True, "track_metadata": GOLDEN["track_metadata"]}))
    assert read(tmp_path / "x").dropped == {"playing now, so without a time": 1}


def real():
    folder = os.environ.get("COLDWAVE_DATA")
    if not folder or not (Path(folder) / "listenbrainz" / "export").is_dir():
        pytest.skip("COLDWAVE_DATA does not name a folder with listenbrainz/export")
    return Path(folder) / "listenbrainz" / "export"


def test_real_exports():
    """Counted by a reading of our own: a line is a listen if both names are there."""
    for path in real().iterdir():
        records = [json.loads(line) for line in path.read_text().splitlines()]
        good = [
            n for n, r in enumerate(records, 1) if all(r["track_metadata"][k] for k in ("artist_name", "track_name"))
        ]
        if not good:
            with pytest.raises(
                InputError, match=r"no listen in it, read as listenbrainz .*: no artist, e\.g\. .*line 1"
            ):
                read(path)
            continue
        found = read(path, repeats_within=0)
        assert found.table["line"].to_list() == good
        assert sorted(found.rejected["line"]) == [n for n in range(1, len(records) + 1) if n not in good]


def test_a_real_folder_of_exports_takes_the_same_listen_once():
    found = collect(read_history(real()))
    assert found.table.height == 4 and found.dropped == {"repeated within 30 s": 1}, "two files have one in common"
    assert found.rejected.height == 5
