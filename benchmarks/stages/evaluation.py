"""The evaluation beside the bare matrix product, and beside scikit-learn for some of the users."""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits
from timing import Row, compare, own_peak

from coldwave.evaluation.ranking import Ranking, rank_songs
from coldwave.files import read_array

USERS, SONGS, FACTORS, RELEVANT, SOME = 20_000, 8_000, 100, 20, 500
AT_ONCE = 10_000


def _made_up() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Users' and songs' factors, and each user's relevant songs: where they start, and which."""
    rng = np.random.default_rng(0)
    users = rng.standard_normal((USERS, FACTORS), dtype=np.float32)
    songs = rng.standard_normal((SONGS, FACTORS), dtype=np.float32)
    relevant = np.concatenate([np.sort(rng.choice(SONGS, RELEVANT, replace=False)) for _ in range(USERS)])
    return users, songs, np.arange(USERS + 1) * RELEVANT, relevant


def _beside_the_product(threads: int) -> Row:
    """Ours and the product with as many threads; with two, ours with one as well."""
    users, songs, starts, relevant = _made_up()
    scores = np.empty((USERS, SONGS), np.float32)  # kept, as ours are: new memory would take the product a fifth more

    def ours(threads: int) -> Ranking:
        with threadpool_limits(1):
            return rank_songs(users, songs, starts, relevant, 500, threads)

    def product() -> np.ndarray:
        with threadpool_limits(threads):
            return np.matmul(users, songs.T, out=scores)

    assert ours(1).auc.tobytes() == ours(threads).auc.tobytes()
    works = {"coldwave": lambda: ours(threads), "matrix product alone (NumPy)": product}
    aims = {"matrix product alone (NumPy)": 1.3}
    if threads > 1:
        works["coldwave, one thread"], aims["coldwave, one thread"] = (lambda: ours(1)), 0.6
    what = f"evaluation: AP@500 and AUC, {USERS:,} users × {SONGS:,} songs × {FACTORS} factors"
    return compare(f"{what}, {'one thread' if threads == 1 else f'{threads} threads'}", works, aims=aims)


def _beside_scikit_learn() -> Row:
    users, songs, starts, relevant = _made_up()

    def scikit_learn() -> list[float]:
        scores = users[:SOME] @ songs.T
        labels = np.zeros((SOME, SONGS), dtype=bool)
        labels[np.repeat(np.arange(SOME), RELEVANT), relevant[: SOME * RELEVANT]] = True
        return [roc_auc_score(label, score) for label, score in zip(labels, scores, strict=True)]

    def ours() -> np.ndarray:
        return rank_songs(users[:SOME], songs, starts[: SOME + 1], relevant[: SOME * RELEVANT], 500).auc

    difference = np.abs(ours() - scikit_learn()).max()
    assert difference < 1e-6, difference
    return compare(
        f"evaluation of {SOME} of these users", {"coldwave": ours, "AUC (scikit-learn)": scikit_learn}, rounds=3
    )


def _by_blocks() -> Row:
    """All users of the paper's size, from a file: ours first, so that the peak of memory is ours."""
    users, songs, factors, relevant, threads = 1_000_000, 46_728, 400, 5, os.cpu_count()
    rng = np.random.default_rng(0)
    song_vectors = rng.standard_normal((songs, factors), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "users.npy"
        made = np.lib.format.open_memmap(path, "w+", np.float32, (users, factors))
        for begin in range(0, users, AT_ONCE):
            made[begin : begin + AT_ONCE] = rng.standard_normal((AT_ONCE, factors), dtype=np.float32)
        made.flush()
        del made
        user_vectors = read_array(path, memory_map=True)
        each = songs // relevant
        played = rng.integers(0, each, (users, relevant)) + np.arange(relevant) * each
        begin = time.perf_counter()
        rank_songs(user_vectors, song_vectors, np.arange(users + 1) * relevant, played.ravel(), 500, threads)
        ours = time.perf_counter() - begin
        peak = own_peak()
        scores = np.empty((AT_ONCE, songs), np.float32)
        begin = time.perf_counter()
        for first in range(0, users, AT_ONCE):
            np.matmul(user_vectors[first : first + AT_ONCE], song_vectors.T, out=scores)
        product = time.perf_counter() - begin
    return Row(
        f"evaluation by blocks: {users:,} users × {songs:,} songs × {factors} factors, {relevant} songs played by each",
        {"coldwave": [ours], "matrix product alone, by blocks (NumPy)": [product]},
        most_mb=8000,
        peak_mb={"coldwave": peak},
        note=f"{threads} threads; users' factors in a file",
    )


ROWS = {
    "product": lambda: _beside_the_product(1),
    "threads": lambda: _beside_the_product(2),
    "scikit-learn": _beside_scikit_learn,
}
LARGE = {"blocks": _by_blocks}
