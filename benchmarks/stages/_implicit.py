"""The factorisation as a user of implicit would write it, with nothing else: a command to be measured beside ours.

python benchmarks/stages/_implicit.py FOLDER FACTORS ITERATIONS THREADS
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse as sparse
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from coldwave.files import write_array

REGULARIZATION = 10.0
SETTINGS = {"alpha": 2.0, "epsilon": 1.0}  # of the confidences


def main(folder: Path, factors: int, iterations: int, threads: int) -> None:
    """Read plays.parquet, keep the training songs, fit, and save both arrays."""
    plays = pl.read_parquet(folder / "plays.parquet")
    training = (pl.read_parquet(folder / "split.parquet")["part"] == "train").to_numpy()
    values = (1 + SETTINGS["alpha"] * np.log1p(plays["count"].to_numpy() / SETTINGS["epsilon"])).astype(np.float32)
    matrix = sparse.csr_matrix((values, (plays["user"].to_numpy(), plays["song"].to_numpy())))[:, training]
    model = AlternatingLeastSquares(factors, REGULARIZATION, iterations=iterations, num_threads=threads, random_state=1)
    with threadpool_limits(1, user_api="blas"):
        model.fit(matrix, show_progress=False)
    write_array(folder / "implicit_users.npy", model.user_factors)
    write_array(folder / "implicit_songs.npy", model.item_factors)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
