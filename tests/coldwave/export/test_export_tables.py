"""Tables for other recommenders, read as those read them; vectors, split and lists, compared with the run's arrays."""

import csv
import shutil
from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from odd_runs import ODD

import coldwave
from coldwave.errors import InputError
from coldwave.export import elliot, recbole, rectools, split, top, vectors
from coldwave.export.asked import Asked
from tests.coldwave.use.small_runs import NO_AUDIO, SEED


def read_atomic(path):
    """Read an atomic file as RecBole does: types from the header, tokens as pandas guesses them, sequences split."""
    types = dict(field.split(":") for field in path.open(encoding="utf-8").readline()[:-1].split("\t"))
    table = pd.read_csv(path, delimiter="\t", usecols=[f"{field}:{kind}" for field, kind in types.items()])
    table.columns = list(types)
    for field, kind in types.items():
        assert kind in ("token", "token_seq", "float")
        if kind == "token_seq":
            table[field] = [list(filter(None, str(cell).split(" "))) for cell in table[field].fillna("")]
    return table


def test_recbole_reads_the_plays_and_the_split(odd_run, tmp_path, plays_by_part, decoded):
    exported = recbole.export(odd_run, Asked(tmp_path / "mine"))
    rows = {one.path.name: one.rows for one in exported.files}
    parts = {"train": "train", "valid": "validation", "test": "test"}
    files = {f"mine.{name}.inter": plays_by_part[part] for name, part in parts.items()}
    for name, expected in files.items():
        table = read_atomic(tmp_path / "mine" / name)
        found = zip(decoded(table["user_id"]), decoded(table["item_id"]), table["count"].tolist(), strict=True)
        assert list(found) == expected and len(expected) == rows[name] > 0
    table = read_atomic(tmp_path / "mine/mine.inter")
    found = zip(decoded(table["user_id"]), decoded(table["item_id"]), table["count"].tolist(), strict=True)
    assert sorted(found) == sorted(sum(files.values(), []))


def test_recbole_itself_reads_them(odd_run, tmp_path, monkeypatch, plays_by_part, decoded):
    pytest.importorskip("recbole", reason="recbole is not installed")
    from recbole.config import Config
    from recbole.data import create_dataset

    recbole.export(odd_run, Asked(tmp_path / "data/mine"))
    monkeypatch.chdir(tmp_path)  # it writes its logs to the folder that it is called in
    monkeypatch.setattr("sys.argv", ["test"])
    columns = {"inter": ["user_id", "item_id", "count"], "user": ["user_id"], "item": ["item_id", "title", "tags"]}
    settings = {"data_path": "data", "benchmark_filename": ["train", "valid", "test"], "load_col": columns}
    data = create_dataset(Config(model="BPR", dataset="mine", config_dict=settings))
    users, items = (decoded(data.field2id_token[name]) for name in ("user_id", "item_id"))
    names = zip((users, items), ("user_id", "item_id"), strict=True)
    columns = [[known[int(row)] for row in data.inter_feat[name].tolist()] for known, name in names]
    rows = sum(plays_by_part.values(), [])
    assert list(zip(*columns, data.inter_feat["count"].tolist(), strict=True)) == rows
    assert data.file_size_list == [len(rows) for rows in plays_by_part.values()]
    assert sorted(items[1:]) == sorted(odd_run.songs["song_id"])


def test_recbole_reads_users_and_songs(odd_run, odd_folder, tmp_path, decoded):
    recbole.export(odd_run, Asked(tmp_path / "mine"))
    users = pl.read_parquet(odd_folder / "plays/users.parquet")["user_id"].to_list()
    table = read_atomic(tmp_path / "mine/mine.user")
    assert list(table.columns) == ["user_id"], "counts of plays would tell of test songs"
    assert decoded(table["user_id"]) == users
    table, songs = read_atomic(tmp_path / "mine/mine.item"), odd_run.songs
    assert decoded(table["item_id"]) == songs["song_id"].to_list()
    assert [" ".join(words) for words in table["title"]] == songs["title"].to_list()
    assert [decoded(tags) for tags in table["tags"]] == songs["tags"].to_list()
    artists = {None: "nan", 'Say "No"': "Say 'No'", "two\tparts\nhere": "two parts here", "A  B": "A B"}
    assert decoded(table["artist"]) == [artists.get(name, name) for name in songs["artist"]]
    assert table["artist"].isna().sum() == songs["artist"].null_count() > 0


def test_elliot_reads_the_split(odd_run, tmp_path, plays_by_part, decoded):
    exported = elliot.export(odd_run, Asked(tmp_path))
    assert [one.path.name for one in exported.files] == ["train.tsv", "validation.tsv", "test.tsv"]
    for part, expected in plays_by_part.items():
        names = ["userId", "itemId", "rating", "timestamp"]
        table = pd.read_csv(tmp_path / f"{part}.tsv", sep="\t", header=None, names=names)
        found = zip(decoded(table["userId"]), decoded(table["itemId"]), table["rating"].tolist(), strict=True)
        assert list(found) == expected
        assert table["timestamp"].isna().all(), "which Elliot takes for a table without times"


def test_rectools_tables(odd_run, odd_folder, tmp_path, plays_by_part):
    rectools.export(odd_run, Asked(tmp_path, "linear", n=4))
    table = pd.read_parquet(tmp_path / "interactions.parquet")
    assert list(table.columns) == ["user_id", "item_id", "weight", "datetime", "part"]
    assert table["weight"].dtype == float
    assert (table["datetime"].astype("datetime64[ns]") == datetime(1970, 1, 1)).all()
    for part, rows in plays_by_part.items():
        kept = table[table["part"] == part]
        assert list(zip(kept["user_id"], kept["item_id"], kept["weight"], strict=True)) == rows
    table = pd.read_parquet(tmp_path / "recommendations.parquet")
    assert list(table.columns) == ["user_id", "item_id", "score", "rank"]
    assert list(dict.fromkeys(table["user_id"])) == list(dict.fromkeys(user for user, *_ in plays_by_part["test"]))
    check_lists(odd_run, table.rename(columns={"item_id": "song_id"}), "linear", 4, of_test_songs(odd_folder))


def test_rectools_takes_them(odd_run, tmp_path, plays_by_part):
    pytest.importorskip("rectools", reason="rectools is not installed (benchmarks/requirements.txt)")
    from rectools.dataset import Dataset
    from rectools.metrics import Recall

    rectools.export(odd_run, Asked(tmp_path, "linear", n=5))
    table = pd.read_parquet(tmp_path / "interactions.parquet")
    data = Dataset.construct(table)
    matrix = data.get_user_item_matrix().tocoo()
    names = [data.user_id_map.convert_to_external(matrix.row), data.item_id_map.convert_to_external(matrix.col)]
    assert sorted(zip(*names, matrix.data, strict=True)) == sorted(sum(plays_by_part.values(), []))
    recommended = pd.read_parquet(tmp_path / "recommendations.parquet")
    test = table[table["part"] == "test"]
    played = set(zip(test["user_id"], test["item_id"], strict=True))
    hits = {user: 0 for user, _ in played}
    for pair in zip(recommended["user_id"], recommended["item_id"], strict=True):
        hits[pair[0]] += pair in played
    sizes = test["user_id"].value_counts()
    found = Recall(k=5).calc(recommended, test)
    assert found == pytest.approx(np.mean([number / sizes[user] for user, number in hits.items()]))


def of_test_songs(folder):
    return (pl.read_parquet(folder / "split/split.parquet")["part"] == "test").to_numpy()


def check_lists(run, table, model, n, allowed, leave_out=False):
    """Check each list against the scores of the run: its songs score at least as high as all that are not in it."""
    ids = run.songs["song_id"].to_list()
    for user, own in table.groupby("user_id", sort=False):
        scores = run.scores(user, model=model, by="sound")
        may = allowed & np.isfinite(scores)
        if leave_out:
            may &= ~np.isin(ids, list(run.plays_of(user)))
        songs = [ids.index(song) for song in own["song_id"]]
        assert own["rank"].tolist() == list(range(1, min(n, may.sum()) + 1))
        assert may[songs].all()
        assert own["score"].to_numpy() == pytest.approx(np.sort(scores[may])[::-1][:n], abs=1e-6)
        assert scores[songs] == pytest.approx(own["score"].to_numpy(), abs=1e-6)


@pytest.mark.parametrize("among", [None, "unheard", "test"])
@pytest.mark.parametrize("model", ["linear", "metric"])
def test_top_songs(odd_run, odd_folder, tmp_path, model, among):
    exported = top.export(odd_run, Asked(tmp_path / "top.parquet", model, n=6, among=among))
    assert exported.notes == ([] if among == "test" else ["1 songs are in no list: nothing is predicted of them."])
    table = pd.read_parquet(tmp_path / "top.parquet")
    assert list(table.columns) == ["user_id", "rank", "song_id", "score"]
    users = pl.read_parquet(odd_folder / "plays/users.parquet")["user_id"].to_list()
    assert list(dict.fromkeys(table["user_id"])) == users
    allowed = of_test_songs(odd_folder) if among == "test" else np.ones(odd_run.songs.height, dtype=bool)
    check_lists(odd_run, table, model, 6, allowed, leave_out=among != "test")


def test_top_songs_for_spreadsheets(odd_run, tmp_path):
    rows = top.export(odd_run, Asked(tmp_path / "top.csv", "linear", n=50)).files[0].rows
    top.export(odd_run, Asked(tmp_path / "top.parquet", "linear", n=50))
    with (tmp_path / "top.csv").open(encoding="utf-8", newline="") as file:
        header, *found = csv.reader(file)
    table = pl.read_parquet(tmp_path / "top.parquet")
    assert header == table.columns and len(found) == rows == table.height
    for (user, rank, song, score), exact in zip(found, table.rows(), strict=True):
        assert not {user[:1], song[:1]} & set("=+-@\t\r")
        assert (user.removeprefix("'"), int(rank), song.removeprefix("'")) == exact[:3]
        assert np.float32(score) == np.float32(exact[3])


def test_late_plays_count_as_heard(odd_folder, tmp_path):
    folder = shutil.copytree(odd_folder, tmp_path / "run")
    plays = pl.read_parquet(folder / "plays/plays.parquet")
    late = pl.DataFrame({"user": [0], "song": [59], "count": [1]}, schema=plays.schema)
    assert plays.filter(user=0, song=59).height == 0
    pl.concat([plays, late]).sort("user", "song").write_parquet(folder / "plays/all_plays.parquet")
    run = coldwave.load(folder)
    top.export(run, Asked(tmp_path / "top.parquet", "linear", n=60))
    table = pl.read_parquet(tmp_path / "top.parquet")
    assert run.songs["song_id"][59] in table["song_id"].to_list()
    users = pl.read_parquet(folder / "plays/users.parquet")["user_id"]
    assert table.filter(user_id=users[0], song_id=run.songs["song_id"][59]).height == 0


@pytest.mark.parametrize(("model", "own"), [("linear", False), ("metric", True), ("wmf", False)])
def test_vectors(odd_run, odd_folder, tmp_path, model, own):
    notes = vectors.export(odd_run, Asked(tmp_path, model)).notes
    songs = "wmf/song_factors.npy" if model == "wmf" else f"predictions/{model}/{SEED}.npy"
    users = f"predictions/{model}/{SEED}.users.npy" if own else "wmf/user_factors.npy"
    named = pl.read_parquet(odd_folder / "plays/users.parquet")
    for name, array, ids in (("song", songs, odd_run.songs), ("user", users, named)):
        table = pq.read_table(tmp_path / f"{name}s.parquet")
        assert table["vector"].type.value_type == "float"
        assert table[f"{name}_id"].to_pylist() == ids[f"{name}_id"].to_list()
        array = np.load(odd_folder / array)
        for row, vector in zip(array, table["vector"].to_pylist(), strict=True):
            assert vector is None if np.isnan(row).all() else (np.array(vector, np.float32) == row).all()
    assert notes == ([] if model == "wmf" else ["1 songs have no vector: nothing is predicted of them."])
    assert model == "wmf" or pq.read_table(tmp_path / "songs.parquet")["vector"][NO_AUDIO].as_py() is None


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_split(odd_run, odd_folder, tmp_path, suffix):
    path = tmp_path / f"split.{suffix}"
    assert split.export(odd_run, Asked(path)).files == [(path, odd_run.songs.height)]
    if suffix == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.reader(file))[1:]
    else:
        found = [list(row) for row in pl.read_parquet(path).iter_rows()]
    ids = odd_run.songs["song_id"].to_list()
    assert set(ODD) <= set(ids)
    if suffix == "csv":
        ids = [f"'{one}" if one[0] in "=+-@\t\r" else one for one in ids]
    parts = pl.read_parquet(odd_folder / "split/split.parquet")["part"]
    assert found == [list(row) for row in zip(ids, parts, strict=True)]


@pytest.mark.parametrize("exporter", [split, top])
def test_other_suffixes_are_refused(odd_run, tmp_path, exporter):
    with pytest.raises(InputError, match=r"top.xlsx: name a file that ends in .parquet or in .csv"):
        exporter.export(odd_run, Asked(tmp_path / "top.xlsx"))
    assert not list(tmp_path.iterdir())
