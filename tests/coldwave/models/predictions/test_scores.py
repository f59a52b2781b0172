"""Scores that a user brings: joined by ids, with every bad row named, against the standard library's reader."""

import csv
import gzip
import math
from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.files import check_table
from coldwave.models.predictions.scores import Strangers, read_scores
from coldwave.models.predictions.telling import log_scores
from coldwave.plays.tables import REJECTED

USERS, SONGS = ["u0", "u1", "u2"], ["a", "b", "c", "d"]
OPTIONS = {"user": "user_id", "song": "song_id", "score": "score", "delimiter": None}
HEADER = "user_id,song_id,score\n"


def read(path, users=USERS, songs=SONGS, chunk=2, **options):
    return read_scores(path, users, songs, OPTIONS | options, "models.theirs", chunk)


def written(folder, text, name="s.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def pairs(found):
    return {
        (user, song): value
        for user, song, value in zip(found.users.tolist(), found.songs.tolist(), found.values.tolist(), strict=True)
    }


def set_aside(found):
    check_table(found.rejected, REJECTED, "rejected")
    return dict(found.rejected.select("line", "reason").iter_rows())


def test_rows_go_to_their_users_and_songs(tmp_path):
    found = read(written(tmp_path, f"{HEADER}u2,d,-1.5e-300\nu0,a, 2 \n\nu0,b,0.1\n"))
    assert pairs(found) == {(2, 3): -1.5e-300, (0, 0): 2.0, (0, 1): 0.1}
    assert set_aside(found) == {}
    assert found.strangers == {"user": Strangers(), "song": Strangers()}


def test_every_bad_row_is_named_with_its_line_and_the_rest_is_read(tmp_path):
    lines = [
        b"user_id,song_id,score",
        b"u0,a,1",
        b"u0,a",
        b"u0,a,1,2",
        b"",
        b",a,1",
        b"u0, ,1",
        b"u0,b,nan",
        b"u0,b,-inf",
        b"u0,b,1e999",
        b"u0,b,high",
        b"u0,b,",
        b"u0,b,1_0",
        b'u0,"b,1',
        b"u0,\xff,1",
        b"u0,a,3",
        b"u9,a,no number",
        b"u1,zz,1",
        b"u9,zz,1",
        b'"u1","a","7"',
        b"u0,a,4",
    ]
    found = read(written(tmp_path, b"\r\n".join(lines)))
    assert pairs(found) == {(0, 0): 1.0, (1, 0): 7.0}
    assert set_aside(found) == {
        3: "wrong number of fields",
        4: "wrong number of fields",
        6: "empty user id",
        7: "empty song id",
        8: "score is not finite",
        9: "score is not finite",
        10: "score is not finite",
        11: "score is not a number",
        12: "score is not a number",
        13: "score is not a number",
        14: "quotes do not match",
        15: "not valid utf-8",
        16: "pair of user and song occurs before",
        21: "pair of user and song occurs before",
    }
    assert found.strangers == {"user": Strangers(2, 17, ("u9",)), "song": Strangers(1, 18, ("zz",))}
    assert found.rejected["text"].to_list()[-2:] == ["u0\ta\t3.0", "u0\ta\t4.0"]


def test_what_is_left_aside_is_logged(tmp_path, caplog):
    caplog.set_level("INFO")
    text = f"{HEADER}u0,a,1\nu0,b,1\nu1,a,1\nu9,a,1\nu1,zz,1\n"
    log_scores(read(written(tmp_path, text)), len(USERS), len(SONGS), "models.theirs")
    assert [record.getMessage() for record in caplog.records] == [
        "models.theirs: 3 scores, for 2 of 3 users and 2 of 4 songs",
        "models.theirs: 1 pairs of these users and songs have no score and rank last",
        "models.theirs: 1 users have no score: all songs that have a prediction tie for them",
        "models.theirs: 1 rows are for a user that is not in the run, the first in line 5: 'u9'",
        "models.theirs: 1 rows are for a song that is not in the run, the first in line 6: 'zz'",
    ]


def test_wrong_files_are_told(tmp_path):
    for text, words in (
        ("", "is empty, without even a header"),
        ("user_id,song_id\n", "models.theirs.score: .* has no column 'score'. It has 'user_id', 'song_id'"),
        ("user,song_id,score\n", "models.theirs.user: .* has no column 'user_id'.*did you mean 'user'"),
        (HEADER, "has no score of any of the run's 3 users for any of its 4 songs.$"),
        (f"{HEADER}u0,a,x\n", "1 rows were set aside, the first for: score is not a number"),
        (
            f"{HEADER}7,a,1\n8,a,1\nu0,zz,1\n",
            "Its users are like '7', '8', the run's like 'u0', 'u1', 'u2'. Its songs are like 'zz', the run's like 'a'",
        ),
    ):
        with pytest.raises(InputError, match=words):
            read(written(tmp_path, text))
    with pytest.raises(InputError, match="three different columns"):
        read(written(tmp_path, HEADER), score="user_id")
    with pytest.raises(InputError, match="set models.theirs.delimiter"):
        read(written(tmp_path, HEADER, "s.txt"))
    with pytest.raises(InputError, match="there is no"):
        read(tmp_path / "gone.parquet")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        read(written(tmp_path, HEADER, "s.parquet"))


def test_other_columns_delimiters_and_compressed_text(tmp_path):
    text = b"what\tscore\tuser_id\nb\t3\tu1\n"
    for path in (written(tmp_path, text, "s.tsv"), written(tmp_path, gzip.compress(text), "s.tsv.gz")):
        assert pairs(read(path, song="what")) == {(1, 1): 3.0}
    path = written(tmp_path, text.replace(b"\t", b";"), "s.dat")
    assert pairs(read(path, song="what", delimiter=";")) == {(1, 1): 3.0}


def test_parquet_of_any_types_gives_the_same(tmp_path):
    table = pl.DataFrame({"score": [2, 1, 1, None], "song_id": [11, 10, 12, 10], "user_id": ["u1", "u0", "u1", "u1"]})
    for name, types in {
        "plain": {},
        "other": {"score": pl.Float32, "user_id": pl.Categorical, "song_id": pl.String},
        "decimal": {"score": pl.Decimal(10, 2), "user_id": pl.Enum(["u0", "u1"])},
    }.items():
        table.cast(types).write_parquet(tmp_path / f"{name}.parquet")
        found = read(tmp_path / f"{name}.parquet", songs=["10", "11"])
        assert pairs(found) == {(1, 1): 2.0, (0, 0): 1.0}, name
        assert set_aside(found) == {4: "score is not a number"}
        assert found.strangers["song"] == Strangers(1, 3, ("12",))
        assert found.rejected["text"].to_list() == ["u1\t10\t"]
    for name, types, words in (
        ("text", {"score": pl.String}, "models.theirs.score: column 'score' of .* holds large_string, not numbers"),
        ("ids", {"song_id": pl.Float64}, "models.theirs.song: column 'song_id' of .* holds double, not text or whole"),
    ):
        table.cast(types).write_parquet(tmp_path / f"{name}.parquet")
        with pytest.raises(InputError, match=words):
            read(tmp_path / f"{name}.parquet", songs=["10", "11"])


def test_scores_of_many_digits_are_read(tmp_path):
    """Polars knows no numbers of 256 bits."""
    scores = pa.array([Decimal("2.25"), None, Decimal("-1e-30")], pa.decimal256(60, 30))
    pq.write_table(pa.table({"user_id": USERS, "song_id": SONGS[:3], "score": scores}), tmp_path / "s.parquet")
    found = read(tmp_path / "s.parquet")
    assert pairs(found) == {(0, 0): 2.25, (2, 2): -1e-30}
    assert set_aside(found) == {2: "score is not a number"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*USERS, "x"]),
            st.sampled_from([*SONGS, "y"]),
            st.floats(allow_subnormal=True) | st.integers(-(2**53), 2**53),
        ),
        max_size=30,
    )
)
def test_it_reads_what_the_standard_library_reads(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("scores") / "s.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("user_id", "song_id", "score"), *rows])
    expected = {}
    for user, song, value in rows:
        if user in USERS and song in SONGS and math.isfinite(value):
            expected.setdefault((USERS.index(user), SONGS.index(song)), float(value))
    if not expected:
        with pytest.raises(InputError, match="has no score"):
            read(path)
        return
    for chunk in (1, 3, 100):
        found = read(path, chunk=chunk)
        assert pairs(found) == expected
        assert len(found.rejected) + sum(one.rows for one in found.strangers.values()) == len(rows) - len(expected)
    assert np.array_equal(found.users, np.sort(found.users))
