"""How models rank songs that are alike in genre and in how many users they have.

    python benchmarks/same_serving.py results/emotify-fold[1-5]

Where songs were served unevenly, a model that tells how often a song was served is ahead, whatever a user likes. So
each user's test songs are ranked within cells: songs with the same first tag, whose users fall between the same bounds.
A user counts with the mean over cells, weighted by the pairs of played and unplayed songs (AUC), or by the songs played
(AP). Beside them are the plain measures over all test songs. Means over users, then mean and standard deviation over
runs.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from coldwave.files import read_array, read_table
from coldwave.split.parts import TEST

BOUNDS = (12, 16, 40)  # users of a song


def measures(scores: np.ndarray, played: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Measure AUC and AP within cells, means over users: float64 [2].

    ``scores`` and ``played`` [users, songs], ``cells`` [songs].
    """
    found = []
    for one, relevant in zip(scores, played, strict=True):
        rows = [
            (number * (len(inside) - number), number, roc_auc_score(relevant[inside], one[inside]),
             average_precision_score(relevant[inside], one[inside]))
            for inside in (np.flatnonzero(cells == cell) for cell in np.unique(cells))
            if 0 < (number := relevant[inside].sum()) < len(inside)
        ]  # fmt: skip
        if rows:
            pairs, songs, auc, ap = np.array(rows).T
            found.append((np.average(auc, weights=pairs), np.average(ap, weights=songs)))
    return np.mean(found, axis=0)


def measured(results: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each model of a run with its measures over all test songs and within cells: float64 [4]."""
    songs, split = (read_table(results / path).sort("song") for path in ("plays/songs.parquet", "split/split.parquet"))
    test = np.flatnonzero((split["part"] == TEST).to_numpy())
    plays = read_table(results / "plays/plays.parquet", ["user", "song"])
    users = read_array(results / "wmf/user_factors.npy")
    played = np.zeros((len(users), songs.height), dtype=bool)
    played[plays["user"], plays["song"]] = True
    genres = np.unique(songs["tags"].list.first().fill_null("").to_numpy().astype(str), return_inverse=True)[1]
    cells = genres * (len(BOUNDS) + 1) + np.digitize(songs["users"].to_numpy(), BOUNDS)
    for path in sorted(results.glob("predictions/*/*[0-9].npy")):
        own = path.with_suffix(".users.npy")
        scores = (read_array(own) if own.is_file() else users) @ read_array(path)[test].T
        whole, within = (measures(scores, played[:, test], one[test]) for one in (np.zeros_like(cells), cells))
        yield path.parent.name, np.concatenate((whole, within))


def main() -> None:
    """Print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folders of runs, such as folds")
    found: dict[str, list[np.ndarray]] = {}
    for results in parser.parse_args().results:
        for model, values in measured(results):
            found.setdefault(model, []).append(values)
    print(f"{'model':20} {'AUC':>15} {'AP':>15} {'AUC in cells':>15} {'AP in cells':>15}")
    for model, rows in found.items():
        means, spread = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=min(1, len(rows) - 1))
        print(f"{model:20} {'  '.join(f'{one:.3f} ± {other:.3f}' for one, other in zip(means, spread, strict=True))}")


if __name__ == "__main__":
    main()
