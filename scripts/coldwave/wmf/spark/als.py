"""Spark's alternating least squares on the confidences of the plays of some songs."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

log = logging.getLogger(__name__)


def fit(
    spark: Any,
    plays: Path,
    fitted: np.ndarray,
    users: int,
    factors: int,
    alpha: float,
    epsilon: float,
    penalty: float,
    iterations: int,
    blocks: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit user and song factors; Spark reads the plays itself.

    Spark minimises the sum of c (p - s)^2 over all pairs with confidences c = 1 + alpha * rating, which are those of
    the paper with rating = log(1 + plays / epsilon), plus ``penalty`` times the squared norms of all vectors, each
    times the number of plays that the user or song has (ALS-WR; numExplicits * regParam in Spark's ALS.scala). Each
    half-step is exact.

    Parameters
    ----------
    spark : a ``pyspark.sql.SparkSession``
    plays : Parquet table ``user``, ``song``, ``count``, each pair once
    fitted : bool [songs], the songs whose plays are seen
    penalty : Spark's regParam
    blocks : parts that the users, and the songs, are dealt into; the random start depends on it

    Returns
    -------
    float32 [users, factors] and [songs, factors], zeros for those without a play that was seen. The songs were solved
    last: they are the minimum for the user factors returned.
    """
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import functions as F

    table = spark.read.parquet(_spark_path(plays))
    if not fitted.all():
        # a mark for each song, which travels with the tasks: workers need neither the split nor Python
        marks = F.lit(fitted.astype(np.uint8).tobytes())
        mark = F.substring(marks, F.col("song").cast("int") + 1, F.lit(1))
        table = table.where(mark == F.lit(b"\x01"))
    ratings = table.select(
        F.col("user").cast("int").alias("user"),
        F.col("song").cast("int").alias("song"),
        F.log1p(F.col("count") / F.lit(epsilon)).cast("float").alias("rating"),
    )
    model = ALS(
        rank=factors,
        maxIter=iterations,
        regParam=penalty,
        implicitPrefs=True,
        alpha=alpha,
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        seed=seed,
        userCol="song",  # Spark ends each iteration with what it calls users, and ours ends with the songs
        itemCol="user",
        ratingCol="rating",
    ).fit(ratings)
    return (
        _collected(model.itemFactors.toLocalIterator(), users, factors),
        _collected(model.userFactors.toLocalIterator(), len(fitted), factors),
    )


def _spark_path(path: Path) -> str:
    """A file's URI for Spark, with wildcards escaped."""
    return "file://" + "".join(f"\\{sign}" if sign in "[]{}*?\\" else sign for sign in str(path.resolve()))


def _collected(rows: Iterable[Any], number: int, factors: int) -> np.ndarray:
    """Collect vectors by their id in one array, row by row; zeros where there is none."""
    collected = np.zeros((number, factors), dtype=np.float32)
    for row in rows:
        collected[row["id"]] = row["features"]
    return collected
