"""Read scores made elsewhere, by id, and make vectors whose inner products order the songs as the scores do."""

from pathlib import Path

from coldwave.files import read_table, write_array
from coldwave.job import run
from coldwave.models.predictions.ranks import rank_vectors
from coldwave.models.predictions.scores import read_scores
from coldwave.models.predictions.telling import log_scores
from coldwave.plays.rejections import log_rejected
from coldwave.plays.tables import write_rejected


def main(
    *,
    source: Path,
    users: Path,
    songs: Path,
    model: str,
    predictions: Path,
    prediction_users: Path,
    rejected: Path,
    options: dict,
) -> None:
    """``options``: user, song and score (columns), and delimiter."""
    user_ids = read_table(users, ["user_id"])["user_id"].to_list()
    song_ids = read_table(songs, ["song_id"])["song_id"].to_list()
    found = read_scores(source, user_ids, song_ids, options, f"models.{model}")
    log_scores(found, len(user_ids), len(song_ids), f"models.{model}")
    log_rejected(found.rejected)
    vectors = rank_vectors(found.users, found.songs, found.values, len(user_ids), len(song_ids))
    write_array(prediction_users, vectors[0])
    write_array(predictions, vectors[1])
    write_rejected(rejected, found.rejected)


run(main)
