"""Compare two runs by their records: what they were made from and with, and which of their files differ."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from coldwave.errors import InputError
from coldwave.shown import one_line

RECORD = "provenance.json"
SHOWN = 10  # paths of a stage, unless all are asked for

# Beginnings of paths in the order in which a run makes the files: the first difference explains those that follow.
STAGES = (
    "world/", "plays/", "encoders/", "embeddings/", "split/", "wmf/", "audio/manifests/", "audio/log_mel/", "audio/",
    "bow/codebook", "bow/frame_scale", "bow/counts/", "bow/pca_", "bow/", "models/", "predictions/", "scores/",
    "scores_by_song/", "scores_without_songs/", "scores_in_shards/", "analysis/", "tables/", "figures/", "report/",
)  # fmt: skip

Record = Mapping[str, Any]


def find_record(run: str, results: Path) -> Path:
    """Find the record of a run: by its own path, by the run's folder, or by its name.

    Raises
    ------
    InputError
        There is no such record.
    """
    given = Path(run)
    if given.is_file():
        return given
    folders = [folder for folder in (given, results / run) if folder.is_dir()]
    for folder in folders:
        if (folder / RECORD).is_file():
            return folder / RECORD
    if folders:
        raise InputError(
            f"{folders[0]}: it has no {RECORD}, which a run writes when it is finished: run `snakemake` with its config"
        )
    made = ", ".join(sorted(path.parent.name for path in results.glob(f"*/{RECORD}")))
    raise InputError(
        f"no run {run!r}: " + (f"finished runs are {made}" if made else f"no run under {results}/ is finished")
    )


def read_record(path: Path) -> dict[str, Any]:
    """Read a record, with its config parsed.

    Raises
    ------
    InputError
        It is not a record.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        record["config"] = yaml.safe_load(record["config"])
        parts = [record[part] for part in ("config", "inputs", "versions", "machine", "outputs")]
        if not all(isinstance(part, dict) for part in parts) or not record["outputs"]:
            raise ValueError("a part of it is missing")
        record["inputs"] = {name: one["sha256"] for name, one in record["inputs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"{path}: not the record of a run ({error})") from error
    return record


def differing_outputs(one: Record, other: Record) -> list[str]:
    """List the outputs that differ between two runs, or that only one of them has, in the order of ``STAGES``."""
    paths = {*one["outputs"], *other["outputs"]}
    return sorted(
        (path for path in paths if one["outputs"].get(path) != other["outputs"].get(path)),
        key=lambda path: (_place(path), path),
    )


def differing_causes(one: Record, other: Record) -> dict[str, list[str]]:
    """List what differs in what the runs were made from and with: under each heading, a line for each difference.

    The config comes first, because it names the inputs; the machine last, because it matters least.
    """
    both = {
        "Config": (one["config"], other["config"]),
        "Seeds": ({"seeds": one.get("seeds")}, {"seeds": other.get("seeds")}),
        "Inputs": (one["inputs"], other["inputs"]),
        "Code": (one.get("code") or {}, other.get("code") or {}),
        "Versions": (one["versions"], other["versions"]),
        "Machine": (one["machine"], other["machine"]),
    }
    found = {heading: list(_differences(*pair)) for heading, pair in both.items()}
    return {heading: lines for heading, lines in found.items() if lines}


def comparison(one: Record, other: Record, shown: int | None = SHOWN) -> list[str]:
    """Say in lines what differs between two runs, first causes first; in one line if all outputs are the same.

    Parameters
    ----------
    shown : the most paths to name for each stage, or None for all
    """
    causes, outputs = differing_causes(one, other), differing_outputs(one, other)
    known = len({*one["outputs"], *other["outputs"]})
    if not outputs:
        though = f", though these differ: {', '.join(causes).lower()}" if causes else ""
        return [f"All {known:,} outputs are the same{though}"]
    lines = []
    for heading, differences in causes.items():
        lines += [f"{heading} (A | B)", *(f"  {line}" for line in differences), ""]
    if not causes:
        lines += ["Config, seeds, inputs, code, versions and machine are the same", ""]
    lines += [f"Outputs: {len(outputs):,} of {known:,} differ, in the order in which a run makes them"]
    for stage in dict.fromkeys(map(_stage, outputs)):
        of_stage = [path for path in outputs if _stage(path) == stage]
        lines += [f"  {one_line(path)}{_only(path, one, other)}" for path in of_stage[:shown]]
        if more := len(of_stage[shown:] if shown else []):
            lines += [f"  … and {more:,} more of {one_line(stage)}"]
    return lines


def _differences(one: Any, other: Any, above: str = "") -> Iterator[str]:
    """Write a line for each dotted key whose values differ; a section that only one run has is one line."""
    for key in dict.fromkeys([*one, *other]):
        pair, name = (one.get(key), other.get(key)), f"{above}{key}"
        if all(isinstance(value, dict) for value in pair):
            yield from _differences(*pair, f"{name}.")
        elif pair[0] != pair[1] or (key in one) != (key in other):
            yield f"{one_line(name)}: " + " | ".join(
                _value(side[key]) if key in side else "(none)" for side in (one, other)
            )


def _value(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _only(path: str, one: Record, other: Record) -> str:
    """Say that a file is in one run only."""
    if path not in other["outputs"]:
        return " (only in A)"
    return "" if path in one["outputs"] else " (only in B)"


def _place(path: str) -> int:
    """Find the place of a file in the order of making: the first of ``STAGES`` that its path begins with."""
    return next((place for place, begin in enumerate(STAGES) if path.startswith(begin)), len(STAGES))


def _stage(path: str) -> str:
    """Name the stage of a file: the one of ``STAGES`` that its path begins with, else its folder."""
    place = _place(path)
    return STAGES[place] if place < len(STAGES) else path.rpartition("/")[0]
