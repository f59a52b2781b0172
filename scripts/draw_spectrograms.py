"""Draw what audio models hear: the log-mels of the first test songs."""

from pathlib import Path

import numpy as np

from coldwave.analysis.figures import spectrograms
from coldwave.analysis.names import song_labels
from coldwave.audio.frames import LogMels
from coldwave.exhibits.files import write_exhibit_figure
from coldwave.files import read_table
from coldwave.job import run
from coldwave.split.parts import TEST

SONGS = 3
CAPTION = "Log-mel spectrograms of the first test songs: what audio models hear. Brighter is louder, on one scale."


def main(*, songs: Path, split: Path, index: Path, log_mels: list[Path], figure: Path, options: dict) -> None:
    """``options``: sample_rate and hop."""
    source = LogMels(read_table(index), log_mels)
    part, labels = read_table(split, ["part"])["part"].to_numpy(), song_labels(read_table(songs))
    # test songs first; others where too few test songs have audio
    heard = source.usable[np.argsort(part[source.usable] != TEST, kind="stable")][:SONGS]
    frames = {f"{place}. {labels[song]}": source.frames(song) for place, song in enumerate(heard.tolist(), start=1)}
    write_exhibit_figure(figure, spectrograms(frames, options["hop"] / options["sample_rate"], CAPTION), CAPTION)


run(main)
