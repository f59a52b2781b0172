"""Turn word counts into features: frequencies, projected on the principal components of the training songs."""

import logging
from pathlib import Path

import polars as pl

from coldwave.bow.features import fit_pca, frequencies, project
from coldwave.files import read_table, write_array
from coldwave.job import run
from coldwave.split.parts import TRAIN

log = logging.getLogger(__name__)


def main(
    *,
    songs: Path,
    split: Path,
    counts: list[Path],
    pca_mean: Path,
    pca_components: Path,
    pca_songs: Path,
    features: Path,
    options: dict,
) -> None:
    song_ids = read_table(songs, ["song_id"])["song_id"]
    matrix = frequencies(pl.concat([read_table(path) for path in counts]), song_ids, options["words"])
    heard = matrix.getnnz(axis=1) > 0
    fitted = (read_table(split)["part"] == TRAIN).to_numpy() & heard
    mean, components = fit_pca(matrix[fitted], options["variance"])
    log.info("%d of %d components keep %g of the variance", len(components), options["words"], options["variance"])
    write_array(pca_mean, mean)
    write_array(pca_components, components)
    write_array(pca_songs, fitted)
    write_array(features, project(matrix, mean, components))


run(main)
