"""Settings of the factorisation's engine, and whether it can run. Needs no Spark."""

from types import SimpleNamespace

import pytest
from snakemake.settings.types import DeploymentMethod
from test_settings import CONFIG, mistakes, overlaid

from workflow import engines
from workflow.engines import spark_lacks
from workflow.settings import check

SPARK = {"wmf": {"engine": "spark"}, "audit": {"canary": ["bow", "linear"]}}


def test_implicit_is_the_default():
    assert check(CONFIG)["wmf"]["engine"] == "implicit"


def test_settings_of_spark_keep_their_types():
    given = {"spark.executor.memory": "8g", "spark.cores.max": 4, "spark.memory.fraction": 0.5, "spark.x": True}
    checked = check(overlaid(SPARK, {"wmf": {"spark": {"master": "spark://host:7077", "settings": given}}}))
    assert checked["wmf"]["spark"] == {"master": "spark://host:7077", "blocks": 10, "settings": given}
    assert [type(value) for value in checked["wmf"]["spark"]["settings"].values()] == [str, int, float, bool]


@pytest.mark.parametrize(
    ("wrong", "keys", "said"),
    [
        ({"engine": "sparc"}, "wmf.engine", "did you mean 'spark'?"),
        ({"spark": {"blocks": 0}}, "wmf.spark.blocks", "0 is not"),
        ({"spark": {"master": "host:7077"}}, "wmf.spark.master", "is not a Spark master: local[*]"),
        ({"spark": {"maste": "yarn"}}, "wmf.spark.maste", "did you mean 'master'?"),
        ({"spark": {"settings": {"spark.master": "yarn"}}}, "wmf.spark.settings.spark.master", "but not spark.master"),
        ({"spark": {"settings": {"executor.memory": "8g"}}}, "wmf.spark.settings.executor.memory", "spark.*"),
        ({"spark": {"settings": {"spark.jars": ["a"]}}}, "wmf.spark.settings.spark.jars", "text, a number"),
    ],
    ids=str,
)
def test_mistakes(wrong, keys, said):
    found = mistakes(SPARK, {"wmf": wrong})
    assert list(found) == [keys]
    assert said in found[keys]


def test_what_spark_makes_is_not_learnt_again():
    found = mistakes({"wmf": {"engine": "spark"}})
    assert list(found) == ["audit.canary"]
    assert found["audit.canary"].endswith("write ['bow', 'linear']")
    assert check(overlaid(SPARK))["audit"]["canary"] == ["bow", "linear"]


@pytest.mark.parametrize(
    ("conda", "elsewhere", "said"), [(False, False, "no Java"), (True, False, None), (False, True, None)]
)
def test_what_is_lacking_is_told_where_the_job_will_run_here(conda, elsewhere, said, monkeypatch):
    monkeypatch.setattr(engines, "lacking", lambda: "no Java")
    methods = {DeploymentMethod.CONDA} if conda else set()
    workflow = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=methods), non_local_exec=elsewhere)
    assert spark_lacks(workflow) == said
