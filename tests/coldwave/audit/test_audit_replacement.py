"""Changed inputs: other songs keep every byte, replaced ones do not; and what is said of the songs fitted on."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.audit.canary import DIFFERS, ELSEWHERE, SAME, UNSTABLE, digest, run_scripts, verdict
from coldwave.audit.checks import FAILED, PASSED, input_checks
from coldwave.audit.learners import write_others
from coldwave.audit.provenance import forbidden_inputs, strange_songs
from coldwave.audit.replacement import donors_for, other_counts, other_plays, other_rows, other_table_rows
from coldwave.errors import InputError
from coldwave.files import read_table, write_table
from coldwave.models.weights import read_fitted_on, read_weights, write_weights
from coldwave.plays.tables import FIRST_PLAY, PLAYS, SONGS, write_plays

U32 = pl.UInt32


@given(st.integers(0, 99))
def test_plays_of_other_songs_stay_and_those_replaced_are_others(seed):
    rng = np.random.default_rng(seed)
    pairs = pl.DataFrame({"user": rng.integers(30, size=200), "song": rng.integers(10, size=200)}).unique()
    plays = pairs.sort("user", "song").with_columns(count=pl.lit(3)).cast(PLAYS)
    replaced = np.array([2, 7])
    found = other_plays(plays, replaced, 30, seed)
    held = pl.col("song").is_in([2, 7])
    assert found.filter(~held).equals(plays.filter(~held))
    assert not found.filter(held).equals(plays.filter(held))
    assert len(found.filter(held)) > 0.5 * len(plays.filter(held))


def test_plays_can_be_written_as_plays(tmp_path):
    plays = pl.DataFrame({"user": [0, 0, 1, 2], "song": [0, 1, 1, 1], "count": [1, 1, 2, 3]}, schema=PLAYS)
    write_plays(tmp_path / "plays.parquet", other_plays(plays, np.array([1]), 3, 0))


def test_rows_and_counts_of_other_songs_stay():
    array = np.arange(12, dtype=np.float32).reshape(6, 2)
    found = other_rows(array, np.array([1, 4]), np.array([0, 5]))
    assert found[[1, 4]].tolist() == [[0.25, 1.25], [10.25, 11.25]]
    assert np.array_equal(found[[0, 2, 3, 5]], array[[0, 2, 3, 5]])
    table = pl.DataFrame({"song": [0, 1, 2], "artist": ["a", "b", "c"]})
    assert other_table_rows(table, np.array([1]), np.array([2]), ["song"]).rows() == [(0, "a"), (1, "c"), (2, "c")]
    schema = {"song_id": pl.String, "word": U32, "count": U32}
    shards = [
        pl.DataFrame({"song_id": ["a"], "word": [1], "count": [5]}, schema=schema),
        pl.DataFrame({"song_id": ["c", "b", "b"], "word": [3, 1, 2], "count": [8, 6, 7]}, schema=schema),
    ]
    first, second = other_counts(shards, ["b", "no words"], ["a", "c"])
    assert first.rows() == [("a", 1, 5)]
    assert second.rows() == [("c", 3, 8), ("b", 1, 6)]


def test_donors_are_others():
    found = donors_for(np.array([5, 6]), np.array([1, 2, 3]), 1)
    assert set(found) <= {1, 2, 3}
    assert len(donors_for(np.arange(9), np.array([20]), 1)) == 9


def test_the_verdicts():
    assert verdict("a", "a", "not compared") == SAME
    assert verdict("a", "b", "a") == DIFFERS
    assert verdict("a", "b", "b") == ELSEWHERE
    assert verdict("a", "b", "c") == UNSTABLE


def test_tables_are_compared_without_their_seconds(tmp_path):
    table = pl.DataFrame({"epoch": [1, 2], "loss": [0.1 + 0.2, None], "seconds": [1.0, 2.0]})
    found = []
    for place, seconds, loss in ((0, 1.0, 0.1 + 0.2), (1, 9.0, 0.1 + 0.2), (2, 1.0, 0.3)):
        path = tmp_path / f"{place}.parquet"
        table.with_columns(seconds=pl.lit(seconds), loss=pl.lit(loss)).write_parquet(path)
        found.append(digest(path))
    assert found[0] == found[1] != found[2]  # 0.1 + 0.2 is not 0.3


def test_scripts_run_in_processes_of_their_own(tmp_path):
    """One that changes a module, one that finds it unchanged, one that fails and one that is killed."""
    texts = [
        "import json, pathlib, sys\njson.dumps = None\npathlib.Path(sys.argv[1]).write_text('changed')",
        "import json, pathlib, sys\npathlib.Path(sys.argv[1]).write_text(json.dumps([1]))",
        "raise ValueError('a reason')",
        "import os\nos.kill(os.getpid(), 9)",
    ]
    commands = []
    for place, text in enumerate(texts):
        script = tmp_path / f"script_{place}.py"
        script.write_text(text)
        commands.append([str(script), str(tmp_path / str(place))])
    run_scripts(commands[:2], side_by_side=1)
    assert [(tmp_path / str(place)).read_text() for place in (0, 1)] == ["changed", "[1]"]
    with pytest.raises(InputError, match=r"(?s)script_2.py failed when it learnt again: .*a reason"):
        run_scripts(commands[:3])
    with pytest.raises(InputError, match="script_3.py failed"):
        run_scripts(commands[3:])
    run_scripts([])


def test_songs_fitted_on_are_kept_with_the_weights(tmp_path):
    fitted = np.arange(21) % 3 == 0
    write_weights(tmp_path / "w", {"x": np.zeros(2)}, {"a": 1}, fitted)
    assert np.array_equal(read_fitted_on(tmp_path / "w"), fitted)
    assert read_weights(tmp_path / "w")[1] == {"a": 1}
    write_weights(tmp_path / "w", {"x": np.zeros(2)}, {"a": 1})
    assert read_fitted_on(tmp_path / "w") is None


def test_held_out_songs_among_those_fitted_on_are_named():
    split = pl.DataFrame({"song": [0, 1, 2], "part": ["train", "test", "train"]})
    songs = pl.DataFrame({"song": [0, 1, 2], "song_id": ["a", "b", "c"]})
    assert strange_songs(np.array([True, False, True]), split, songs) is None
    assert strange_songs(np.array([True, True, True]), split, songs) == (
        "it was fitted on 1 songs that are held out, e.g. 'b', a test song"
    )
    both = ("train", "validation")
    checked = split.with_columns(part=pl.Series(["train", "validation", "test"]))
    assert strange_songs(np.array([True, True, False]), checked, songs, both) is None
    assert "'c', a test song" in strange_songs(np.array([True, True, True]), checked, songs, both)
    assert "another catalogue" in strange_songs(np.ones(4, dtype=bool), split, songs)
    assert "no song" in strange_songs(np.zeros(3, dtype=bool), split, songs)


def test_inputs_that_are_forbidden():
    inputs = {"fit": ["r/bow/x.npy", "r/scores/a/1.parquet"], "train": ["r/bow/x.npy"]}
    assert forbidden_inputs(inputs, ["r/scores/", "r/tables/"]) == {"fit": ["r/scores/a/1.parquet"], "train": []}


def test_what_a_rule_reads_is_told_by_stages():
    inputs = {
        "reduce_counts": ["results/r/bow/counts/000.parquet", "results/r/split/split.parquet"],
        "stack_names": ["results/r/predictions/linear/1.npy", "results/r/audio/log_mel/000.npy"],
        "fit_linear": ["results/r/bow/features.npy", "results/r/scores/linear/1.parquet"],
    }
    rows = {row.of: row for row in input_checks(inputs, ["results/r/scores/"])}
    assert rows["reduce_counts"].detail.startswith("reads what is made by bow, split; nothing of the evaluation")
    assert rows["stack_names"].detail.startswith("reads what is made by audio, predictions; nothing")
    assert [row.result for row in rows.values()] == [PASSED, PASSED, FAILED]
    assert rows["fit_linear"].detail.startswith("it reads results/r/scores/linear/1.parquet, which hold")


@pytest.mark.parametrize("first_play", [False, True])
def test_songs_of_a_split_by_first_play_are_replaced_with_their_column(tmp_path, first_play):
    columns = SONGS | (FIRST_PLAY if first_play else {})
    songs = pl.DataFrame({name: [None] * 3 for name in columns}, schema=columns)
    songs = songs.with_columns(song=pl.Series([0, 1, 2], dtype=pl.UInt32), song_id=pl.Series(["a", "b", "c"]))
    songs = songs.with_columns(artist=pl.Series(["x", "y", "z"]))
    write_table(tmp_path / "songs.parquet", songs, columns)
    files = {"songs": tmp_path / "songs.parquet"}
    (tmp_path / "other").mkdir()
    made = write_others(files, ("songs",), np.array([2]), np.array([0]), 1, tmp_path / "other")
    found = read_table(made["songs"])
    assert found.columns == list(columns)
    assert found.select("song_id", "artist").rows() == [("a", "x"), ("b", "y"), ("c", "x")]
