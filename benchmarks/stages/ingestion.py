"""Reading a play history of triplets: the whole command, from the file to the tables, each in its own process."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import polars as pl
from stages._triplets import write_triplets
from timing import Row, compare

ROOT = Path(__file__).parents[2]
DATA = ROOT / "results/bench/data"
PANDAS, CATEGORIES, POLARS = "pandas read_csv, factorize, groupby", "pandas, ids as categories", "polars, eager"


def _coldwave(source: Path, folder: Path) -> list[str]:
    outputs = [
        word
        for name in ("plays", "users", "songs", "rejected")
        for word in (f"--{name}", str(folder / f"{name}.parquet"))
    ]
    options = ["--options", "{format: taste_profile}", "--threads", str(os.cpu_count())]
    return [sys.executable, str(ROOT / "scripts/read_plays.py"), "--source", str(source), *outputs, *options]


def _by_hand(how: str, source: Path, folder: Path) -> list[str]:
    return [sys.executable, str(Path(__file__).parent / "_by_hand.py"), how, str(source), str(folder)]


def _check_same(folders: list[Path]) -> None:
    """Check that the tables of all are the same."""
    columns = {"plays": ["user", "song", "count"], "users": ["user_id", "songs", "plays"]}
    columns["songs"] = ["song_id", "users", "plays"]
    for table, names in columns.items():
        first, *others = (pl.read_parquet(folder / f"{table}.parquet", columns=names) for folder in folders)
        for other in others:
            assert other.select(names).cast(first.schema).equals(first), table


def _triplets() -> Row:
    source = DATA / "triplets-5M.tsv"
    write_triplets(source, users=104_000, songs=42_000, lines=4_900_000)
    with tempfile.TemporaryDirectory(dir=DATA) as name:
        folders = [Path(name) / how for how in ("coldwave", "pandas", "categories", "polars")]
        for folder in folders:
            folder.mkdir()
        works = {"coldwave": _coldwave(source, folders[0])}
        for title, folder in zip((PANDAS, CATEGORIES, POLARS), folders[1:], strict=True):
            works[title] = _by_hand(folder.name, source, folder)
        row = compare(
            "ingestion: 4.9 million triplets (303 MB) into tables of plays, users and songs, written as Parquet",
            works,
            rounds=3,
            aims={PANDAS: 0.25},
            most_mb=1000,
            note=f"The whole command, {os.cpu_count()} threads; all tables are the same",
        )
        _check_same(folders)
    return row


def _triplets_48m() -> Row:
    if shutil.disk_usage(DATA.parent).free < 6e9:
        raise SystemExit(f"{DATA}: 6 GB of free space are needed")
    source = DATA / "triplets-48M.tsv"
    try:
        write_triplets(source, users=1_019_318, songs=384_546, lines=48_373_586)
        with tempfile.TemporaryDirectory(dir=DATA) as name:
            return compare(
                "ingestion: 48 million triplets (3 GB) into tables of plays, users and songs, written as Parquet",
                {"coldwave": _coldwave(source, Path(name))},
                rounds=1,
                warm=False,
                most_seconds=30,
                note=f"The whole command, {os.cpu_count()} threads",
            )
    finally:
        source.unlink(missing_ok=True)


ROWS = {"triplets": _triplets}
LARGE = {"triplets-48M": _triplets_48m}
