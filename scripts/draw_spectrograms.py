"""Draw what the networks hear: the log-mels of the first test songs."""

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
CAPTION = "Log-mel spectrograms of the first test songs: what models hear. Brighter is louder; all are on one scale."


def main(*, songs: Path, split: Path, index: Path, log_mels: list[Path], figure: Path, options: dict) -> None:
    """``options``: sample_rate and hop."""
    source = LogMels(read_table(index), log_mels)
    part, labels = read_table(split, ["part"])["part"].to_numpy(), song_labels(read_table(songs))
    heard = source.usable[np.argsort(part[source.usable] != TEST, kind="stable")][
        :SONGS
    ]  # others if none is of the test
    frames = {f"{place}. {labels[song]}": source.frames(song) for place, song in enumerate(heard.tolist(), start=1)}
    write_exhibit_figure(figure, spectrograms(frames, options["hop"] / options["sample_rate"], CAPTION), CAPTION)


run(main)
