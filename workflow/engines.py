"""Whether the engine that the config names can run before anything does."""

from typing import Any

from snakemake.settings.types import DeploymentMethod

from coldwave.wmf.spark.installation import lacking


def spark_lacks(workflow: Any) -> str | None:
    """What Spark lacks here, and what to do; None where nothing, or where the job will not run in this environment.

    With conda the rule brings its own, and what machines of a cluster have cannot be seen from here: there the job
    tells it.
    """
    conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
    return None if conda or workflow.non_local_exec else lacking()
