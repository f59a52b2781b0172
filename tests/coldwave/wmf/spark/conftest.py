"""One connection to Spark on this machine for all tests that need it."""

import pytest

from coldwave.wmf.spark.installation import lacking
from coldwave.wmf.spark.session import spark_session

QUICK = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1", "spark.sql.codegen.wholeStage": "false"}


@pytest.fixture(scope="session")
def spark():
    """A session with two threads; the test is skipped where Spark is not installed."""
    if problem := lacking():
        pytest.skip(problem)
    with spark_session("local[*]", QUICK, threads=2, memory=1500) as session:
        yield session
