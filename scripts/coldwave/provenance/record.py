"""The record of a run: digests of its inputs and outputs, versions, the machine, time and memory.

Two runs are the same if the digests of their outputs are (``coldwave.provenance.comparison``). Times do not count.
"""

import hashlib
import importlib.metadata
import io
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.digest import digest_file
from coldwave.errors import InputError
from coldwave.files import read_table

TIMES = ("seconds",)  # columns that differ from run to run


def digest_input(path: Path) -> str:
    """Digest (SHA-256) a file or a folder (its files by name); raise ``InputError`` if one cannot be read."""
    try:
        if not path.is_dir():
            return digest_file(path)
        files = sorted(file for file in path.rglob("*") if file.is_file())
        listed = [f"{file.relative_to(path).as_posix()}\0{digest_file(file)}\n" for file in files]
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}; it was an input or output of the run") from error
    return hashlib.sha256("".join(listed).encode(errors="surrogateescape")).hexdigest()


def digest_output(path: Path) -> str:
    """Digest (SHA-256) an output; a table's columns of times are left out."""
    if path.suffix == ".parquet":
        columns = pl.read_parquet_schema(path).keys()
        if not set(TIMES).isdisjoint(columns):
            buffer = io.BytesIO()
            read_table(path, [name for name in columns if name not in TIMES]).write_parquet(buffer)
            return hashlib.sha256(buffer.getvalue()).hexdigest()
    return digest_input(path)


def versions() -> dict[str, str]:
    """List the version of Python and of every installed package, by name."""
    packages = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return {"python": platform.python_version(), **dict(sorted(packages.items(), key=lambda item: item[0].lower()))}


def commit(folder: Path) -> dict[str, Any] | None:
    """Find the git commit of a folder, and whether its tracked files were changed since; None outside of git."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "changed": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.SubprocessError):
        return None


def machine() -> dict[str, Any]:
    """Describe the machine that this runs on. On a cluster, other jobs may have run on other machines."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": memory,
        "gpus": gpus(),
    }


def gpus() -> list[str]:
    """List NVIDIA's GPUs by name, as the driver names them; none without a driver."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listed.splitlines() if line.strip()]


def time_and_memory(timings: Path) -> dict[str, dict[str, Any]]:
    """Sum jobs and wall seconds and find the peak memory of each rule, from the files of Snakemake's ``benchmark:``.

    Parameters
    ----------
    timings : folder of ``<rule>.tsv`` and ``<rule>/**/*.tsv``, with the columns ``s`` and ``max_rss`` (MiB; NA for
        a job too short to be measured)
    """
    rules: dict[str, dict[str, Any]] = {}
    for path in sorted(timings.rglob("*.tsv")):
        first = path.relative_to(timings).parts[0]
        row = rules.setdefault(first.removesuffix(".tsv"), {"jobs": 0, "seconds": 0.0, "peak_memory_mib": None})
        header, *lines = (line.split("\t") for line in path.read_text().splitlines())
        for values in (dict(zip(header, line, strict=False)) for line in lines[-1:]):
            row["jobs"] += 1
            row["seconds"] = round(row["seconds"] + _number(values.get("s"), 0.0), 2)
            peaks = [row["peak_memory_mib"], _number(values.get("max_rss"), None)]
            row["peak_memory_mib"] = max((peak for peak in peaks if peak is not None), default=None)
    return rules


def _number(text: str | None, otherwise: float | None) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return otherwise


def provenance(
    inputs: Mapping[str, Path], outputs: Iterable[Path], root: Path, timings: Path, known: Mapping[str, Any]
) -> dict[str, Any]:
    """Collect the record of a run.

    Parameters
    ----------
    inputs : files or folders that the run read, by what they are
    outputs : files that it made, below ``root``
    known : what the workflow itself knows: the config, the seeds, a note on the data
    """
    return {
        **known,
        "inputs": {name: {"path": str(path), "sha256": digest_input(path)} for name, path in sorted(inputs.items())},
        "outputs": {path.relative_to(root).as_posix(): digest_output(path) for path in sorted(outputs)},
        "code": commit(Path(__file__).resolve().parents[3]),
        "versions": versions(),
        "machine": machine(),
        "rules": time_and_memory(timings),
    }
