"""Run a system of others on the split, plays, features and factors of finished runs, and keep its vectors.

    python -m benchmarks.peers.run results/emotify-fold[1-5] --peer acarec --source ACARec --out theirs

``--source`` is a clone of the peer's repository, or its address, which is cloned into ``--out``. Every model is a
process of its own, with one thread. In ``--out`` is a folder for each run, and in it are ``<name>.users.parquet`` and
``<name>.songs.parquet``, vectors by id, ``<name>.json``, what was run and what it took, and ``theirs.yaml``, an overlay
that adds all of them to the run's config as models of kind ``predictions``. What failed has its reason in
``<name>.json``, and no vectors.
"""

import argparse
import contextlib
import importlib
import io
import itertools
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from multiprocessing.context import BaseContext
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import yaml

from benchmarks.peers.exported import Exported, export, validate
from coldwave.evaluation.compiled import keep_compiled
from coldwave.files import write_table, write_text

PEERS = ("acarec", "coldrec", "semco")
DRAWS = 6  # of settings, beside the published ones
VECTORS = pl.List(pl.Float32)


class Task(NamedTuple):
    """One model to train."""

    results: Path
    model: str
    settings: str  # published, or validation
    seed: int
    record: Path


def work(options: argparse.Namespace, task: Task) -> None:
    """Train one model, and write its vectors and its record."""
    import torch  # here, as the parent has no use for it

    torch.set_num_threads(1)
    if not torch.cuda.is_available():  # some ask for it without looking
        torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *given: self
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    adapter = importlib.import_module(f"benchmarks.peers.{options.peer}")
    sys.path.insert(0, str(options.source))
    keep_compiled(options.out / "compiled")
    exported = export(task.results, options.features)
    found = {"peer": options.peer, "features": options.features, "commit": commit_of(options.source)}
    before = time.perf_counter(), time.process_time()
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            chosen, reached, vectors = best(adapter, task, exported, device, Path(folder))
    except Exception as error:
        where = traceback.format_exc().splitlines()[-4:]
        write_record(task, found | {"failed": f"{type(error).__name__}: {error}", "where": where})
        return
    found |= {"seconds": time.perf_counter() - before[0], "cpu_seconds": time.process_time() - before[1]}
    found |= {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    for of, ids, rows in zip(("user", "song"), (exported.user_ids, exported.song_ids), vectors, strict=True):
        known = np.isfinite(rows).all(axis=1) & (exported.heard if of == "song" else True)
        kept = [one for one, there in zip(ids, known, strict=True) if there]
        table = pl.DataFrame({f"{of}_id": kept, "vector": rows[known].astype(np.float32)})
        table = table.with_columns(pl.col("vector").cast(VECTORS))
        write_table(task.record.with_suffix(f".{of}s.parquet"), table, {f"{of}_id": pl.String, "vector": VECTORS})
    write_record(task, found | {"chosen": chosen, "auc_validation": reached})


def best(
    adapter: ModuleType, task: Task, exported: Exported, device: Any, folder: Path
) -> tuple[dict, float, tuple[np.ndarray, np.ndarray]]:
    """Train with the published settings, or also with drawn ones, and keep what ranks validation songs best."""
    rng = np.random.default_rng(0)
    tried = [adapter.published(task.model, exported)]
    tried += [adapter.drawn(task.model, exported, rng) for _ in range(DRAWS if task.settings == "validation" else 0)]
    found = None
    for chosen in tried:
        with contextlib.redirect_stdout(io.StringIO()):
            vectors = adapter.fit(task.model, chosen, exported, task.seed, device, folder)
        reached = validate(exported, *(np.where(np.isfinite(one), one, 0).astype(np.float32) for one in vectors))
        if found is None or reached > found[1]:
            found = chosen, reached, vectors
    return found


def commit_of(source: Path) -> str:
    """Give the commit of a clone."""
    command = ["git", "-C", source, "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def clone(source: str, out: Path) -> Path:
    """Give the folder of a peer's code, cloned if an address is given."""
    if Path(source).is_dir():
        return Path(source).resolve()
    folder = out / source.rstrip("/").rpartition("/")[2].removesuffix(".git")
    if not folder.is_dir():
        subprocess.run(["git", "clone", "--quiet", source, folder], check=True)
    return folder.resolve()


def write_overlay(out: Path) -> None:
    """Write the overlay with all models that have vectors in a folder."""
    models = {
        path.name.removesuffix(".songs.parquet"): {
            "kind": "predictions",
            "songs": str(path),
            "users": str(path.with_name(path.name.replace(".songs.", ".users."))),
        }
        for path in sorted(out.glob("*.songs.parquet"))
    }
    write_text(out / "theirs.yaml", yaml.safe_dump({"models": models}, sort_keys=False))


def main() -> None:
    """Run what is asked for and not there yet, one process after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folders of finished runs, such as folds")
    parser.add_argument("--peer", choices=PEERS, required=True)
    parser.add_argument("--source", required=True, help="clone of its repository, or its address")
    parser.add_argument("--models", nargs="*", help="all of the peer's by default")
    parser.add_argument("--features", default="musicnn", help="bow, or an entry of encoders or embeddings")
    parser.add_argument("--settings", nargs="*", choices=("published", "validation"), default=("published",))
    parser.add_argument("--seeds", nargs="*", type=int, default=(1,))
    parser.add_argument("--seconds", type=float, default=600, help="time limit of one model")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out = options.out.resolve()
    options.source = clone(options.source, options.out)
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    models = options.models or importlib.import_module(f"benchmarks.peers.{options.peer}").MODELS
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["benchmarks.peers.exported", "torch"])
    for results in options.results:
        for seed, settings, model in itertools.product(options.seeds, options.settings, models):
            name = re.sub(r"[^a-z0-9]+", "_", f"{options.peer}_{model}_{settings}_{seed}".lower())
            task = Task(results.resolve(), model, settings, seed, options.out / results.name / f"{name}.json")
            if not task.record.is_file():
                run_one(processes, options, task)
            found = json.loads(task.record.read_text())
            told = found.get("failed") or "{seconds:.1f} s, AUC of validation songs {auc_validation:.3f}"
            print(f"{results.name} {name:40} {told.format(**found)}", flush=True)
        write_overlay(options.out / results.name)


def run_one(processes: BaseContext, options: argparse.Namespace, task: Task) -> None:
    """Run one model in a process of its own, and end it when its time is over."""
    task.record.parent.mkdir(parents=True, exist_ok=True)
    process = processes.Process(target=work, args=(options, task))
    process.start()
    process.join(options.seconds)
    failed = f"not done in {options.seconds:.0f} s" if process.is_alive() else f"ended with {process.exitcode}"
    process.terminate()
    process.join()
    if not task.record.is_file():
        write_record(task, {"peer": options.peer, "failed": failed})


def write_record(task: Task, found: dict) -> None:
    """Write what was run, and what it took or why it failed."""
    told = {"model": task.model, "settings": task.settings, "seed": task.seed} | found
    write_text(task.record, json.dumps(told, indent=1, default=str) + "\n")


if __name__ == "__main__":
    main()
