"""The whole stage: rules, filters, numbering, and what is said where nothing is left."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.plays.ingestion import ingest
from coldwave.plays.tables import PLAYS, REJECTED, SONGS, USERS, write_plays, write_rejected, write_songs, write_users

OPTIONS = {
    "format": "taste_profile",
    "songs": {"columns": {}, "tag_separator": "|", "id_from": "path"},
    "unlisted_songs": "drop",
    "songs_without_audio": "drop",
    "users_by": "plays",
    "min_users": 1,
    "min_songs": 1,
    "strict": False,
    "seed": 1,
}


def write_plays_file(path, rows):
    path.write_text("".join(f"{user}\t{song}\t{count}\n" for user, song, count in rows))
    return path


def write_songs_file(path, audio):
    path.write_text("song_id,audio\n" + "".join(f"{song},{file}\n" for song, file in audio.items()))
    return path


def check_tables(tables):
    """What always holds, whatever the input; the writers check the rest."""
    plays, users, songs, rejected = tables
    for table, schema in zip(tables, (PLAYS, USERS, SONGS, REJECTED), strict=True):
        assert dict(table.schema) == schema
    by_user = plays.group_by("user").agg(pl.len().alias("songs"), pl.col("count").cast(pl.UInt64).sum()).sort("user")
    assert users.filter(pl.col("songs") > 0).select("user", "songs", "plays").rows() == by_user.rows()
    by_song = plays.group_by("song").agg(pl.len().alias("users"), pl.col("count").cast(pl.UInt64).sum()).sort("song")
    assert songs.filter(pl.col("users") > 0).select("song", "users", "plays").rows() == by_song.rows()


def named(tables):
    """The plays with ids in place of indices."""
    user_ids, song_ids = tables.users["user_id"].to_list(), tables.songs["song_id"].to_list()
    return {(user_ids[user], song_ids[song]): count for user, song, count in tables.plays.iter_rows()}


def plain(rows, audio, options):
    """The stage in plain Python, by ids: (plays, users, songs)."""
    plays = Counter()
    for user, song, count in rows:
        plays[user, song] += count
    users, songs = {user for user, _ in plays}, {song for _, song in plays} | set(audio or ())
    if audio is not None:
        if options["unlisted_songs"] == "drop":
            songs &= set(audio)
        if options["songs_without_audio"] == "drop":
            songs &= {song for song, file in audio.items() if file}

    def here():
        return {pair: count for pair, count in plays.items() if pair[0] in users and pair[1] in songs}

    def total(side, weigh):
        sums = Counter()
        for pair, count in here().items():
            sums[pair[side]] += count if weigh else 1
        return sums

    if options.get("top_songs") is not None:
        sums = total(1, True)
        candidates = {song for song in songs if sums[song] or not options["min_users"]}
        songs = set(sorted(candidates, key=lambda song: (-sums[song], song))[: options["top_songs"]])
    if options.get("top_users") is not None:
        sums = total(0, options["users_by"] == "plays")
        candidates = {user for user in users if sums[user] or not options["min_songs"]}
        users = set(sorted(candidates, key=lambda user: (-sums[user], user))[: options["top_users"]])
    while True:
        by_user, by_song = total(0, False), total(1, False)
        few_songs = {user for user in users if by_user[user] < options["min_songs"]}
        few_users = {song for song in songs if by_song[song] < options["min_users"]}
        if not few_songs and not few_users:
            return here(), users, songs
        users, songs = users - few_songs, songs - few_users


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("12345678"), st.integers(1, 5)), min_size=1, max_size=60
    ),
    audio=st.none() | st.dictionaries(st.sampled_from("123456789"), st.sampled_from(["", "x.ogg"]), min_size=1),
    change=st.fixed_dictionaries(
        {
            "unlisted_songs": st.sampled_from(["drop", "keep"]),
            "songs_without_audio": st.sampled_from(["drop", "keep"]),
            "top_songs": st.none() | st.integers(1, 9),
            "top_users": st.none() | st.integers(1, 9),
            "users_by": st.sampled_from(["plays", "songs"]),
            "min_users": st.integers(0, 3),
            "min_songs": st.integers(0, 3),
        }
    ),
)
def test_equals_plain_python(tmp_path_factory, rows, audio, change):
    folder = tmp_path_factory.mktemp("ingest")
    source = write_plays_file(folder / "plays.txt", rows)
    catalogue = None if audio is None else write_songs_file(folder / "songs.csv", audio)
    options = OPTIONS | change
    plays, users, songs = plain(rows, audio, options)
    if not plays:
        with pytest.raises(InputError, match=r"plays\.|none of the"):
            ingest(source, catalogue, options)
        return
    tables = ingest(source, catalogue, options, block_bytes=50)
    check_tables(tables)
    assert named(tables) == plays
    assert tables.users["user_id"].to_list() == sorted(users)
    assert tables.songs["song_id"].to_list() == sorted(songs)


@pytest.fixture
def listening():
    """20,000 plays of 400 users and 300 songs, with a heavy tail."""
    rng = np.random.default_rng(3)
    users, songs = (np.minimum(rng.zipf(1.3, 20_000), size) - 1 for size in (400, 300))
    counts = rng.integers(1, 9, 20_000).tolist()
    return [(f"u{user:03d}", f"s{song:03d}", count) for user, song, count in zip(users, songs, counts, strict=True)]


@pytest.mark.parametrize("by", ["plays", "songs", "random"])
def test_exact_sizes(tmp_path, listening, by):
    source = write_plays_file(tmp_path / "plays.txt", listening)
    tables = ingest(source, None, OPTIONS | {"top_songs": 100, "top_users": 150, "users_by": by})
    check_tables(tables)
    assert (tables.users.height, tables.songs.height) == (150, 100)
    again = ingest(source, None, OPTIONS | {"top_songs": 100, "top_users": 150, "users_by": by})
    assert all(first.equals(second) for first, second in zip(tables, again, strict=True))
    other = ingest(source, None, OPTIONS | {"top_songs": 100, "top_users": 150, "users_by": by, "seed": 2})
    assert other.users["user_id"].equals(tables.users["user_id"]) == (by != "random")


def test_fewer_than_asked_for(tmp_path, listening, caplog):
    source = write_plays_file(tmp_path / "plays.txt", listening)
    tables = ingest(source, None, OPTIONS | {"top_songs": 9330, "top_users": 20_000})
    assert tables.songs.height == len({song for _, song, _ in listening})
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert [message.split(":")[0] for message in warnings] == ["plays.top_songs", "plays.top_users"]


def test_without_songs_table_ids_are_titles(tmp_path):
    source = write_plays_file(tmp_path / "plays.txt", [("u", "s2", 1), ("u", "s1", 2)])
    tables = ingest(source, None, OPTIONS)
    assert tables.songs.rows() == [
        (0, "s1", "s1", None, None, None, [], *[None] * 5, 1, 2),
        (1, "s2", "s2", None, None, None, [], *[None] * 5, 1, 1),
    ]


def test_rules_are_logged_with_counts_and_examples(tmp_path, caplog):
    caplog.set_level("INFO")
    rows = [("u", "listed", 1), ("u", "silent", 2), ("u", "unlisted", 4), ("v", "unlisted", 8)]
    source = write_plays_file(tmp_path / "plays.txt", rows)
    catalogue = write_songs_file(tmp_path / "songs.csv", {"listed": "x.ogg", "silent": "", "unplayed": "y.ogg"})
    tables = ingest(source, catalogue, OPTIONS)
    assert named(tables) == {("u", "listed"): 1}
    text = caplog.text
    rule = (
        "plays.unlisted_songs: drop: left out 1 songs that are not in the songs table, with 12 plays, e.g. 'unlisted'"
    )
    assert rule in text
    assert "plays.songs_without_audio: drop: left out 1 songs that have no audio, with 2 plays, e.g. 'silent'" in text
    assert "left out 1 songs (1 of them without any play) and 1 users" in text
    keep = {"unlisted_songs": "keep", "songs_without_audio": "keep", "min_users": 0}
    tables = ingest(source, catalogue, OPTIONS | keep)
    users = {"listed": 1, "silent": 1, "unlisted": 2, "unplayed": 0}
    assert dict(tables.songs.select("song_id", "users").iter_rows()) == users
    caplog.clear()
    ingest(source, catalogue, OPTIONS | {"unlisted_songs": "keep"})
    assert "plays.unlisted_songs: keep is undone by plays.songs_without_audio: drop: 1 songs" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"min_users": 50}, r"no song has at least 50 users, the most are 2: lower plays\.min_users"),
        ({"min_songs": 50}, r"no user has at least 50 songs, the most are 2: lower plays\.min_songs"),
        ({"min_songs": 2, "min_users": 2}, r"plays\.min_users = 2 and plays\.min_songs = 2 leave nothing"),
        ({"unlisted_songs": "delete"}, r"plays\.unlisted_songs: 'delete'"),
        ({"songs_without_audio": "delete"}, r"plays\.songs_without_audio: 'delete'"),
        ({"top_users": 1, "users_by": "age"}, r"plays\.users_by: 'age'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, change, message):
    source = write_plays_file(tmp_path / "plays.txt", [("u", "s1", 1), ("u", "s2", 1), ("v", "s2", 1)])
    catalogue = write_songs_file(tmp_path / "songs.csv", {"s1": "x.ogg", "s2": "x.ogg"})
    with pytest.raises(InputError, match=message):
        ingest(source, catalogue, OPTIONS | change)


def test_no_overlap_and_no_audio(tmp_path, caplog):
    source = write_plays_file(tmp_path / "plays.txt", [("u", "SOAKIMP", 1), ("u", "SOB", 1)])
    catalogue = write_songs_file(tmp_path / "songs.csv", {"TRAAA": "x.ogg"})
    message = (
        r"none of the 2 songs of the plays is in the songs table .*songs\.csv: do the ids match\? "
        r"E\.g\. the plays have 'SOAKIMP', the table has 'TRAAA'"
    )
    with pytest.raises(InputError, match=message):
        ingest(source, catalogue, OPTIONS)
    tables = ingest(source, catalogue, OPTIONS | {"unlisted_songs": "keep", "songs_without_audio": "keep"})
    assert tables.songs["song_id"].to_list() == ["SOAKIMP", "SOB"]
    assert "do the ids match?" in caplog.text
    write_songs_file(catalogue, {"SOAKIMP": "", "unplayed": "x.ogg"})
    with pytest.raises(
        InputError, match=r"no play is left: none of the songs .*songs\.csv.*plays\.songs_without_audio"
    ):
        ingest(source, catalogue, OPTIONS)


def test_strict(tmp_path):
    source = tmp_path / "plays.txt"
    source.write_text("u\ts\t1\n" + "u\ts\n" * 3 + "u\ts\tx\n" * 4)
    catalogue = write_songs_file(tmp_path / "songs.csv", {"s": "x.ogg", "": "y.ogg"})
    tables = ingest(source, catalogue, OPTIONS)
    assert tables.rejected["line"].to_list() == [2, 3, 4, 5, 6, 7, 8, 3]
    assert tables.rejected["source"].unique(maintain_order=True).to_list() == [str(source), str(catalogue)]
    message = r"plays\.strict is true and 7 lines.*wrong number of fields: .*plays\.txt, line 2: 'u\\ts'.*line 6: "
    with pytest.raises(InputError, match=message):
        ingest(source, catalogue, OPTIONS | {"strict": True})
    source.write_text("u\ts\t1\n")
    with pytest.raises(InputError, match=r"1 lines are malformed: empty song id: .*songs\.csv, line 3: ',y\.ogg'"):
        ingest(source, catalogue, OPTIONS | {"strict": True})


def test_writers_refuse_broken_tables(tmp_path):
    source = write_plays_file(tmp_path / "plays.txt", [("u", "s1", 1), ("u", "s2", 1), ("v", "s2", 1)])
    tables = ingest(source, None, OPTIONS)
    out = tmp_path / "out.parquet"
    for write, table in zip((write_plays, write_users, write_songs, write_rejected), tables, strict=True):
        write(out, table)
        assert pl.read_parquet(out).equals(table)
    zero = tables.plays.with_columns(count=pl.lit(0, dtype=pl.UInt32))
    for broken in (tables.plays.reverse(), pl.concat([tables.plays] * 2), zero):
        with pytest.raises(ValueError, match=r"out\.parquet"):
            write_plays(out, broken)
    with pytest.raises(ValueError, match="gaps"):
        write_users(out, tables.users.reverse())
    with pytest.raises(ValueError, match="not sorted"):
        write_songs(out, tables.songs.with_columns(song_id=pl.lit("x")))
    with pytest.raises(ValueError, match="columns"):
        write_users(out, tables.users.drop("plays"))


def real(name):
    folder = os.environ.get("COLDWAVE_DATA")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip(f"COLDWAVE_DATA does not name a folder with {name}")
    return Path(folder) / name


def test_real_taste_profile():
    source = real("taste-profile/train_triplets_sample.txt")
    tables = ingest(source, None, OPTIONS)
    check_tables(tables)
    rows = [line.split("\t") for line in source.read_text().splitlines()]
    assert named(tables) == {(user, song): int(count) for user, song, count in rows}


def test_real_hetrec():
    source = real("hetrec2011-lastfm/user_artists.dat")
    table = yaml.safe_load('{user: userID, song: artistID, count: weight, header: true, delimiter: "\\t"}')
    tables = ingest(source, None, OPTIONS | {"format": "table", "table": table})
    check_tables(tables)
    assert (tables.users.height, tables.songs.height, tables.plays.height) == (1892, 17632, 92834)
    assert tables.plays["count"].max() == 352_698
