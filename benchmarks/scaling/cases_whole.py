"""Cases that take a whole run's files: the audit, the record of a run, new songs, a plan, and Spark."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scaling.case import ROOT, SETTINGS, Case, made_by, of_model, wmf
from scaling.cases_plays import PLAYS
from scaling.files import Files

from coldwave.files import write_array, write_text
from workflow.settings import as_text

SONGS = (1_000, 10_000, 100_000, 300_000)
NAMES = as_text(SETTINGS | {"models": {"names": SETTINGS["models"]["names"]}})
LINKS = {"plays": ("plays", "songs", "users"), "split": ("split",), "wmf": ("user_factors", "song_factors")}


def _wmf_of(files: Files) -> dict[str, Any]:
    options = wmf(files.size.factors, iterations=3, tolerance=0, protocol="strict", seed=1)
    return {"plays": files.plays, "users": files.users, "split": files.split, "options": options}


def _audit(files: Files, _: int) -> dict[str, Any]:
    """The audit that learns the factorisation again, from plays in which held-out songs have others'."""
    given = _wmf_of(files)
    made = made_by(files, "factorise_plays", given | {"threads": 2})
    known = {name: files_of for name, files_of in given.items() if name != "options"} | {"songs": files.songs}
    canary = {"script": "factorise_plays.py", "inputs": ["plays", "users", "split"], "made": list(made), "short": False}
    canary |= {"options": given["options"], "heard": None, "files": {}}
    options = {"about": [], "brought": {}, "by": "song", "canary": {"factorise_plays": canary}, "forbidden": []}
    options |= {"inputs": {}, "protocol": "strict", "refits": [], "seed": 1}
    paths = {name: [path] for name, path in (known | made).items()}
    return {"files": paths, "options": options, "cache": "cache"}


def _run(files: Files) -> Path:
    """Lay a run's files out as a finished run has them, with its record."""
    root, kept = files.folder / "results/scale", []
    for stage, names in LINKS.items():
        for name in names:
            path = getattr(files, name)
            (root / stage).mkdir(parents=True, exist_ok=True)
            if not (link := root / stage / path.name).exists():
                os.link(path, link)
            kept.append(link)
    known = {"songs": files.songs, "split": files.split, "options": of_model("names")}
    known |= {"user_factors": files.user_factors, "song_factors": files.song_factors}
    predicted = made_by(files, "predict_names", known)["predictions"]
    (link := root / "predictions/names/1.npy").parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        os.link(predicted, link)
    kept.append(link)
    write_array(fitted := root / "wmf/fitted_songs.npy", np.ones(files.songs_number, bool))
    options = {"config": NAMES, "data": "", "seeds": [1], "encoders": {}, "brought": []}
    known = {"source": files.plays, "kept": [*kept, fitted], "record": root / "provenance.json"}
    if not known["record"].exists():
        made_by(files, "record_provenance", known | {"options": options})
    return root


def _new(files: Files, _: int) -> dict[str, Any]:
    root = _run(files)
    write_text(source := files.folder / "new.csv", "song_id,title,artist\nnew song,A title,Artist 7\n")
    reading = {"columns": {}, "tag_separator": "|", "audio_root": None}
    options = {"embeddings": {}, "models": ["names"], "neighbours": 5, "users": 10, "reading": reading}
    shutil.rmtree(root / "new_songs", ignore_errors=True)
    learnt = [path for stage in (*LINKS, "predictions/names") for path in (root / stage).iterdir()]
    given = {"source": source, "batch_file": root / "new_songs/batch/batch.json", "cache": files.folder / "cache"}
    return given | {"options": options, "_learnt": learnt}


def _provenance(files: Files, _: int) -> dict[str, Any]:
    root = _run(files)
    kept = [path for stage in LINKS for path in sorted((root / stage).iterdir())]
    options = {"config": NAMES, "data": "", "seeds": [1], "encoders": {}, "brought": []}
    return {"source": files.plays, "kept": kept, "record": root / "again.json", "options": options}


def _plan(files: Files, shards: int) -> list[str]:
    """A dry run of the default models after the songs are shared out: what is planned for each shard."""
    folder = files.folder / "plan"
    run = folder / "results/plan"
    overlay = {"run": "plan", "world": None, "plays": {"path": "plays.txt", "songs": {"path": None}}}
    overlay |= {"audio": {"shards": shards}, "wmf": {"factors": 50, "alpha": 2.0, "regularization": 1.0}}
    for name in ("plays", "users", "songs"):
        (run / "plays").mkdir(parents=True, exist_ok=True)
        if not (link := run / f"plays/{name}.parquet").exists():
            os.link(getattr(files, name), link)
    write_text(folder / "plays.txt", "")
    write_text(folder / "plan.yaml", yaml.safe_dump(overlay))
    (run / "plays/rejected.parquet").touch()
    for name in [f"audio/manifests/{shard:03}.parquet" for shard in range(shards)] + ["audio/settled"]:
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).touch()
    words = ["-m", "snakemake", "--dry-run", "--quiet", "all", "--cores", "2", "--snakefile", str(ROOT / "Snakefile")]
    return [*words, "--directory", str(folder), "--configfile", str(folder / "plan.yaml")]


def _spark(files: Files, _: int) -> dict[str, Any]:
    options = {key: value for key, value in wmf(files.size.factors, iterations=3).items()
               if key in ("factors", "alpha", "epsilon", "regularization", "iterations")}  # fmt: skip
    options |= {"blocks": 10, "protocol": "strict", "seed": 1}
    spark = {"master": "local[*]", "settings": {}}
    return _wmf_of(files) | {"options": options, "spark": spark, "memory": 4_000}


CASES = (
    Case("audit_leakage", "plays", PLAYS, _audit),
    Case("record_provenance", "songs", SONGS, _provenance, {"plays": 100_000}),
    Case("place_new_songs", "songs", SONGS, _new, {"plays": 100_000}),
    Case("plan", "shards", (8, 40, 160, 400), _plan, {"songs": 1_000, "plays": 10_000}),
    Case("factorise_plays_spark", "plays", PLAYS[1:3], _spark),
)
