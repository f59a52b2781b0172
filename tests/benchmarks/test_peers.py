"""Systems of others: what is handed to them from a finished run, and what is read back."""

import itertools
import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.peers.exported import export, validate
from coldwave.errors import InputError

USERS, SONGS, WIDTH = 30, 40, 5
# As much of a repository of theirs as is used: it takes and gives what theirs does, and learns nothing.
STAND_IN = """
import numpy as np
import torch


class SEMCo:
    def __init__(self, args, train, warm_val, cold_val, all_val, warm_test, cold_test, all_test, users, songs, *given,
                 item_content):
        self.pairs, self.content, self.users = train, item_content[0], users
        assert not {song for _, song, _ in cold_test} & {song for _, song, _ in train + cold_val}

    def train(self):
        sums = np.zeros((self.users, self.content.shape[1]), np.float32)
        for user, song, _ in self.pairs:
            sums[user] += self.content[song]
        self.user_emb, self.item_emb = torch.from_numpy(sums).cuda(), torch.from_numpy(self.content).cuda()
"""


def write_run(folder, test_seed=0, content_seed=0):
    """A finished run; the seeds draw who played test songs, and what songs sound like."""
    rng = np.random.default_rng(1)
    part = rng.permutation(np.repeat(["train", "validation", "test"], [24, 8, 8]))
    played = rng.random((USERS, SONGS)) < 0.2
    played[3, part == "train"] = False  # a user without anything to learn from
    played[:, np.flatnonzero(part == "validation")[0]] = False
    played[:, part == "test"] = np.random.default_rng(test_seed).random((USERS, 8)) < 0.2
    user, song = np.nonzero(played)
    content = np.random.default_rng(content_seed).standard_normal((SONGS, WIDTH)).astype(np.float32)
    content[np.flatnonzero(part == "test")[0]] = np.nan
    artists = [None if song % 9 == 0 else f"artist {song % 7}" for song in range(SONGS)]
    tables = {
        "plays/users": {"user_id": [f"u{user}" for user in range(USERS)]},
        "plays/songs": {
            "song": range(SONGS), "song_id": [f"s{song}" for song in range(SONGS)], "artist": artists,
            "users": played.sum(axis=0), "tags": [["rock"]] * SONGS,
        },
        "plays/plays": {"user": user.astype(np.uint32), "song": song.astype(np.uint32)},
        "split/split": {"song": range(SONGS), "part": part},
    }  # fmt: skip
    for name, columns in tables.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(columns).write_parquet(folder / f"{name}.parquet")
    arrays = {"wmf/user_factors": (USERS, 3), "wmf/song_factors": (SONGS, 3)}
    arrays = {name: rng.standard_normal(size).astype(np.float32) for name, size in arrays.items()}
    for name, array in (arrays | {"embeddings/given.features": content}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{name}.npy", array)
    return played, part, content, artists, arrays["wmf/song_factors"]


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


def test_the_pairs_are_the_runs_and_in_the_order_in_which_peers_number_them(tmp_path, run):
    played, part, *_ = run
    exported = export(tmp_path / "run", "given")
    for name, pairs in (("train", exported.training), ("validation", exported.validation)):
        found = {(exported.user_ids[user], exported.song_ids[song]) for user, song in pairs}
        assert found == {(f"u{u}", f"s{s}") for u, s in zip(*np.nonzero(played & (part == name)), strict=True)}
    rows = list(itertools.chain(*(exported.rows[name] for name in ("train", "warm", "cold_val", "cold_test"))))
    assert list(dict.fromkeys(user for user, _, _ in rows)) == list(range(USERS))
    assert list(dict.fromkeys(song for _, song, _ in rows)) == list(range(SONGS))


def test_who_played_test_songs_is_not_handed_over(tmp_path, run):
    write_run(tmp_path / "other", test_seed=5)
    ours, others = (export(tmp_path / name, "given") for name in ("run", "other"))
    for one, other in zip(ours, others, strict=True):
        np.testing.assert_array_equal(one, other)
    assert ours.rows == others.rows


def test_songs_keep_their_features_and_only_learnt_ones_their_factors(tmp_path, run):
    _, part, content, artists, factors = run
    exported = export(tmp_path / "run", "given")
    of = [int(name[1:]) for name in exported.song_ids]
    np.testing.assert_array_equal(exported.content, np.nan_to_num(content[of]))
    np.testing.assert_array_equal(exported.heard, np.isfinite(content[of]).all(axis=1))
    learnt = np.isin(np.arange(SONGS), exported.warm)
    assert set(np.array(of)[learnt]) <= set(np.flatnonzero(part == "train"))
    np.testing.assert_array_equal(exported.song_factors, np.where(learnt[:, None], factors[of], 0))
    means = exported.artist_means()
    for place, song in enumerate(of):
        others = [p for p in exported.warm if p != place and artists[of[p]] == artists[song] is not None]
        expected = exported.song_factors[others].mean(axis=0) if others else np.zeros(3)
        np.testing.assert_allclose(means[place], expected, atol=1e-6)


def test_validation_songs_are_measured_as_scikit_learn_does(tmp_path, run):
    played, part, *_ = run
    exported = export(tmp_path / "run", "given")
    rng = np.random.default_rng(4)
    users, songs = (rng.standard_normal((size, 4)).astype(np.float32) for size in (USERS, SONGS))
    heard = sorted(set(exported.validation[:, 1]))
    relevant = np.zeros((USERS, SONGS), dtype=bool)
    relevant[tuple(exported.validation.T)] = True
    aucs = [
        roc_auc_score(mine, scores)
        for mine, scores in zip(relevant[:, heard], (users @ songs.T)[:, heard], strict=True)
        if 0 < mine.sum() < len(heard)
    ]
    assert validate(exported, users, songs) == pytest.approx(np.mean(aucs))


def test_a_run_without_plays_of_validation_songs_is_refused(tmp_path, run):
    path = tmp_path / "run/plays/plays.parquet"
    pl.read_parquet(path).head(0).write_parquet(path)
    with pytest.raises(InputError, match="nobody has played"):
        export(tmp_path / "run", "given")


def test_a_peers_vectors_come_back_by_id_and_rank_as_they_should(tmp_path, run):
    played, part, content, *_ = run
    source, own = tmp_path / "source", np.flatnonzero(part == "test")
    for name, text in (
        ("models/SEMCo", STAND_IN),
        ("util/utils", "def set_seed(seed, cuda): pass"),
        ("util/databuilder", ""),
        ("util/evaluator", "class Metric: pass"),
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / f"{name}.py").write_text(text)
    call = [sys.executable, "-m", "benchmarks.peers.run", tmp_path / "run", "--peer", "semco", "--source", source]
    call += ["--models", "softmax", "--features", "given", "--out", tmp_path / "theirs"]
    subprocess.run(call, check=True)
    out = tmp_path / "theirs/run"
    record = json.loads((out / "semco_softmax_published_1.json").read_text())
    assert record["chosen"] == {"reg": 0.01, "sm_scale": 0.1} and record["cpu_seconds"] > 0
    songs = pl.read_parquet(out / "semco_softmax_published_1.songs.parquet")
    assert f"s{own[0]}" not in songs["song_id"].to_list()  # nobody has heard it
    for name, vector in songs.rows():
        np.testing.assert_array_equal(vector, content[int(name[1:])])
    users = dict(pl.read_parquet(out / "semco_softmax_published_1.users.parquet").rows())
    expected = (played & (part == "train")) @ np.nan_to_num(content)
    np.testing.assert_allclose([users[f"u{user}"] for user in range(USERS)], expected, atol=1e-5)

    call = [sys.executable, "-m", "benchmarks.peers.compare", tmp_path / "run", "--theirs", tmp_path / "theirs"]
    shown = subprocess.run([*call, "--models"], check=True, capture_output=True, text=True).stdout
    scores, relevant = expected @ np.nan_to_num(content)[own].T, played[:, own]
    scores[:, 0] = -1e9  # the one that was not heard ranks last
    aucs = [roc_auc_score(*pair) for pair in zip(relevant, scores, strict=True) if 0 < pair[0].sum() < len(own)]
    assert row_of(shown)[1:4] == ["semco: softmax, published", "1", f"{np.mean(aucs):.3f} ± 0.000"]

    shown = subprocess.run([*call, "--models", "--serving"], check=True, capture_output=True, text=True).stdout
    bands = np.floor(np.log(played[:, own].sum(axis=0)) / np.log(1.5)).astype(int)  # all have the same tag
    assert len(set(bands)) > 1
    expected = [f"{value:.3f} ± 0.000" for value in alike(relevant, scores, bands)]
    assert row_of(shown)[7:9] == expected and expected[0] != row_of(shown)[3]


def row_of(shown):
    """The cells of the first row of a table."""
    return [cell.strip() for cell in shown.splitlines()[2].split("|")]


def alike(relevant, scores, cells):
    """AUC and mAP of scikit-learn within cells: by share of the user's pairs, and by songs played."""
    shares, won, maps = [], [], []
    for mine, values in zip(relevant, scores, strict=True):
        within = [cells == cell for cell in set(cells) if 0 < mine[cells == cell].sum() < (cells == cell).sum()]
        if within:
            pairs = np.array([mine[one].sum() * (~mine[one]).sum() for one in within])
            aucs = [roc_auc_score(mine[one], values[one]) for one in within]
            aps = [average_precision_score(mine[one], values[one]) for one in within]
            shares.append(pairs.sum() / (mine.sum() * (~mine).sum()))
            won.append(shares[-1] * np.average(aucs, weights=pairs))
            maps.append(np.average(aps, weights=[mine[one].sum() for one in within]))
    return sum(won) / sum(shares), np.mean(maps)
