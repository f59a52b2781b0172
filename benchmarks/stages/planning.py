"""Planning and starting: a dry run beside Snakemake's own, and one new song from its file to its place."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from timing import Row, compare

from coldwave.files import read_array, write_array
from coldwave.use.opening import load
from coldwave.world.recordings import write_audio
from coldwave.world.styles import Style
from coldwave.world.synthesis import RATE, render

ROOT = Path(__file__).parents[2]
TRIVIAL = """
rule all:
    input: expand("made/{{number}}.txt", number=range({jobs}))
rule make:
    output: "made/{{number}}.txt"
    shell: "touch {{output}}"
"""
# A run of a few seconds: one audio model, and all that a new song needs.
SMALL = {
    "run": "small",
    "world": {"songs": 110, "artists": 40, "users": 210, "seconds": 8},
    "wmf": {"factors": 20, "alpha": 2.0, "regularization": 10.0},
    "bow": {"words": 100},
    "audit": {"canary": []},
    "evaluation": {"plays_worth": None},
}
KEPT = ("linear", "random")
SONGS, USERS = 100_000, 20_000
SECONDS = 30  # of a new song


def snakemake(folder: Path, *arguments: str, config: dict | None = None) -> list[str]:
    """A call of Snakemake on this workflow in a folder, as a user makes it."""
    overlay = folder / "overlay.yaml"
    overlay.write_text(yaml.safe_dump(config or {}))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--workflow-profile", str(ROOT / "profiles/default"), "--configfile", str(overlay)]
    return [*command, *arguments]


def quietly(command: Sequence[str], folder: Path | None = None) -> str:
    """Run a command in a folder and give what it printed. Raises where it fails, with the end of that."""
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def _plan(shards: int, rounds: int, most_seconds: float) -> Row:
    with tempfile.TemporaryDirectory() as name:
        ours, other = Path(name, "ours"), Path(name, "other")
        ours.mkdir()
        other.mkdir()
        plan = snakemake(ours, "--dry-run", config={"audio": {"shards": shards}})
        jobs = int(re.findall(r"^total +(\d+)$", quietly(plan), re.MULTILINE)[-1])
        (other / "Snakefile").write_text(TRIVIAL.format(jobs=jobs))
        trivial = [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "2", "--directory", str(other)]
        trivial += ["--snakefile", str(other / "Snakefile")]
        return compare(
            f"a dry run of the demo in {shards} shards: {jobs:,} jobs",
            {
                "coldwave": partial(quietly, plan),
                "Snakemake, as many jobs of one trivial rule": partial(quietly, trivial),
            },
            rounds=rounds,
            most_seconds=most_seconds,
        )


def _small() -> dict:
    """The small run's config, without most models of the default one."""
    names = yaml.safe_load((ROOT / "config.yaml").read_text())["models"]
    return SMALL | {"models": {name: None for name in names if name not in KEPT}}


def _small_run(folder: Path) -> Path:
    """Run the workflow on a small world, and give the folder of the run."""
    quietly(snakemake(folder, config=_small()))
    return folder / "results/small"


def _grown(run: Path, songs: int, users: int) -> None:
    """Repeat the songs and users of a run until there are so many: what is learnt stays, tables and vectors grow.

    Every copy of the songs is played by one copy of the users, while there are any.
    """
    old_songs, old_users = (pl.read_parquet(run / f"plays/{name}.parquet").height for name in ("songs", "users"))
    copies = {old_songs: -(-songs // old_songs), old_users: -(-users // old_users)}
    for name, ids in (("songs", "song"), ("users", "user"), ("split", "song")):
        path = run / ("split" if name == "split" else "plays") / f"{name}.parquet"
        table = pl.read_parquet(path)
        whole = pl.concat([table.with_columns(copy=pl.lit(copy)) for copy in range(copies[table.height])])
        whole = whole.with_columns(pl.Series(ids, range(whole.height), table.schema[ids]))
        if f"{ids}_id" in table.columns:
            whole = whole.with_columns(pl.format("{}-{}", f"{ids}_id", "copy").alias(f"{ids}_id"))
        whole.drop("copy").write_parquet(path)
    plays = pl.read_parquet(run / "plays/plays.parquet")
    shifted = [
        plays.with_columns(
            (pl.col("user") + copy * old_users).cast(pl.UInt32), (pl.col("song") + copy * old_songs).cast(pl.UInt32)
        )
        for copy in range(min(copies.values()))
    ]
    pl.concat(shifted).write_parquet(run / "plays/plays.parquet")
    noise = np.random.default_rng(0)
    for path in run.rglob("*.npy"):
        array = read_array(path)
        per_row = path.name == "features.npy" or path.relative_to(run).parts[0] in ("predictions", "wmf")
        if per_row and len(array) in copies:
            whole = np.concatenate([array] * copies[len(array)])
            if whole.dtype.kind == "f":  # or each song would have its copies for neighbours
                whole += noise.normal(scale=0.1 * np.nanstd(whole), size=whole.shape).astype(whole.dtype)
            write_array(path, whole)


def _new_songs(folder: Path, number: int) -> list[Path]:
    """Render songs that no run knows, each into a folder of its own."""
    paths = [folder / f"new/{each}/song.ogg" for each in range(number)]
    for each, path in enumerate(paths):
        path.parent.mkdir(parents=True)
        write_audio(path, render(Style(), SECONDS, np.random.default_rng(each)), RATE, serial=each)
    return paths


def _each(songs: list[Path], work: Callable[[Path], object]) -> Callable[[], object]:
    """Do a work with another song each time."""
    left = iter(songs)
    return lambda: work(next(left))


def _new_song(grown: bool, rounds: int = 3) -> Row:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = _small_run(folder)
        if grown:
            _grown(run, SONGS, USERS)
        songs = pl.scan_parquet(run / "plays/songs.parquet").select(pl.len()).collect().item()
        command = [sys.executable, "-m", "coldwave.command.cli"]
        new = _new_songs(folder, 4 * rounds)
        parts = [new[part::4] for part in range(4)]
        opened = load(run)
        os.environ["PYTHONPATH"] = str(ROOT / "scripts")

        def through_snakemake(song: Path) -> str:
            new_songs = {"path": str(song.parent), "batch": f"batch-{song.parent.name}"}
            return quietly(snakemake(folder, "--", "predict_new", config=_small() | {"new_songs": new_songs}))

        return compare(
            f"one new song of {SECONDS} s, in a catalogue of {songs:,} songs: `coldwave place FILE`",
            {
                "coldwave": _each(parts[0], lambda song: quietly([*command, "place", str(song), "--run", str(run)])),
                "`coldwave similar FILE`": _each(
                    parts[1], lambda song: quietly([*command, "similar", str(song), "--run", str(run)])
                ),
                "Snakemake, `predict_new`": _each(parts[2], through_snakemake),
                "in a process that has the model": _each(parts[3], opened.place),
            },
            rounds=rounds,
            warm=False,
            most_seconds=3,
            note="Through Snakemake the aim is 5 s",
        )


ROWS = {
    "8-shards": partial(_plan, 8, 3, 2),
    "400-shards": partial(_plan, 400, 3, 4),
    "new-song": partial(_new_song, grown=False),
}
LARGE = {"new-song-100000": partial(_new_song, grown=True)}
