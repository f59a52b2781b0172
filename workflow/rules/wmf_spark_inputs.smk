"""Where Spark runs. A change of it reruns no job."""

from workflow.engines import spark_lacks


def spark_settings(wildcards, input):
    """Where Spark runs. It takes the rule's input, as the folder of the cache does, because it changes no result."""
    return {key: SETTINGS["wmf"]["spark"][key] for key in ("master", "settings")}


def memory_of_job(wildcards, resources):
    """Megabytes that a job was given; no reason to run it again."""
    return resources.mem_mb
