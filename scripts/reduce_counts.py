"""Turn word counts into features: frequencies, projected on the principal components of the training songs."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from coldwave.bow.features import fit_pca, frequencies, project
from coldwave.files import read_table, write_array, write_rows
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
    threads: int = 1,
) -> None:
    """Read the shards twice, one after the other: to fit the components, and to project all songs."""
    song_ids = read_table(songs, ["song_id"])["song_id"]
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    fitted = np.zeros(len(song_ids), bool)

    def shares() -> Iterator[tuple[np.ndarray, csr_matrix]]:
        """The songs of a shard that have words, and the words' shares."""
        for path in counts:
            matrix = frequencies(read_table(path), song_ids, options["words"])
            heard = np.flatnonzero(matrix.getnnz(axis=1))
            yield heard, matrix[heard]

    def of_training() -> Iterator[csr_matrix]:
        for heard, matrix in shares():
            fitted[heard] = training[heard]
            yield matrix[training[heard]]

    mean, components = fit_pca(of_training(), options["variance"])
    shape = len(song_ids), len(components)
    write_rows(features, shape, ((heard, project(matrix, mean, components, threads)) for heard, matrix in shares()))
    log.info("%d of %d components keep %g of the variance", len(components), options["words"], options["variance"])
    write_array(pca_mean, mean)
    write_array(pca_components, components)
    write_array(pca_songs, fitted)


run(main)
