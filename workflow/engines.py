"""Check that the engine that the config names can run, before any job starts."""

from typing import Any

from snakemake.settings.types import DeploymentMethod

from coldwave.wmf.spark.installation import lacking


def spark_lacks(workflow: Any) -> str | None:
    """Say what Spark lacks here, and what to do; None if nothing, or if the job will run in another environment.

    With conda the rule has its own Spark. What the machines of a cluster have cannot be seen from here: there the job
    reports it.
    """
    conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
    return None if conda or workflow.non_local_exec else lacking()
