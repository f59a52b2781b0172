"""Write vectors of files to a table that any program reads."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.files import write_table

VECTORS = {"file": pl.String, "name": pl.String, "vector": pl.List(pl.Float32)}


def write_vectors(folder: Path, vectors: Mapping[str, Mapping[str, np.ndarray]]) -> Path:
    """Write ``vectors.parquet``, one row for each file and name of a vector (``VECTORS``), and return its path."""
    rows = [(file, name, vector.tolist()) for file, named in vectors.items() for name, vector in named.items()]
    path = folder / "vectors.parquet"
    write_table(path, pl.DataFrame(rows, schema=VECTORS, orient="row"), VECTORS)
    return path
