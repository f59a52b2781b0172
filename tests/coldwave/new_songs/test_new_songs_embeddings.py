"""Embeddings of new songs: scaled as the run has learnt, whatever comes with them, and each song has its status."""

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.files import check_table
from coldwave.new_songs.embeddings import NEW_INDEX, read_new_embeddings
from coldwave.plays.tables import REJECTED

OPTIONS = {"song": "id", "delimiter": None, "columns": ["x", "y"]}
MEAN, SCALE = np.array([10.0, -1.0]), np.array([2.0, 0.0])  # y was the same for all training songs


def read(path, songs, options=OPTIONS, mean=MEAN, scale=SCALE):
    features, index, rejected = read_new_embeddings(path, songs, options, "timbre", mean, scale)
    check_table(index, NEW_INDEX, "index")
    check_table(rejected, REJECTED, "rejected")
    assert features.dtype == np.float32
    assert index["song"].to_list() == list(range(len(songs)))
    assert index["song_id"].to_list() == songs
    assert np.isfinite(features).all(axis=1).tolist() == (index["status"] == "ok").to_list()
    assert np.isnan(features).all(axis=1).tolist() == (index["status"] != "ok").to_list()
    return features, index, rejected


def test_columns_are_found_by_name_and_scaled_by_what_was_learnt(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("y,note,id,x\n7,n,b,14\n7,n,a,9\n7,n,other,1\n")
    features, index, rejected = read(path, ["a", "b"])
    assert features.tolist() == [[-0.5, 0], [2, 0]]
    assert index["detail"].to_list() == ["", ""]
    assert rejected.is_empty()
    assert read(path, ["b"])[0].tolist() == [[2, 0]], "no other song moves it"


def test_each_song_that_has_none_has_a_status_and_a_reason(tmp_path, caplog):
    path = tmp_path / "new.csv"
    path.write_text("id,x,y\nbad,one,2\nbad,nan,2\nfar,3e38,2\nwell,1,2\nwell,3,4\nlate,1\nlate,12,2\nshort,1\n")
    with caplog.at_level("INFO"):
        features, index, rejected = read(
            path, ["bad", "far", "gone", "late", "short", "well"], scale=np.array([0.1, 0])
        )
    states = {song_id: (status, detail) for _, song_id, status, detail in index.iter_rows()}
    assert states["bad"] == ("unusable", f"{path}, line 2: a value is not a number")
    assert states["far"][0] == "too_far"
    assert "too far from those of the training songs" in states["far"][1]
    gone = f"{path} has no row of it, unless it is one of 2 that cannot be read"
    assert states["gone"] == states["short"] == ("missing", gone)
    assert states["late"] == states["well"] == ("ok", ""), "the first good row counts"
    assert rejected["line"].to_list() == [2, 3, 6, 7, 9]
    assert features[[3, 5], 0] == pytest.approx([20, -90])
    assert f"gone is not predicted from embeddings.timbre: missing: {gone}" in caplog.text
    assert "embeddings.timbre: 2 of 6 new songs have one" in caplog.text
    assert caplog.text.count("is not predicted") == 4


def test_none_at_all_is_no_error_but_is_warned_of_with_the_ids(tmp_path, caplog):
    path = tmp_path / "new.csv"
    path.write_text("id,x,y\n7,1,2\n")
    _, index, _ = read(path, ["a", "b"])
    assert index["status"].to_list() == ["missing", "missing"]
    assert "new_songs.embeddings.timbre: " in caplog.text
    assert "has no usable row of any of the 2 songs, whose ids are like 'a', 'b'; its ids are like '7'" in caplog.text


def test_a_list_of_another_length_is_set_aside(tmp_path):
    path = tmp_path / "new.parquet"
    pl.DataFrame({"id": ["a", "b"], "embed": [[1.0, 2.0, 3.0], [12.0, 2.0]]}).write_parquet(path)
    features, index, _ = read(path, ["a", "b"], OPTIONS | {"columns": ["embed"]})
    assert index["status"].to_list() == ["unusable", "ok"]
    assert index["detail"][0] == f"{path}, line 1: 3 numbers, where the run has learnt from 2"
    assert features[1].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("id,x,z\na,1,2\n", "e.csv", r"^new_songs\.embeddings\.timbre: the run has learnt from other columns: .*'y'"),
        ("song,x,y\na,1,2\n", "e.csv", r"^embeddings\.timbre\.song: .* no column 'id'"),
        ("id x y\na 1 2\n", "e.txt", r"set embeddings\.timbre\.delimiter$"),
        ("", "e.csv", r"^new_songs\.embeddings\.timbre: .* without even a header"),
        ("id,x,y\na,1,2\n", "e.parquet", r"^new_songs\.embeddings\.timbre: .* not a whole Parquet file"),
    ],
)
def test_messages_name_the_key_to_look_at(text, name, message, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path / name, ["a"])
