"""The script, by hand."""

import subprocess
import sys
from pathlib import Path

import polars as pl

SCRIPT = Path(__file__).parents[2] / "scripts" / "read_plays.py"
OPTIONS = "{format: taste_profile, songs: {path: songs.csv}, min_users: 1, min_songs: 1, seed: 1, top_songs: 1}"


def run_script(folder, *more, options=OPTIONS):
    outputs = [part for name in ("plays", "users", "songs", "rejected") for part in (f"--{name}", f"{name}.parquet")]
    command = [sys.executable, SCRIPT, "--source", "plays.txt", *outputs, "--options", options, *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_tables_and_errors(tmp_path):
    (tmp_path / "plays.txt").write_text("u\ts\t1\nv\tt\t2\nnonsense\n")
    (tmp_path / "songs.csv").write_text("song_id,audio\ns,s.ogg\n")
    done = run_script(tmp_path, "--catalogue", "songs.csv")
    assert done.returncode == 0, done.stderr
    assert pl.read_parquet(tmp_path / "plays.parquet").rows() == [(0, 0, 1)]
    assert pl.read_parquet(tmp_path / "users.parquet").rows() == [(0, "u", 1, 1)]
    assert pl.read_parquet(tmp_path / "songs.parquet").rows() == [
        (0, "s", None, None, None, None, [], "s.ogg", *[None] * 4, 1, 1)
    ]
    assert pl.read_parquet(tmp_path / "rejected.parquet").rows() == [
        ("plays.txt", 3, "wrong number of fields", "nonsense")
    ]
    done = run_script(tmp_path)
    assert done.returncode == 0, done.stderr
    assert pl.read_parquet(tmp_path / "songs.parquet")["song_id"].to_list() == ["t"]
    (tmp_path / "plays.txt").write_text("u,s,1\n")
    done = run_script(tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "error: plays.txt: no play" in done.stderr
