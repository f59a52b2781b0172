"""MLHD+, the Melon Playlist Dataset and Yambda in their own layouts, against counts in plain Python and in SQL."""

import collections
import gzip
import io
import json
import sqlite3
import tarfile
import uuid

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.plays.formats import FORMATS
from coldwave.plays.lines import WRONG_FIELDS
from coldwave.plays.melon import SONGS_AT_ONCE, check_melon
from coldwave.plays.mlhd import NO_RECORDING, NO_USER, check_mlhd
from coldwave.plays.reading import read_plays
from coldwave.plays.times import NOT_A_TIME
from coldwave.plays.yambda import NO_SHARE, check_yambda

RNG = np.random.default_rng(11)


def read(path, name, **options):
    """The counts of pairs, and the rejected lines."""
    block, threads = options.pop("block_bytes", 1 << 23), options.pop("threads", 1)
    before = options.pop("before", None)
    pairs, rejected = read_plays(path, {"format": name, "table": options}, block, before, threads)
    users, songs = pairs.user_ids.gather(pairs.user), pairs.song_ids.gather(pairs.song)
    return dict(zip(zip(users, songs, strict=True), pairs.count.tolist(), strict=True)), rejected


def mbid(number):
    return str(uuid.UUID(int=number))


# MLHD+


def zst(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


PACKED = {".txt.zst": zst, ".txt.gz": gzip.compress, ".txt": bytes}


def histories(users=5, most=400):
    """Lines (time, artists, release, recording) by user; some later fields are empty."""
    found = {}
    for user in range(users):
        lines = []
        for _ in range(int(RNG.integers(0, most))):
            song = int(RNG.integers(0, 60))
            artists = ",".join(mbid(1000 + song + n) for n in range(RNG.integers(0, 3)))
            lines.append((int(RNG.integers(10**9, 2 * 10**9)), artists, mbid(song // 3) if song % 2 else "",
                          mbid(song) if song % 5 else ""))  # fmt: skip
        found[mbid(7000 + user)] = lines
    return found


def text_of(lines, end="\n"):
    return "".join("\t".join(map(str, line)) + end for line in lines).encode()


def written(folder, found, suffixes=tuple(PACKED)):
    for number, (user, lines) in enumerate(found.items()):
        suffix = suffixes[number % len(suffixes)]
        path = folder / user[0] / f"{user}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PACKED[suffix](text_of(lines)))
    return folder


def counted(found, before=np.inf):
    return dict(
        collections.Counter(
            (user, line[3]) for user, lines in found.items() for line in lines if line[3] and line[0] < before
        )
    )


@pytest.mark.parametrize("threads, block_bytes", [(1, 1 << 23), (3, 300)])
def test_mlhd_counts_recordings_whatever_holds_the_files(tmp_path, threads, block_bytes):
    found = histories()
    folder = written(tmp_path / "folder", found)
    expected = counted(found)
    counts, rejected = read(folder, "mlhd", threads=threads, block_bytes=block_bytes)
    assert counts == expected
    without = sum(not line[3] for lines in found.values() for line in lines)
    told = rejected.filter(reason=NO_RECORDING)["text"]
    assert sum(int(text.split(" lines")[0].replace(",", "")) if " lines, " in text else 1 for text in told) == without
    archive = tmp_path / "mlhd.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, "mlhdplus-complete-0")
    assert read(archive, "mlhd", threads=threads, block_bytes=block_bytes)[0] == expected
    (tmp_path / "tars").mkdir()
    archive.rename(tmp_path / "tars/0.tar")
    assert read(tmp_path / "tars", "mlhd", threads=threads)[0] == expected
    halfway = 1.5e9
    assert read(folder, "mlhd", time=True, before=halfway)[0] == counted(found, halfway)


def test_mlhd_sets_aside_what_is_no_play(tmp_path):
    user = mbid(1)
    lines = (
        b"\xef\xbb\xbf1300000000\t" + mbid(9).encode() + b"\t\t" + mbid(5).encode() + b"\r\n"
        b"\n"
        b"1300000001\ta\t\t\n"
        b"1300000002\ta\tb\n"
        b"1300000003\t\xff\tb\tc\n"
        b"soon\ta\tb\tc\n"
        b"1300000004\ta\tb\t" + mbid(5).encode()
    )
    (tmp_path / f"{user}.txt.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "README.txt").write_text("hello")
    (tmp_path / f".{user}.txt").write_text("hidden")
    (tmp_path / f"{mbid(2)}.txt.zst").write_bytes(zst(b""))
    counts, rejected = read(tmp_path, "mlhd", time=True)
    assert counts == {(user, mbid(5)): 2}
    assert rejected.select("line", "reason").rows() == [
        (3, NO_RECORDING),
        (4, WRONG_FIELDS),
        (5, "not valid utf-8"),
        (6, NOT_A_TIME),
        (None, NO_USER),
    ]
    assert read(tmp_path, "mlhd")[0] == {(user, mbid(5)): 2, (user, "c"): 1}  # without times, none can be wrong


def test_mlhd_files_that_are_damaged_or_no_folder(tmp_path):
    whole = zst(text_of(histories(1, 4000)[mbid(7000)] or [(1, "", "", "a")]))
    (tmp_path / f"{mbid(3)}.txt.zst").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=mbid(3)):
        read(tmp_path, "mlhd")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a.csv").write_text("x")
    with pytest.raises(InputError, match=r"a folder of UUID\.txt\.zst"):
        read(tmp_path / "other", "mlhd")
    with pytest.raises(InputError, match="or a tar of it"):
        check_mlhd(tmp_path / "other/a.csv")


# Melon


def playlists(number=300):
    return [
        {
            "tags": ["락"],
            "id": 61281 + n,
            "plylst_title": "여행같은 음악",
            "songs": RNG.integers(0, 500, RNG.integers(1, 40)).tolist(),
            "like_cnt": 71,
            "updt_date": "2013-12-19 18:36:19.000",
        }
        for n in range(number)
    ]


def test_melon_playlists_are_users_and_each_song_counts_once(tmp_path, monkeypatch):
    lists = playlists()
    (tmp_path / "train.json").write_text(json.dumps(lists, ensure_ascii=False))
    expected = {(str(one["id"]), str(song)): 1 for one in lists for song in one["songs"]}
    counts, rejected = read(tmp_path / "train.json", "melon")
    assert counts == expected and rejected.is_empty()
    monkeypatch.setattr("coldwave.plays.melon.SONGS_AT_ONCE", 100)
    assert SONGS_AT_ONCE > 100
    assert read(tmp_path / "train.json", "melon")[0] == expected
    check_melon(tmp_path / "train.json")


def test_melon_sets_aside_what_is_no_playlist(tmp_path):
    odd = [
        {"id": 1, "songs": [5, 5, "5", 6]},
        {"id": 2, "songs": []},
        {"songs": [1]},
        {"id": 3},
        {"id": 4, "songs": {"a": 1}},
        "text",
        {"id": 5, "songs": [None, True, 1.5, 7, ""]},
        {"id": 6, "songs": [None]},
        {"id": 1, "songs": [6]},
        {"id": 7, "songs": ["\ud83d"]},
    ]
    (tmp_path / "train.json").write_text(json.dumps(odd))
    counts, rejected = read(tmp_path / "train.json", "melon")
    assert counts == {("1", "5"): 1, ("1", "6"): 2, ("5", "7"): 1}
    assert rejected["line"].to_list() == [2, 3, 4, 5, 6, 7, 8, 10]
    assert rejected["reason"].n_unique() == 6


@pytest.mark.parametrize("content", ["", "[", '{"a": [1]}', '[{"id": 1, "songs": [1]}', "[1]"])
def test_melon_files_that_are_something_else(tmp_path, content):
    (tmp_path / "train.json").write_text(content)
    with pytest.raises(InputError, match=r"train\.json"):
        read(tmp_path / "train.json", "melon")
    if "songs" not in content:
        with pytest.raises(InputError, match=r"train\.json"):
            check_melon(tmp_path / "train.json")
    with pytest.raises(InputError, match="one file"):
        read(tmp_path, "melon")


# Yambda

FLAT = {
    "uid": pa.uint32(),
    "timestamp": pa.uint32(),
    "item_id": pa.uint32(),
    "is_organic": pa.uint8(),
    "played_ratio_pct": pa.uint16(),
    "track_length_seconds": pa.uint32(),
}
ROW = st.tuples(
    *(st.none() | st.integers(0, most) for most in (5, 50, 8, 1)), st.none() | st.integers(0, 300), st.integers(0, 999)
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=60), least=st.sampled_from([0, 49.5, 50, 100]), times=st.booleans())
def test_yambda_as_sql_counts(tmp_path, rows, least, times):
    path = tmp_path / "listens.parquet"
    columns = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), FLAT.values(), strict=True)]
    pq.write_table(pa.table(columns, names=list(FLAT)), path, row_group_size=7)
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE listens ({', '.join(FLAT)})")
    base.executemany("INSERT INTO listens VALUES (?, ?, ?, ?, ?, ?)", rows)
    whole = "uid IS NOT NULL AND item_id IS NOT NULL AND played_ratio_pct IS NOT NULL"
    whole += " AND timestamp IS NOT NULL" if times else ""
    expected = base.execute(
        f"SELECT uid, item_id, COUNT(*) FROM listens WHERE {whole} AND played_ratio_pct >= ? GROUP BY 1, 2", [least]
    ).fetchall()
    bad = base.execute(f"SELECT COUNT(*) FROM listens WHERE NOT ({whole})").fetchone()[0]
    if not expected:
        with pytest.raises(InputError):
            read(path, "yambda", min_played=least, time=times)
        return
    counts, rejected = read(path, "yambda", min_played=least, time=times)
    assert counts == {(str(user), str(song)): count for user, song, count in expected}
    assert rejected.height == bad
    assert rejected["line"].to_list() == [
        n for n, row in enumerate(rows, start=1) if None in (row[0], row[2], row[4]) or (times and row[1] is None)
    ]


def test_yambda_counts_listens_alone_of_all_events(tmp_path):
    table = pa.table(
        {
            "uid": [1, 1, 1, 2],
            "timestamp": [0, 5, 10, 15],
            "item_id": [7, 7, 7, 7],
            "is_organic": [1, 1, 0, 1],
            "played_ratio_pct": pa.array([100, None, None, 120], pa.uint16()),
            "event_type": pa.array(["listen", "like", None, "listen"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "multi_event.parquet")
    counts, rejected = read(tmp_path / "multi_event.parquet", "yambda", min_played=50)
    assert counts == {("1", "7"): 1, ("2", "7"): 1} and rejected.is_empty()
    assert read(tmp_path, "yambda", time=True, before=15)[0] == {("1", "7"): 1}  # a folder of such files


def test_yambda_without_a_share_is_set_aside(tmp_path):
    table = pl.DataFrame({"uid": [1, 1], "timestamp": [0, 5], "item_id": [3, 4], "played_ratio_pct": [None, 80.0]})
    table.write_parquet(tmp_path / "listens.parquet")
    counts, rejected = read(tmp_path / "listens.parquet", "yambda", min_played=50)
    assert counts == {("1", "4"): 1} and rejected["reason"].to_list() == [NO_SHARE]


@pytest.mark.parametrize(
    "columns, told",
    [
        ({"uid": [1], "timestamp": [[0]], "item_id": [[3]], "played_ratio_pct": [[80]]}, "sequential"),
        ({"uid": [1], "timestamp": [0], "item_id": [3]}, "plays.format: table"),
        ({"uid": ["a"], "timestamp": [0], "item_id": [3], "played_ratio_pct": [80]}, "not whole numbers"),
    ],
)
def test_yambda_in_another_layout_is_refused(tmp_path, columns, told):
    pl.DataFrame(columns).write_parquet(tmp_path / "listens.parquet")
    for refuse in (check_yambda, lambda path: read(path, "yambda")):
        with pytest.raises(InputError, match=told):
            refuse(tmp_path / "listens.parquet")


def test_yambda_files_that_are_not_whole(tmp_path):
    file = io.BytesIO()
    pl.DataFrame({"uid": [1], "timestamp": [0], "item_id": [3], "played_ratio_pct": [80]}).write_parquet(file)
    (tmp_path / "listens.parquet").write_bytes(file.getvalue()[:-9])
    with pytest.raises(InputError, match="not a whole Parquet file"):
        check_yambda(tmp_path / "listens.parquet")


def test_what_is_looked_at_before_a_plan():
    assert {name for name, row in FORMATS.items() if row.check} == {"mlhd", "melon", "yambda"}
