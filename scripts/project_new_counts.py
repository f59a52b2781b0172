"""Turn new songs' word counts into features with the principal components that the run has learnt."""

from pathlib import Path

import polars as pl

from coldwave.bow.features import frequencies, project
from coldwave.files import read_array, read_table, write_array
from coldwave.job import run


def main(*, songs: Path, counts: list[Path], pca_mean: Path, pca_components: Path, features: Path) -> None:
    mean = read_array(pca_mean)
    song_ids = read_table(songs, ["song_id"])["song_id"]
    matrix = frequencies(pl.concat([read_table(path) for path in counts]), song_ids, len(mean))
    write_array(features, project(matrix, mean, read_array(pca_components)))


run(main)
