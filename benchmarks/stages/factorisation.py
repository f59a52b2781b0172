"""The factorisation with its objective and the folding-in of songs, beside implicit, which has neither."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import polars as pl
from implicit.cpu.als import AlternatingLeastSquares
from stages import _implicit
from stages._plays import folder_of
from threadpoolctl import threadpool_limits
from timing import Row, compare

from coldwave.files import read_array, read_table
from coldwave.split.parts import songs_to_fit
from coldwave.wmf.als import factorise_songs
from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.folding import fold_in

FACTORS, ITERATIONS, THREADS = 50, 15, os.cpu_count()
SIZES = (104_000, 42_000, 4_900_000, 12_000)  # users, songs, plays, and the songs folded in
PAPER, ITERATIONS_OF_PAPER = (1_019_318, 384_546, 49_400_000, 46_728), 5
SETTINGS = _implicit.SETTINGS | {"regularization": _implicit.REGULARIZATION, "solver": "cg", "seed": 1}


def _tables(sizes: tuple[int, ...]) -> tuple[pl.DataFrame, np.ndarray]:
    """The plays, and which songs are training songs."""
    folder = folder_of(*sizes)
    return read_table(folder / "plays.parquet"), songs_to_fit(read_table(folder / "split.parquet"), "strict")


def _model(iterations: int) -> AlternatingLeastSquares:
    return AlternatingLeastSquares(
        FACTORS, _implicit.REGULARIZATION, iterations=iterations, num_threads=THREADS, random_state=1
    )


def _beside_implicit() -> Row:
    plays, fitted = _tables(SIZES)
    confidences = confidence_matrix(plays, SIZES[0], SIZES[1], **_implicit.SETTINGS)[:, fitted]
    found = {}

    def ours() -> None:
        found["ours"] = factorise_songs(
            plays, fitted, SIZES[0], FACTORS, iterations=ITERATIONS, threads=THREADS, **SETTINGS
        )

    def implicit() -> None:
        found["implicit"] = _model(ITERATIONS)
        with threadpool_limits(1, user_api="blas"):
            found["implicit"].fit(confidences, show_progress=False)

    row = compare(
        f"factorisation, {SIZES[0]:,} users × {SIZES[1]:,} songs, {plays.height:,} pairs, {FACTORS} factors, "
        f"{ITERATIONS} iterations",
        {"coldwave": ours, "implicit": implicit},
        rounds=2,
        warm=False,
        aims={"implicit": 1.2},
        note=f"Ours: from the table of plays, with the objective of each iteration and {SIZES[3]:,} songs folded in. "
        "implicit: its fit alone, of the same matrix, to the same bytes",
    )
    users, songs, _ = found["ours"]
    assert np.array_equal(users, found["implicit"].user_factors)
    assert np.array_equal(songs[fitted], found["implicit"].item_factors)
    return row


def _folding() -> Row:
    plays, fitted = _tables(SIZES)
    matrix = confidence_matrix(plays, SIZES[0], SIZES[1], **_implicit.SETTINGS)
    model, others = _model(2), matrix[:, ~fitted].tocsc()
    songs, transposed = np.arange(others.shape[1]), others.T.tocsr()

    def implicit() -> np.ndarray:
        with threadpool_limits(1, user_api="blas"):
            return model.recalculate_item(songs, transposed)

    def ours() -> np.ndarray:
        return fold_in(others, model.user_factors, _implicit.REGULARIZATION, threads=THREADS)

    with threadpool_limits(1, user_api="blas"):
        model.fit(matrix[:, fitted], show_progress=False)
    difference = float(np.abs(ours() - implicit()).max())
    assert difference < 1e-3, difference
    return compare(
        f"{len(songs):,} songs folded in from {others.nnz:,} pairs, {FACTORS} factors",
        {"coldwave": ours, "implicit (recalculate_item)": implicit},
        aims={"implicit (recalculate_item)": 1.0},
        note=f"Ours in 64 bits; implicit's, in 32, differ by {difference:.1g} at most",
    )


def _paper_size() -> Row:
    folder, scripts = folder_of(*PAPER), Path(__file__).parents[2] / "scripts"
    options = SETTINGS | {"protocol": "strict", "factors": FACTORS, "iterations": ITERATIONS_OF_PAPER, "tolerance": 0.0}
    files = {name: str(folder / f"{name}.parquet") for name in ("plays", "users", "split", "objective")}
    files |= {name: str(folder / f"{name}.npy") for name in ("user_factors", "song_factors", "fitted_songs")}
    named = [word for name, path in files.items() for word in (f"--{name.replace('_', '-')}", path)]
    script = [sys.executable, str(scripts / "factorise_plays.py"), *named]
    row = compare(
        f"factorisation, {PAPER[0]:,} users × {PAPER[1]:,} songs, {FACTORS} factors, {ITERATIONS_OF_PAPER} iterations",
        {
            "coldwave": [*script, "--options", json.dumps(options), "--threads", str(THREADS)],
            "implicit": [
                sys.executable,
                _implicit.__file__,
                str(folder),
                *map(str, (FACTORS, ITERATIONS_OF_PAPER, THREADS)),
            ],
        },
        rounds=1,
        warm=False,
        aims={"implicit": 1.2},
        most_mb=8000,
    )
    assert np.array_equal(read_array(folder / "user_factors.npy"), read_array(folder / "implicit_users.npy"))
    seconds = float(read_table(folder / "objective.parquet")["seconds"].median())
    pairs = pl.scan_parquet(files["plays"]).select(pl.len()).collect().item()
    told = f"{pairs:,} pairs, an iteration {seconds:.1f} s, {PAPER[3]:,} songs folded in; implicit: its fit alone"
    return Row(**{**vars(row), "note": told})


ROWS = {"implicit": _beside_implicit, "folding": _folding}
LARGE = {"paper-size": _paper_size}
