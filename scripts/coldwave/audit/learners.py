"""What can be learnt again, by which script, from which files: the canaries of the audit."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from coldwave.audio.index import INDEX
from coldwave.audit.canary import Canary
from coldwave.audit.replacement import donors_for, other_counts, other_plays, other_rows, other_table_rows
from coldwave.bow.features import COUNTS_SCHEMA
from coldwave.files import read_array, read_table, write_array, write_table
from coldwave.plays.tables import PLAYS, SONGS
from coldwave.split.parts import TEST, TRAIN

HELD_OUT, TESTED = "plays and audio of validation and test songs", "plays, audio and names of test songs"

Files = Mapping[str, Any]


class Learner(NamedTuple):
    """A script, and the arguments that name its inputs, those that are replaced, its outputs, and numbers."""

    script: str
    same: tuple[str, ...]
    changed: tuple[str, ...]
    made: tuple[str, ...] = ("weights", "curve")
    arguments: tuple[str, ...] = ()
    what: str = TESTED  # validation songs choose between models: only test songs are replaced for those
    ignored: tuple[str, ...] = ("curve", "objective")  # they hold seconds, or errors of held-out songs
    of_training: tuple[str, ...] = ("song_factors", "features")  # of these the rows of training songs are compared


LEARNERS = {
    "wmf": Learner(
        "factorise_plays.py",
        ("users", "split"),
        ("plays",),
        ("user_factors", "song_factors", "fitted_songs", "objective"),
        ("threads",),
        HELD_OUT,
    ),
    "codebook": Learner(
        "learn_codebook.py",
        ("split", "log_mels"),
        ("index",),
        ("codebook", "frame_scale", "codebook_songs"),
        ("threads",),
        HELD_OUT,
    ),
    "pca": Learner(
        "reduce_counts.py",
        ("songs", "split"),
        ("counts",),
        ("pca_mean", "pca_components", "pca_songs", "features"),
        what=HELD_OUT,
    ),
    "linear": Learner("fit_linear.py", ("split",), ("features", "song_factors")),
    "mlr": Learner("fit_mlr.py", ("split", "users"), ("plays", "features"), arguments=("seed",)),
    "mlp": Learner("train_mlp.py", ("split",), ("features", "song_factors"), arguments=("seed",)),
    "cnn": Learner(
        "train_cnn.py", ("split", "log_mels"), ("index", "song_factors"), arguments=("seed", "threads", "cache")
    ),
    "metadata": Learner("stack_metadata.py", ("split",), ("songs", "song_factors", "audio")),
}


def canaries(files: Files, options: Mapping[str, Any], cache: Path, threads: int) -> list[Canary]:
    """Everything to learn again.

    Parameters
    ----------
    files : the run's files, as ``coldwave.audit.checks`` names them
    options : seed; canary (from wmf, codebook, pca or the name of a model to its ``kind``, a key of `LEARNERS`, and
        the ``options`` of its rule). Of a model the weights of the first seed are learnt again.
    """
    part, seed = read_table(files["split"]).sort("song")["part"].to_numpy(), options["seed"]
    training = np.flatnonzero(part == TRAIN)
    replaced = {HELD_OUT: np.flatnonzero(part != TRAIN), TESTED: np.flatnonzero(part == TEST)}
    arguments = {"seed": seed, "threads": threads, "cache": cache}
    found = []
    for name, learnt in options["canary"].items():
        learner, settings = LEARNERS[learnt["kind"]], learnt["options"]
        own = dict(files) if learner.what == HELD_OUT else _of_model(files, name, seed, settings)
        if settings.get("objective", "mse") != "mse":  # a network that is taught by plays
            learner = learner._replace(same=(*learner.same, "user_factors"), changed=(*learner.changed, "plays"))
        others = replaced[learner.what]
        found.append(
            Canary(
                name=name,
                what=learner.what,
                script=learner.script,
                inputs={key: own[key] for key in (*learner.same, *learner.changed)},
                replaced=partial(write_others, own, learner.changed, others, donors_for(others, training, seed), seed),
                made={key: own[key] for key in learner.made},
                options=settings,
                arguments={key: arguments[key] for key in learner.arguments},
                ignored=learner.ignored,
                rows={key: training for key in learner.of_training if key in learner.made},
            )
        )
    return found


def _of_model(files: Files, name: str, seed: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The run's files, and those of one model: its weights, and the predictions that it builds on."""
    weights = next(path for path in files["weights"] if (path.parent.name, path.stem) == (name, str(seed)))
    own = {**files, "weights": weights, "curve": weights.with_suffix(".parquet")}
    own["audio"] = next(
        (path for path in files["audio_predictions"] if path.parent.name == settings.get("audio")), None
    )
    if (brought := settings.get("features", "bow")) != "bow":
        own["features"] = next(path for path in files["embeddings"] if path.name == f"{brought}.features.npy")
    return own


def write_others(
    files: Files, names: tuple[str, ...], replaced: np.ndarray, donors: np.ndarray, seed: int, folder: Path
) -> dict[str, Path]:
    """Write changed inputs below a folder: from each of ``names`` to its file.

    Parameters
    ----------
    replaced, donors : int [n], the songs that get what belongs to others, and those
    """
    made = {}
    for name in names:
        made[name] = folder / f"{name}.parquet"
        if name == "plays":
            users = read_table(files["users"], ["user"]).height
            write_table(made[name], other_plays(read_table(files["plays"]), replaced, users, seed), PLAYS)
        elif name in ("songs", "index"):
            keep, schema = (["song", "song_id"], SONGS) if name == "songs" else (["song"], INDEX)
            write_table(made[name], other_table_rows(read_table(files[name]), replaced, donors, keep), schema)
        elif name == "counts":
            ids = read_table(files["songs"], ["song_id"])["song_id"]
            counts = pl.concat([read_table(shard) for shard in files["counts"]])
            changed = other_counts(counts, ids[replaced].to_list(), ids[donors].to_list())
            write_table(made[name], changed, COUNTS_SCHEMA)
        else:
            made[name] = folder / f"{name}.npy"
            write_array(made[name], other_rows(read_array(files[name], memory_map=True), replaced, donors))
    return made
