"""Some users: what they play, and what they would be recommended of the songs that no model knows by their plays."""

import numpy as np
import polars as pl

from coldwave.examples.spread import spread
from coldwave.examples.tables import PLAYED, RECOMMENDED
from coldwave.files import expecting_table, read_table
from coldwave.use.because import reasons
from coldwave.use.files import RunFiles
from coldwave.use.listeners import Listener
from coldwave.use.picking import pick
from coldwave.use.vectors import Chosen, Vectors

SHOWN = 5  # songs of a list, at most
PER_ARTIST = 3  # recommended songs of one artist, at most


def chosen_users(files: RunFiles, number: int, seed: int) -> pl.DataFrame:
    """Choose users who have played both training and test songs, spread over the number of training songs.

    Returns
    -------
    table ``user``, ``user_id``, ``songs`` (training songs played), ``held_out`` (test songs played), the fewest songs
    first
    """
    training, test = (pl.Series(np.flatnonzero(songs)).implode() for songs in (files.training, files.test))
    with expecting_table(path := files.path("plays/plays.parquet")):
        plays = pl.scan_parquet(path, glob=False).select("user", "song").group_by("user")
        counted = plays.agg(songs=pl.col("song").is_in(training).sum(), held_out=pl.col("song").is_in(test).sum())
        both = counted.filter(pl.col("songs") > 0, pl.col("held_out") > 0).sort("user").collect()
    ids = read_table(files.path("plays/users.parquet"), ["user", "user_id"])
    both = both.join(ids, on="user", maintain_order="left").select("user", "user_id", "songs", "held_out")
    found = spread(both["songs"].to_numpy(), both["user_id"].to_list(), number, f"{seed} report users")
    return both[found.tolist()]


def played(files: RunFiles, users: pl.DataFrame) -> pl.DataFrame:
    """List the training songs that each user plays most (``PLAYED``); ties go to the song with the lower number."""
    training = pl.Series(np.flatnonzero(files.training))
    lists = [pl.DataFrame(schema=PLAYED)]
    for user, songs, held_out in users.select("user", "songs", "held_out").rows():
        plays = files.plays_of(user).filter(pl.col("song").is_in(training.implode()))
        most = plays.sort(["count", "song"], descending=[True, False]).head(SHOWN)
        known = {"user": pl.lit(user), "songs": pl.lit(songs), "held_out": pl.lit(held_out)}
        rank = pl.int_range(1, pl.len() + 1)
        lists.append(most.select(**known, rank=rank, song="song", plays="count").cast(PLAYED))
    return pl.concat(lists)


def recommended(vectors: Vectors, chosen: Chosen, users: pl.DataFrame) -> pl.DataFrame:
    """List the songs with the highest scores for each user, of test songs and those that nobody has played.

    Songs are scored by what is heard of them alone, whatever their plays.

    Returns
    -------
    table ``RECOMMENDED``
    """
    files = vectors.files
    allowed = ~(files.training | files.validation)
    lists = [pl.DataFrame(schema=RECOMMENDED)]
    for user, user_id in users.select("user", "user_id").rows():
        plays = files.plays_of(user).sort("song")
        listener = learnt_listener(vectors, chosen, user_id, plays)
        if listener is None:
            continue
        known = files.training[listener.songs]  # where the factorisation sees all plays, a song may explain itself
        listener = listener._replace(
            songs=listener.songs[known], counts=listener.counts[known], parts=listener.parts[known]
        )
        recordings = vectors.recordings(chosen.model)
        recordings.add(listener.songs.tolist())
        scores = chosen.scorer.scores(listener.vector)
        places = np.array(pick(scores, allowed, recordings, SHOWN, PER_ARTIST), dtype=np.int64)
        why = reasons(files.songs, listener, chosen.scorer, places)
        because = [files.song_numbers.get(song_id) for song_id in why["because_id"]]
        counts = dict(plays.select("song", "count").rows())
        possible = allowed & np.isfinite(scores)
        chance = possible[plays["song"].to_numpy()].sum() / max(1, possible.sum())
        table = pl.DataFrame(
            {
                "user": [user] * len(places),
                "rank": range(1, len(places) + 1),
                "song": places,
                "score": scores[places],
                "plays": [counts.get(song, 0) for song in places.tolist()],
                "chance": [chance] * len(places),
                "because": because,
                "because_plays": [counts.get(song) for song in because],
                "part": why["part"],
                "tags": why["tags"],
            },
            schema=RECOMMENDED,
            strict=False,
        )
        lists.append(table)
    return pl.concat(lists)


def learnt_listener(vectors: Vectors, chosen: Chosen, user_id: str, plays: pl.DataFrame) -> Listener | None:
    """Make the listener of the plays of training songs: the run's user vector, or a mean of what these sound like.

    None if songs are compared by features, and those played have none.
    """
    if chosen.model is not None:
        return vectors.listener(user_id, None, chosen)
    files = vectors.files
    songs = plays["song"].to_numpy()
    known = plays.filter(pl.Series(files.training[songs] & np.isfinite(chosen.scorer.rows(songs)).all(axis=1)))
    if known.is_empty():
        return None
    ids = files.songs["song_id"].gather(known["song"])
    return vectors.listener(None, dict(zip(ids, known["count"], strict=True)), chosen)
