"""Where models of several finished runs earn their AUC, and what each type of pairs brings to a lead.

    python benchmarks/where.py results/emotify-fold[1-5] --reference linear

It makes the table ``tables/where.md`` of each run again, with a reference of your choice, and prints mean and standard
deviation over runs: AUC and mAP within each type of pairs, the lead over the reference, and the part (share x lead).

With ``--together 10`` songs are alike if they have the same first tag and stand in the same ten rows of the songs
table, and two probes are added, which know only that order: a song's score is the sum over the user's training songs of
the same first tag of exp(-distance / 3), of all and of those by other artists. They tell whether songs that stand
together were served together.
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.evaluation.lists import artist_numbers
from coldwave.evaluation.models import FEATURES, Model
from coldwave.evaluation.pair_auc import rank_pairs
from coldwave.evaluation.pair_types import find_pairs
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.evaluation.where import ranked, where_table
from coldwave.files import read_array, read_table
from coldwave.split.parts import TRAIN

SHOWN = ("share", "auc", "map", "lead", "part")


def probes(plays: pl.DataFrame, songs: pl.DataFrame, split: pl.DataFrame, users: int) -> dict[str, tuple]:
    """Make user and song vectors of the two probes."""
    training = np.flatnonzero(split["part"] == TRAIN)
    played = np.zeros((users, songs.height), bool)
    played[plays["user"], plays["song"]] = True
    place, tag = np.arange(songs.height), songs["tags"].list.first().fill_null("").to_numpy()
    artist = artist_numbers(songs["artist"].to_list())
    near = np.exp(-np.abs(place[:, None] - training) / 3) * (tag[:, None] == tag[training])
    others = near * (artist[:, None] != artist[training])
    heard = played[:, training].astype(np.float32)
    return {"near": (heard, near), "near, by others": (heard, others)}


def table_of(results: Path, reference: str, cutoff: int, seed: int, together: int | None) -> pl.DataFrame:
    """Make the table of a run, with a column that names it."""
    plays = read_table(results / "plays/plays.parquet")
    songs, split = (read_table(results / path).sort("song") for path in ("plays/songs.parquet", "split/split.parquet"))
    factors = read_array(results / "wmf/user_factors.npy")
    pairs = find_pairs(plays, songs, split, len(factors), seed)
    found = []
    if together:
        tags = np.unique(songs["tags"].list.first().fill_null("").to_numpy().astype(str), return_inverse=True)[1]
        pairs = pairs._replace(cells=(tags * songs.height + np.arange(songs.height) // together)[pairs.songs])
        for name, vectors in probes(plays, songs, split, len(factors)).items():
            found.append(ranked(name, seed, pairs, rank_pairs(pairs, *vectors), cutoff))
    for path in sorted(results.glob("predictions/*/*[0-9].npy")):
        own = path.with_suffix(".users.npy")
        each = rank_pairs(pairs, read_array(own) if own.is_file() else factors, read_array(path))
        found.append(ranked(*model_and_seed(path), pairs, each, cutoff))
    models = {one.model: Model(one.model, 1, hears=FEATURES * (one.model == reference)) for one in found}
    return where_table(found, models, pairs.artists_named, pairs.tagged).with_columns(run=pl.lit(results.name))


def main() -> None:
    """Print a line for each model and type of pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folders of runs, such as folds")
    parser.add_argument("--reference", default="linear", help="the model that the others are compared with")
    parser.add_argument("--cutoff", type=int, default=500, help="of mAP")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--together", type=int, help="rows of the songs table in which songs are alike")
    given = parser.parse_args()
    tables = pl.concat(
        table_of(results, given.reference, given.cutoff, given.seed, given.together) for results in given.results
    )
    print(f"{'by':16} {'pairs':24} {'model':16}" + "".join(f"{name:>17}" for name in SHOWN))
    for (by, pairs, model), rows in tables.group_by("by", "pairs", "model", maintain_order=True):
        cells = [rows[name].drop_nulls() for name in SHOWN]
        text = ["–" if one.is_empty() else f"{one.mean():.3f} ± {one.std() or 0:.3f}" for one in cells]
        print(f"{by:16} {pairs:24} {model:16}" + "".join(f"{cell:>17}" for cell in text))


if __name__ == "__main__":
    main()
