"""Learn the codebook of the bag of words from a sample of training songs' MFCC frames."""

from pathlib import Path

from coldwave.audio.frames import LogMels
from coldwave.bow.codebook import frame_scale as scale_of
from coldwave.bow.codebook import learn_codebook, sample_frames
from coldwave.files import read_table, write_array
from coldwave.job import run
from coldwave.split.parts import TRAIN


def main(
    *,
    split: Path,
    index: Path,
    log_mels: list[Path],
    codebook: Path,
    frame_scale: Path,
    codebook_songs: Path,
    options: dict,
    threads: int = 1,
) -> None:
    source = LogMels(read_table(index), log_mels)
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    frames = sample_frames(source, training, options["coefficients"], options["sample_frames"], seed=options["seed"])
    scale = scale_of(frames, options["standardize"])
    write_array(codebook, learn_codebook(frames / scale, options["words"], options["seed"], threads))
    write_array(frame_scale, scale)
    write_array(codebook_songs, training)


run(main)
