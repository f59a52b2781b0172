"""What a run was made from and with: digests of its inputs and outputs, versions, the machine, time and memory.

Two runs are the same where these digests of arrays and tables are (``coldwave.provenance.comparison``): times do not
count.
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
    """SHA-256 of a file's content, or of a folder's (its files by name); what cannot be read is an ``InputError``."""
    try:
        if not path.is_dir():
            return digest_file(path)
        files = sorted(file for file in path.rglob("*") if file.is_file())
        listed = [f"{file.relative_to(path).as_posix()}\0{digest_file(file)}\n" for file in files]
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}; it was an input or output of the run") from error
    return hashlib.sha256("".join(listed).encode(errors="surrogateescape")).hexdigest()


def digest_output(path: Path) -> str:
    """SHA-256 of what a file says, whenever it was made: a table's columns of times are left out."""
    if path.suffix == ".parquet":
        columns = pl.read_parquet_schema(path).keys()
        if not set(TIMES).isdisjoint(columns):
            buffer = io.BytesIO()
            read_table(path, [name for name in columns if name not in TIMES]).write_parquet(buffer)
            return hashlib.sha256(buffer.getvalue()).hexdigest()
    return digest_input(path)


def versions() -> dict[str, str]:
    """The version of Python and of every package that is installed here, by name."""
    packages = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return {"python": platform.python_version(), **dict(sorted(packages.items(), key=lambda item: item[0].lower()))}


def commit(folder: Path) -> dict[str, Any] | None:
    """The git commit that a folder is at, and whether its tracked files were changed since; None outside of git."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "changed": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.SubprocessError):
        return None


def machine() -> dict[str, Any]:
    """The machine that this runs on. On a cluster each job may have had another."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": memory,
        "gpus": gpus(),
    }


def gpus() -> list[str]:
    """NVIDIA's GPUs by name, as its driver tells them; none where there is no driver."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listed.splitlines() if line.strip()]


def time_and_memory(timings: Path) -> dict[str, dict[str, Any]]:
    """Jobs, wall seconds and peak memory of each rule, from the files of Snakemake's ``benchmark:``.

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
    inputs: Mapping[str, Path], outputs: Iterable[Path], root: Path, timings: Path, told: Mapping[str, Any]
) -> dict[str, Any]:
    """Collect everything.

    Parameters
    ----------
    inputs : files or folders that the run read, by what they are
    outputs : files that it made, below ``root``
    told : what the workflow knows itself: the config, the seeds, a note on the data
    """
    return {
        **told,
        "inputs": {name: {"path": str(path), "sha256": digest_input(path)} for name, path in sorted(inputs.items())},
        "outputs": {path.relative_to(root).as_posix(): digest_output(path) for path in sorted(outputs)},
        "code": commit(Path(__file__).resolve().parents[3]),
        "versions": versions(),
        "machine": machine(),
        "rules": time_and_memory(timings),
    }
