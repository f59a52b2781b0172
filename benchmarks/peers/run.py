"""Run a system of others on the split, plays, features and factors of a finished run, and keep its vectors.

    python benchmarks/peers/run.py results/emotify --peer acarec --source ACARec --out theirs

``--source`` is a clone of the peer's repository, or its address, which is cloned into ``--out``. Every model is a
process of its own, with one thread. In ``--out`` are ``<name>.users.parquet`` and ``<name>.songs.parquet``, vectors by
id, ``<name>.json``, what was run and what it took, and ``theirs.yaml``, an overlay that adds all of them to the run's
config as models of kind ``predictions``. What failed has its reason in ``<name>.json``, and no vectors.
"""

import argparse
import contextlib
import importlib
import io
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
from pathlib import Path

import numpy as np
import polars as pl
import torch
import yaml
from exported import Exported, export, validate

from coldwave.evaluation.compiled import keep_compiled
from coldwave.files import write_table, write_text

PEERS = ("acarec", "coldrec", "semco")
DRAWS = 6  # of settings, beside the published ones
VECTORS = pl.List(pl.Float32)


def work(options: argparse.Namespace, source: Path, model: str, settings: str, seed: int, name: str) -> None:
    """Train one model, and write its vectors and its record."""
    torch.set_num_threads(1)
    if not torch.cuda.is_available():  # some ask for it without looking
        torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *given: self
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    adapter = importlib.import_module(options.peer)
    sys.path.insert(0, str(source))
    exported = export(options.results, options.features)
    record = {"peer": options.peer, "model": model, "settings": settings, "seed": seed, "features": options.features}
    record["commit"] = subprocess.run(
        ["git", "-C", source, "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    keep_compiled(options.out / "compiled")
    before = time.perf_counter(), time.process_time()
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            record["chosen"], record["auc_validation"], vectors = best(
                adapter, model, settings, exported, seed, device, Path(folder)
            )
    except Exception as error:
        record["failed"] = f"{type(error).__name__}: {error}"
        record["where"] = traceback.format_exc().splitlines()[-4:]
    else:
        for of, ids, rows in zip(("user", "song"), (exported.user_ids, exported.song_ids), vectors, strict=True):
            known = np.isfinite(rows).all(axis=1) & (exported.heard if of == "song" else True)
            kept = [one for one, there in zip(ids, known, strict=True) if there]
            table = pl.DataFrame({f"{of}_id": kept, "vector": rows[known].astype(np.float32)})
            table = table.with_columns(pl.col("vector").cast(VECTORS))
            write_table(options.out / f"{name}.{of}s.parquet", table, {f"{of}_id": pl.String, "vector": VECTORS})
    record["seconds"], record["cpu_seconds"] = time.perf_counter() - before[0], time.process_time() - before[1]
    record["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    write_text(options.out / f"{name}.json", json.dumps(record, indent=1, default=str) + "\n")


def best(
    adapter, model: str, settings: str, exported: Exported, seed: int, device, folder: Path
) -> tuple[dict, float, tuple[np.ndarray, np.ndarray]]:
    """Train with the published settings, or also with drawn ones, and keep what ranks validation songs best."""
    tried = [adapter.published(model, exported)]
    rng = np.random.default_rng(0)
    tried += [adapter.drawn(model, exported, rng) for _ in range(DRAWS if settings == "validation" else 0)]
    found = None
    for chosen in tried:
        with contextlib.redirect_stdout(io.StringIO()):
            vectors = adapter.fit(model, chosen, exported, seed, device, folder)
        finite = [np.where(np.isfinite(one), one, 0).astype(np.float32) for one in vectors]
        reached = validate(exported, *finite)
        if found is None or reached > found[1]:
            found = chosen, reached, vectors
    return found


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
    parser.add_argument("results", type=Path, help="folder of a finished run")
    parser.add_argument("--peer", choices=PEERS, required=True)
    parser.add_argument("--source", required=True, help="clone of its repository, or its address")
    parser.add_argument("--models", nargs="*", help="all of the peer's by default")
    parser.add_argument("--features", default="musicnn", help="bow, or an entry of encoders or embeddings")
    parser.add_argument("--settings", nargs="*", choices=("published", "validation"), default=("published",))
    parser.add_argument("--seeds", nargs="*", type=int, default=(1,))
    parser.add_argument("--seconds", type=float, default=600, help="time limit of one model")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    options.results, options.out = options.results.resolve(), options.out.resolve()
    source = clone(options.source, options.out)
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    adapter = importlib.import_module(options.peer)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["run"])
    for seed in options.seeds:
        for settings in options.settings:
            for model in options.models or adapter.MODELS:
                name = re.sub(r"[^a-z0-9]+", "_", f"{options.peer}_{model}_{settings}_{seed}".lower())
                record = options.out / f"{name}.json"
                if not record.is_file():
                    run_one(processes, options, source, model, settings, seed, name)
                found = json.loads(record.read_text())
                told = found.get("failed") or "{seconds:.1f} s, AUC of validation songs {auc_validation:.3f}"
                print(f"{name:40} {told.format(**found)}", flush=True)
    write_overlay(options.out)


def run_one(processes, options: argparse.Namespace, source: Path, model: str, settings: str, seed: int, name: str) -> None:
    """Run one model in a process of its own, and end it when its time is over."""
    given = (options, source, model, settings, seed, name)
    process = processes.Process(target=work, args=given)
    process.start()
    process.join(options.seconds)
    if process.is_alive():
        process.terminate()
        process.join()
        failed = f"not done in {options.seconds:.0f} s"
    else:
        failed = f"ended with {process.exitcode}"
    record = options.out / f"{name}.json"
    if not record.is_file():
        written = {"peer": options.peer, "model": model, "settings": settings, "seed": seed, "failed": failed}
        write_text(record, json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
