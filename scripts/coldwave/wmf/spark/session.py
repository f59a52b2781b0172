"""A connection to Spark, on this machine or on a cluster."""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from coldwave.errors import InputError
from coldwave.wmf.spark.installation import lacking

log = logging.getLogger(__name__)

HEAP = 0.6  # of the memory goes to Java; the factors and a block of the plays are Python's
LEAST_HEAP = 512  # MB: Spark refuses to start with less than 471


@contextmanager
def spark_session(master: str, settings: Mapping[str, Any], threads: int, memory: int) -> Iterator[Any]:
    """Yield a ``pyspark.sql.SparkSession``, which is stopped when the block ends.

    Parameters
    ----------
    master : a Spark master: "local[*]" (this machine, with ``threads`` threads), "local[4]", "spark://HOST:7077",
        "yarn", "k8s://...". Workers of a cluster must find the plays under the same path as this machine.
    settings : further Spark settings by name, which override those chosen here
    memory : MB that this process and Java may use together

    Raises
    ------
    InputError
        Spark is not installed, cannot start or fails.
    """
    if problem := lacking():
        raise InputError(problem)
    from pyspark.sql import SparkSession

    logging.getLogger("py4j").setLevel(logging.WARNING)  # else it logs every connection that it closes
    with tempfile.TemporaryDirectory(prefix="coldwave-spark-", ignore_cleanup_errors=True) as scratch, plain_errors():
        chosen = {
            "spark.app.name": "coldwave",
            "spark.driver.memory": f"{max(LEAST_HEAP, int(HEAP * memory))}m",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            **(_on_this_machine(scratch) if master.startswith("local") else {}),
            **settings,
        }
        builder = SparkSession.builder.master(f"local[{threads}]" if master == "local[*]" else master)
        for name, value in chosen.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        try:
            session.sparkContext.setLogLevel("ERROR")
            log.info("Spark %s on %s", session.version, session.sparkContext.master)
            yield session
        finally:
            session.stop()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn Spark's errors into an ``InputError`` of one line, without Java's trace, or a ``MemoryError``."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException, ConnectionError) as error:
        text = str(getattr(error, "java_exception", None) or error)
        if "OutOfMemoryError" in text:
            raise MemoryError from error
        if "stopped SparkContext" in text:
            raise InputError(
                "Spark failed: its master (wmf.spark.master) does not answer, or has ended the job"
            ) from error
        line = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
        raise InputError(
            f"Spark failed: {line} (Java's own message is in the log or above; wmf.spark sets where and how Spark runs)"
        ) from error


def _on_this_machine(scratch: str) -> dict[str, str]:
    """Keep Spark on this machine, whatever its name resolves to; what does not fit the memory goes to ``scratch``."""
    return {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "localhost",
        "spark.local.dir": scratch,
        "spark.checkpoint.dir": f"file://{scratch}/checkpoints",  # else the plan grows with every iteration
    }
