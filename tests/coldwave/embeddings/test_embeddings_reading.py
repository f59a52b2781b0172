"""Embeddings that a user brings: joined by song id, with every bad row named, and scaled by training songs alone."""

import gzip

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from coldwave.embeddings.reading import log_embeddings, read_embeddings, shuffled
from coldwave.embeddings.scaling import refuse_too_far, scaled, scaling
from coldwave.errors import InputError
from coldwave.files import check_table
from coldwave.plays.tables import REJECTED

SONGS = ["a", "b", "c", "d"]
OPTIONS = {"song": "id", "columns": None, "delimiter": None}


def read(path, songs=SONGS, **options):
    return read_embeddings(path, songs, OPTIONS | options, "embeddings.e")


def written(folder, text, name="e.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def embedding_features(vectors, training, standardize):
    return scaled(vectors, *scaling(vectors, training, standardize))


def set_aside(found):
    check_table(found.rejected, REJECTED, "rejected")
    return {row["line"]: row["reason"] for row in found.rejected.iter_rows(named=True)}


# Text


def test_rows_go_to_their_songs_and_others_are_nan(tmp_path):
    found = read(written(tmp_path, "id,x,y\nc,1,-2.5e3\nzz,no number,\na, 0.5 ,2\n"))
    assert found.vectors.dtype == np.float32
    assert found.vectors == pytest.approx(
        np.array([[0.5, 2], [np.nan] * 2, [1, -2500], [np.nan] * 2]), nan_ok=True, abs=0
    )
    assert set_aside(found) == {}
    assert found.others == 1


def test_every_bad_row_is_named_with_its_line_and_the_rest_is_read(tmp_path):
    lines = [
        b"id,x,y",
        b"a,1,2",
        b"b,1",
        b"b,1,2,3",
        b"",
        b"b,one,2",
        b"b,,2",
        b"b,1_0,2",
        b"b,nan,2",
        b"b,1,-inf",
        b"b,1,1e39",  # infinite in 32 bits
        b"a,7,8",
        b",1,2",
        b"b\xff,1,2",
        b'"b"x,1,2',
        b"b,3,4",
    ]
    found = read(written(tmp_path, b"\r\n".join(lines)))
    assert set_aside(found) == {
        3: "wrong number of fields",
        4: "wrong number of fields",
        6: "a value is not a number",
        7: "a value is not a number",
        8: "a value is not a number",
        9: "a value is not finite",
        10: "a value is not finite",
        11: "a value is not finite",
        12: "song id occurs before",
        13: "empty song id",
        14: "not valid utf-8",
        15: "quotes do not match",
    }
    assert found.vectors[:2].tolist() == [[1, 2], [3, 4]]
    assert found.others == 0
    assert found.columns == ["x", "y"]
    assert found.reasons == {"b": (6, "a value is not a number"), "a": (12, "song id occurs before")}


def test_columns_are_named_or_begin_alike_or_are_all_others(tmp_path):
    path = written(tmp_path, 'title,t_1,id,t_0,p\n"Yes, no",1,a,2,3\n')
    with pytest.raises(InputError, match=r"any of the 4 songs.*set aside, the first for: a value is not a number"):
        read(path)
    for columns, names, numbers in (("t_", ["t_1", "t_0"], [1, 2]), (["p", "t_1"], ["p", "t_1"], [3, 1])):
        found = read(path, columns=columns)
        assert (found.columns, found.vectors[0].tolist()) == (names, numbers)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"song": "song"}, r"embeddings\.e\.song: .*no column 'song'"),
        ({"columns": ["x", "z"]}, r"embeddings\.e\.columns: .*no column 'z'"),
        ({"columns": ["x", "id"]}, r"embeddings\.e\.columns: 'id' is the column of the song's id"),
        ({"columns": "X"}, r"embeddings\.e\.columns: no column of .* begins with 'X'"),
        ({"delimiter": ";"}, r"no column 'id'"),
    ],
)
def test_wrong_settings_are_told(options, words, tmp_path):
    with pytest.raises(InputError, match=words):
        read(written(tmp_path, "id,x,y\na,1,2\n"), **options)


def test_wrong_files_are_told(tmp_path):
    for text, words in (("", "without even a header"), ("id\na\n", "no column besides"), ('id,"x\n', "do not match")):
        with pytest.raises(InputError, match=words):
            read(written(tmp_path, text))
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="set embeddings.e.delimiter"):
        read(written(tmp_path, "id x\na 1\n", "e.txt"))
    with pytest.raises(
        InputError, match=r"of any of the 4 songs, whose ids are like 'a', 'b', 'c'; its ids are like '7', '8'"
    ):
        read(written(tmp_path, "id,x\n7,1\n8,1\n"))


def test_compressed_and_tab_separated_text_and_a_byte_order_mark(tmp_path):
    text = "\ufeffid\tx\nb\t3\n".encode()
    for path in (
        written(tmp_path, text, "e.tsv"),
        written(tmp_path, gzip.compress(text), "e.tsv.gz"),
        written(tmp_path, text.replace(b"\t", b";"), "e.dat"),
    ):
        assert read(path, delimiter=";" if path.suffix == ".dat" else None).vectors[1].tolist() == [3]


# Parquet


def test_parquet_with_columns_or_lists_gives_the_same(tmp_path):
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal((3, 5)).astype(np.float32)
    ids = ["d", "zz", "b"]
    tables = {
        "columns": pl.DataFrame({"id": ids, "note": ["x"] * 3} | {f"n{i}": numbers[:, i] for i in range(5)}),
        "lists": pl.DataFrame({"id": ids, "embed": numbers.tolist()}),
        "arrays": pl.DataFrame({"id": ids, "embed": numbers}, schema_overrides={"embed": pl.Array(pl.Float32, 5)}),
    }
    for name, table in tables.items():
        table.write_parquet(tmp_path / f"{name}.parquet")
        found = read(tmp_path / f"{name}.parquet")
        assert found.vectors[[3, 1]] == pytest.approx(numbers[[0, 2]], abs=0), name
        assert np.isnan(found.vectors[[0, 2]]).all()
        assert found.others == 1
        assert found.columns == (["embed"] if name != "columns" else [f"n{i}" for i in range(5)])
    both = tables["lists"].with_columns(normalized_embed=pl.lit([0.0] * 5))
    both.write_parquet(tmp_path / "both.parquet")
    assert np.array_equal(read(tmp_path / "both.parquet", columns="embed").vectors[3], numbers[0])


def test_whole_numbers_are_ids_too_and_bad_rows_of_parquet_are_named(tmp_path):
    lists = [[1.0, 2.0], [1.0], None, [3.0, None], [3.0, float("nan")], [5.0, 6.0], [7.0, 8.0], [9.0, 9.0]]
    pl.DataFrame({"id": [10, 11, 11, 11, 11, None, 10, 11], "embed": lists}).write_parquet(tmp_path / "e.parquet")
    found = read(tmp_path / "e.parquet", ["10", "11"])
    assert found.vectors.tolist() == [[1, 2], [9, 9]]
    assert set_aside(found) == {
        2: "1 numbers, where the first song has 2",
        3: "there are no numbers",
        4: "a value is not a number",
        5: "a value is not finite",
        6: "empty song id",
        7: "song id occurs before",
    }


def test_parquet_without_numbers_is_told(tmp_path):
    pl.DataFrame({"id": ["a"], "x": ["1"], "y": [2.0]}).write_parquet(tmp_path / "e.parquet")
    assert read(tmp_path / "e.parquet").vectors[0].tolist() == [2]
    with pytest.raises(InputError, match=r"embeddings\.e\.columns: 'x' of .* holds .*string.*, not numbers"):
        read(tmp_path / "e.parquet", columns=["x", "y"])
    pl.DataFrame({"id": ["a"], "x": ["1"]}).write_parquet(tmp_path / "e.parquet")
    with pytest.raises(InputError, match="no column of .* holds numbers"):
        read(tmp_path / "e.parquet")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        read(written(tmp_path, "id,x\na,1\n", "bad.parquet"))
    with pytest.raises(InputError, match="there is no"):
        read(tmp_path / "gone.parquet")


# What models see


def vectors_of(seed, songs=30, width=4):
    rng = np.random.default_rng(seed)
    vectors = (rng.standard_normal((songs, width)) * [1, 100, 0.01, 5] + [0, 1000, 3, -5]).astype(np.float32)
    vectors[rng.integers(songs, size=3)] = np.nan
    return vectors, np.arange(songs) % 3 > 0


@given(st.integers(0, 2**32 - 1))
def test_the_scaler_is_scikit_learns_on_training_songs(seed):
    vectors, training = vectors_of(seed)
    present = np.isfinite(vectors).all(axis=1)
    scaler = StandardScaler().fit(vectors[training & present].astype(np.float64))
    found = embedding_features(vectors, training, standardize=True)
    assert found.dtype == np.float32
    assert found[present] == pytest.approx(scaler.transform(vectors[present].astype(np.float64)), abs=1e-4)
    assert np.isnan(found[~present]).all()


def test_without_standardising_columns_keep_their_proportions():
    vectors, training = vectors_of(1)
    found = embedding_features(vectors, training, standardize=False)
    known = found[training & np.isfinite(found).all(axis=1)].astype(np.float64)
    assert known.mean(axis=0) == pytest.approx(0, abs=1e-5)
    assert known.var(axis=0).mean() == pytest.approx(1, rel=1e-5)
    raw = vectors[training & np.isfinite(vectors).all(axis=1)].astype(np.float64)
    assert known.std(axis=0) / known[:, 1].std() == pytest.approx(raw.std(axis=0) / raw[:, 1].std(), rel=1e-3)


@pytest.mark.parametrize("standardize", [True, False])
def test_other_songs_change_nothing_but_their_own_rows(standardize):
    vectors, training = vectors_of(2)
    before = embedding_features(vectors, training, standardize)
    other = vectors.copy()
    other[~training] = other[~training] * 3 + 100
    after = embedding_features(other, training, standardize)
    assert before[training].tobytes() == after[training].tobytes()


def test_a_column_that_does_not_vary_is_zero(caplog):
    vectors, training = vectors_of(3)
    vectors[:, 1] = 0.1
    with caplog.at_level("WARNING"):
        found = embedding_features(vectors, training, standardize=True)
    assert (found[np.isfinite(vectors).all(axis=1), 1] == 0).all()
    assert "1 of 4 columns are the same" in caplog.text


def test_what_is_too_far_for_32_bits_is_infinite_and_refused():
    vectors = np.array([[1e-3, 1], [-1e-3, 2], [1e38, 3], [np.nan, 4]], dtype=np.float32)
    found = embedding_features(vectors, np.array([True, True, False, False]), standardize=True)
    assert np.isinf(found).tolist() == [[False, False], [False, False], [True, False], [False, False]]
    with pytest.raises(InputError, match="too far from those of the training songs.*: 1 songs"):
        refuse_too_far(found)
    refuse_too_far(found[[0, 1, 3]])


def test_no_training_song_with_one_is_told():
    vectors, training = vectors_of(4)
    vectors[training] = np.nan
    with pytest.raises(InputError, match="no training song has an embedding"):
        embedding_features(vectors, training, standardize=True)


@settings(max_examples=30)
@given(st.integers(0, 2**31))
def test_the_control_deals_out_the_same_embeddings_among_the_same_songs(seed):
    vectors, _ = vectors_of(5)
    dealt = shuffled(vectors, seed)
    assert np.array_equal(np.isnan(vectors), np.isnan(dealt))
    present = np.isfinite(vectors).all(axis=1)
    assert sorted(map(bytes, vectors[present])) == sorted(map(bytes, dealt[present]))
    assert np.array_equal(dealt, shuffled(vectors, seed), equal_nan=True)
    assert (dealt[present] == vectors[present]).all(axis=1).mean() < 0.5


def test_songs_without_one_are_counted(tmp_path, caplog):
    with caplog.at_level("INFO"):
        log_embeddings(read(written(tmp_path, "id,x\na,1\nzz,1\n")), "embeddings.e")
    assert "1 of 4 songs have an embedding of 1 numbers" in caplog.text
    assert "3 songs have no embedding and rank last" in caplog.text
    assert "1 rows are for songs that are not in the run" in caplog.text
