"""Make the demo world: synthetic songs as audio files, a songs table, play counts, and the truth behind them.

They are raw inputs in common formats, so that the demo takes the same path as real data.
"""

from pathlib import Path

from coldwave.job import run
from coldwave.world.raw_files import check_options, draw_world, write_songs, write_triplets, write_truth
from coldwave.world.recordings import render_songs
from coldwave.world.styles import styles_of


def main(*, triplets: Path, songs: Path, truth: Path, audio: Path, options: dict, threads: int = 1) -> None:
    """Draw the world, render its songs, and write the tables."""
    check_options(options)
    size = {key: options[key] for key in ("songs", "artists", "users", "seed")}
    world = draw_world(**size)
    render_songs(
        audio,
        world.songs["song_id"].to_list(),
        styles_of(world.truth),
        seconds=options["seconds"],
        audio_format=options["audio_format"],
        seed=options["seed"],
        threads=threads,
    )
    write_triplets(triplets, world.plays)
    write_songs(songs, world.songs, audio, options["audio_format"])
    write_truth(truth, world.truth)


run(main)
