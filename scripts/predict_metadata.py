"""Give every song the mean factors of its artist's training songs, else its album's, its year's, or of all."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.metadata import log_sources, metadata_factors
from coldwave.split.parts import TEST, TRAIN, VALIDATION


def main(*, songs: Path, split: Path, song_factors: Path, predictions: Path) -> None:
    part = read_table(split)["part"].to_numpy()
    names = read_table(songs, ["song_id", "artist", "album", "date"])
    predicted, source = metadata_factors(names, read_array(song_factors), part == TRAIN)
    log_sources(source, {name: part == name for name in (VALIDATION, TEST)})
    write_array(predictions, predicted)


run(main)
