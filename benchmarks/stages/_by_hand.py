"""Read triplets into plays, users and songs by pandas or by polars alone: what `ingestion.py` compares with.

python benchmarks/stages/_by_hand.py pandas|categories|polars FILE FOLDER
"""

import sys
from pathlib import Path

NAMES = ["user_id", "song_id", "count"]


def by_pandas(source: Path, folder: Path, categories: bool) -> None:
    """Read texts and number them by `factorize`, or let `read_csv` make categories of them."""
    import pandas as pd

    kind = "category" if categories else "str"
    types = {"user_id": kind, "song_id": kind, "count": "uint32"}
    lines = pd.read_csv(source, sep="\t", header=None, names=NAMES, dtype=types, na_filter=False)
    if categories:
        (user, user_ids), (song, song_ids) = ((lines[name].cat.codes, lines[name].cat.categories) for name in NAMES[:2])
    else:
        (user, user_ids), (song, song_ids) = (pd.factorize(lines[name], sort=True) for name in NAMES[:2])
    lines = pd.DataFrame({"user": user, "song": song, "count": lines["count"]})
    lines = lines.astype({"user": "uint32", "song": "uint32"})
    plays = lines.groupby(["user", "song"], sort=True)["count"].sum().reset_index()
    users = plays.groupby("user").agg(songs=("song", "size"), plays=("count", "sum"))
    songs = plays.groupby("song").agg(users=("user", "size"), plays=("count", "sum"))
    users.insert(0, "user_id", user_ids)
    songs.insert(0, "song_id", song_ids)
    plays.to_parquet(folder / "plays.parquet", index=False)
    users.reset_index().to_parquet(folder / "users.parquet", index=False)
    songs.reset_index().to_parquet(folder / "songs.parquet", index=False)


def by_polars(source: Path, folder: Path) -> None:
    """Read by polars, group, and number the sorted ids by a join."""
    import polars as pl

    schema = {"user_id": pl.String, "song_id": pl.String, "count": pl.UInt32}
    lines = pl.read_csv(source, separator="\t", has_header=False, new_columns=NAMES, schema=schema, quote_char=None)
    counts = lines.group_by("user_id", "song_id").agg(pl.col("count").sum())
    users = counts.group_by("user_id").agg(pl.len().alias("songs"), pl.col("count").sum().alias("plays"))
    songs = counts.group_by("song_id").agg(pl.len().alias("users"), pl.col("count").sum().alias("plays"))
    users, songs = users.sort("user_id").with_row_index("user"), songs.sort("song_id").with_row_index("song")
    plays = counts.join(users.select("user", "user_id"), on="user_id")
    plays = plays.join(songs.select("song", "song_id"), on="song_id").select("user", "song", "count")
    plays.sort("user", "song").write_parquet(folder / "plays.parquet")
    users.write_parquet(folder / "users.parquet")
    songs.write_parquet(folder / "songs.parquet")


if __name__ == "__main__":
    how, source, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if how == "polars":
        by_polars(source, folder)
    else:
        by_pandas(source, folder, categories=how == "categories")
