"""Snakemake as it is, but that it asks for the states of its cluster jobs every second.

The SLURM plugin waits ten seconds longer after each time that no job has ended: right for a cluster that others use,
minutes for jobs of a few seconds. Nothing else is altered, and the jobs themselves run plain Snakemake.
"""

import asyncio

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor


async def one_second(executor: RemoteExecutor) -> None:
    await asyncio.sleep(1)


if __name__ == "__main__":
    RemoteExecutor.sleep = one_second
    main()
