"""Join the vectors of several models, weighed as ``weights`` say."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.blend.vectors import Blend, log_silent
from coldwave.models.weights import read_weights


def main(
    *, audio: list[Path], audio_users: list[Path], weights: Path, predictions: Path, prediction_users: Path
) -> None:
    tensors, settings = read_weights(weights)
    blend = Blend.of(tensors)
    songs, users = ([read_array(path, memory_map=True) for path in paths] for paths in (audio, audio_users))
    log_silent(blend, settings["models"], users, songs)
    write_array(predictions, blend.songs(songs))
    with threadpool_limits(1):  # or the last bits depend on the threads
        write_array(prediction_users, blend.users(users))


run(main)
