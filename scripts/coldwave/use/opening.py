"""Open a finished run."""

from pathlib import Path

from coldwave.use.files import RunFiles
from coldwave.use.run import Run


def load(folder: str | Path) -> Run:
    """Open a finished run, to recommend songs with it: ``coldwave.load("results/mine").recommend("anna").table``.

    Nothing is learnt. Files are read when they are first needed. Neither Snakemake nor what trains models is imported,
    and PyTorch only where a network hears a file.

    Raises
    ------
    InputError
        The folder holds no finished run, or lacks a file that every run has.
    """
    return Run(RunFiles(folder))
