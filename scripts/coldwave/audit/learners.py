"""The canaries of the audit: what is learnt again, by which script and from which files."""

import ast
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.audio.index import INDEX
from coldwave.audit.canary import Canary
from coldwave.audit.replacement import donors_for, other_counts, other_plays, other_rows, other_table_rows
from coldwave.bow.features import COUNTS_SCHEMA
from coldwave.files import read_array, read_table, write_array, write_table
from coldwave.plays.tables import PLAYS, songs_schema
from coldwave.split.parts import TEST, TRAIN

HELD_OUT, TESTED = "plays and audio of validation and test songs", "plays, audio and names of test songs"
SCALED = "vectors of validation and test songs"

Files = Mapping[str, Any]


# Inputs of a learner that hold data of songs: these are replaced.
REPLACED = {
    HELD_OUT: {"plays", "index", "counts"},
    TESTED: {"plays", "index", "songs", "features", "song_factors", "audio"},
    SCALED: {"vectors"},
}
IGNORED = ("objective",)  # of the factorisation: it holds seconds
OF_TRAINING = ("song_factors", "features")  # in these, the rows of training songs are compared


def canaries(files: Files, options: Mapping[str, Any], scripts: Path, cache: Path, threads: int) -> list[Canary]:
    """List everything to learn again.

    Validation songs decide which weights a model keeps, so for models only the test songs are replaced.

    Parameters
    ----------
    files : the run's files, as ``coldwave.audit.checks`` names them
    options : seed; canary (from the name of a rule or model to the rule's ``script``, the names of its ``inputs`` and
        of its outputs (``made``), its ``options``, whether these make it ``short``, of a model what it has ``heard``
        (the file of its features and the names of models whose predictions it takes), and of an embedding or encoder
        its ``files`` by these names). Models are learnt again with the first seed.
    scripts : the folder of the rules' scripts
    """
    part, seed = read_table(files["split"]).sort("song")["part"].to_numpy(), options["seed"]
    training = np.flatnonzero(part == TRAIN)
    untaught = np.flatnonzero(part != TRAIN)
    others = {HELD_OUT: untaught, SCALED: untaught, TESTED: np.flatnonzero(part == TEST)}
    found = []
    for name, learner in options["canary"].items():
        what = TESTED if learner["heard"] else SCALED if learner["files"] else HELD_OUT
        own = _of_model(files, name, seed, **learner["heard"]) if learner["heard"] else dict(files)
        own |= {key: _ending_with(files["scaling"], path) for key, path in learner["files"].items()}
        changed = tuple(key for key in learner["inputs"] if key in REPLACED[what])
        taken = parameters(scripts / learner["script"])
        arguments = {"seed": seed, "threads": 1 if learner["short"] else threads, "cache": cache}
        donors = donors_for(others[what], training, seed)
        found.append(
            Canary(
                name=name,
                what=what,
                script=learner["script"],
                inputs={key: own[key] for key in learner["inputs"]},
                replaced=partial(write_others, own, changed, others[what], donors, seed),
                made={key: own[key] for key in learner["made"]},
                options=learner["options"],
                arguments={key: value for key, value in arguments.items() if key in taken},
                ignored=IGNORED,
                rows={key: training for key in OF_TRAINING if key in learner["made"]},
                short=learner["short"],
            )
        )
    return found


def parameters(script: Path) -> set[str]:
    """Read the names of the parameters that a script's ``main`` takes."""
    body = ast.parse(script.read_text(encoding="utf-8")).body
    (main,) = (node for node in body if isinstance(node, ast.FunctionDef) and node.name == "main")
    return {parameter.arg for parameter in main.args.kwonlyargs}


def _of_model(files: Files, name: str, seed: int, features: str | None, models: list[str]) -> dict[str, Any]:
    """Add to the run's files those of one model: its weights, its features, and the predictions of ``models``."""
    weights = next(path for path in files["weights"] if (path.parent.name, path.stem) == (name, str(seed)))
    predicted = {path.parent.name: path for path in reversed(files["audio_predictions"])}  # with the first seed
    learnt = {path.parent.name: path for path in reversed(files["weights"])}  # likewise
    users = {path.parent.name: path for path in reversed(files["audio_users"])}
    return {
        **files,
        "weights": weights,
        "curve": weights.with_suffix(".parquet"),
        "left_out": weights.with_suffix(".left_out.npy"),
        "features": features and _ending_with(files["song_features"], features),
        "audio": [predicted[model] for model in models],
        "audio_users": [users.get(model, files["user_factors"]) for model in models],
        "audio_weights": [learnt[model] for model in models if model in learnt],
    }


def _ending_with(paths: list[Path], end: str) -> Path:
    return next(path for path in paths if path.as_posix().endswith(f"/{end}"))


def write_others(
    files: Files, names: tuple[str, ...], replaced: np.ndarray, donors: np.ndarray, seed: int, folder: Path
) -> dict[str, Path | list[Path]]:
    """Write changed inputs into a folder: from each of ``names`` to its file, or files.

    Parameters
    ----------
    replaced, donors : int [n], the songs whose data is replaced, and the songs whose data they get
    """
    made = {}
    for name in names:
        made[name] = folder / f"{name}.parquet"
        if name == "plays":
            users = read_table(files["users"], ["user"]).height
            write_table(made[name], other_plays(read_table(files["plays"]), replaced, users, seed), PLAYS)
        elif name in ("songs", "index"):
            table = read_table(files[name])
            keep, schema = (["song", "song_id"], songs_schema(table)) if name == "songs" else (["song"], INDEX)
            write_table(made[name], other_table_rows(table, replaced, donors, keep), schema)
        elif name == "counts":
            ids = read_table(files["songs"], ["song_id"])["song_id"]
            shards = [read_table(shard) for shard in files["counts"]]
            changed = other_counts(shards, ids[replaced].to_list(), ids[donors].to_list())
            made[name] = _shards(folder, f"{name}.parquet", len(shards))
            for path, shard in zip(made[name], changed, strict=True):
                write_table(path, shard, COUNTS_SCHEMA)
        else:
            several = isinstance(files[name], list)
            paths = files[name] if several else [files[name]]
            others = _shards(folder, f"{name}.npy", len(paths))
            for path, other in zip(paths, others, strict=True):
                write_array(other, other_rows(read_array(path, memory_map=True), replaced, donors))
            made[name] = others if several else others[0]
    return made


def _shards(folder: Path, name: str, number: int) -> list[Path]:
    """Name the parts of a file."""
    whole = folder / name
    return [whole.with_stem(f"{whole.stem}_{place}") for place in range(number)]
