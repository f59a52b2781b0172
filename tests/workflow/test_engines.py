"""Whether the factorisation's engine can run. Needs no Spark."""

from types import SimpleNamespace

import pytest
from snakemake.settings.types import DeploymentMethod

from workflow import engines


@pytest.mark.parametrize(
    ("conda", "elsewhere", "said"), [(False, False, "no Java"), (True, False, None), (False, True, None)]
)
def test_what_is_lacking_is_told_where_the_job_will_run_here(conda, elsewhere, said, monkeypatch):
    monkeypatch.setattr(engines, "lacking", lambda: "no Java")
    methods = {DeploymentMethod.CONDA} if conda else set()
    workflow = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=methods), non_local_exec=elsewhere)
    assert engines.spark_lacks(workflow) == said
