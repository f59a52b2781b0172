"""The factorisation by Spark in the workflow: what runs, what it makes, and what is said where Spark is lacking."""

import numpy as np
import pytest
from test_reruns import FACTORS, ON_FACTORS

from coldwave.wmf.spark.installation import lacking

SPARK = {"wmf": {"engine": "spark", "spark": {"blocks": 1}}, "audit": {"canary": ["bow", "linear"]}}
MADE = [f"results/tiny/wmf/{name}" for name in ("user_factors.npy", "song_factors.npy", "objective.parquet")]

needs_spark = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))


def test_where_spark_is_lacking_it_is_told_before_anything_runs(workplace, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "/nowhere")  # wherever pyspark is installed, Java is not
    outcome = workplace.start(overlay=SPARK).end()  # a call of its own has the variable
    assert outcome.status != 0
    assert "wmf.engine is spark" in outcome.output
    assert "`make install-spark`" in outcome.output or "JAVA_HOME (/nowhere) has no bin/java" in outcome.output
    assert "Traceback" not in outcome.output
    assert not workplace.results.exists()


@needs_spark
def test_another_engine_reruns_the_factorisation_and_what_follows(tiny):
    planned = {rule: jobs for rule, jobs in (FACTORS | ON_FACTORS).items() if rule != "factorise_plays"}
    overlay = {**SPARK, "wmf": {"engine": "spark"}}
    assert tiny.plan(overlay=overlay) == {"factorise_plays_spark": 1, **planned, "evaluate_model": 8}


@pytest.fixture(scope="module")
def factorised(tiny, tmp_path_factory):
    """A copy of the tiny run whose factors are made again, by Spark."""
    place = tiny.copy(tmp_path_factory.mktemp("spark") / "copy")
    assert place.make(targets=MADE, overlay=SPARK).done == ["factorise_plays_spark"]
    return place


@needs_spark
def test_it_makes_the_files_that_implicit_makes(factorised):
    """The songs outside training are the closed-form minimum of their own plays, with their shares of lambda."""
    users, songs = (factorised.array(f"wmf/{name}_factors.npy") for name in ("user", "song"))
    assert (users.dtype, users.shape, songs.dtype, songs.shape) == (np.float32, (80, 4), np.float32, (40, 4))
    fitted = factorised.array("wmf/fitted_songs.npy")
    assert np.array_equal(fitted.nonzero()[0], factorised.part("train"))
    assert factorised.table("wmf/objective.parquet")["iteration"].to_list() == [5]
    plays, counts = factorised.table("plays/plays.parquet"), np.zeros((80, 40))
    counts[plays["user"], plays["song"]] = plays["count"]
    weights, x = 1 + 2 * np.log(1 + counts), users.astype(np.float64)
    number = (counts > 0).sum(axis=0)
    for song in range(40):  # those of training as well, which Spark solved last
        penalty = 0.1 * number[song] / number[fitted].mean() * np.eye(4)
        weighted = x * weights[:, song : song + 1]
        solved = np.linalg.solve(x.T @ weighted + penalty, weighted.T @ (counts[:, song] > 0))
        assert songs[song] == pytest.approx(solved, rel=1e-3, abs=1e-4)


@needs_spark
def test_where_spark_runs_reruns_nothing_and_what_it_computes_does(factorised):
    elsewhere = {"master": "local[2]", "blocks": 1, "settings": {"spark.memory.fraction": 0.5}}
    planned = factorised.plan("--set-resources", "factorise_plays_spark:mem_mb=5000", overlay=_with(elsewhere))
    assert "factorise_plays_spark" not in planned
    assert "factorise_plays_spark" in factorised.plan(overlay=_with({"blocks": 3}))


def _with(spark):
    return {**SPARK, "wmf": {**SPARK["wmf"], "spark": spark}}
