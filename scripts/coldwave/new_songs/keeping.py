"""What a placement must not lose: songs that other batches look up in this one, and those that cannot be read now."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from coldwave.new_songs.batches import OK, PLACED, Batch, NewSongs


def kept_of(old: NewSongs, songs: pl.DataFrame, earlier: pl.DataFrame, named: Iterable[str]) -> NewSongs:
    """Take the songs that a batch keeps as it held them before it was placed again.

    They cannot be placed now, or are no longer asked for though other batches call them placed in this one. A song that
    another batch holds as well is not kept.

    Parameters
    ----------
    old : what the batch held; songs : its new table (``SONGS``)
    earlier : songs that other batches hold
    named : ids of the songs that other batches call placed in this one (``named_by``)
    """
    there = {row[0]: row[1:] for row in songs.select("song_id", "status", "detail").iter_rows()}
    placed, asked = set(earlier.filter(status=OK)["song_id"]), set(named)
    rows, details = [], []
    for row, (song_id, status) in enumerate(old.songs.select("song_id", "status").iter_rows()):
        now, why = there.get(song_id, ("", ""))
        if status != OK or song_id in placed or now in (OK, PLACED) or not (now or song_id in asked):
            continue
        rows.append(row)
        details.append(f"kept: it is {now} now: {why}" if now else "kept: it is no longer asked for")
    kept = take(old, np.array(rows, dtype=np.int64))
    return kept._replace(songs=kept.songs.with_columns(detail=pl.Series(details, dtype=pl.String)))


def named_by(others: Iterable[Batch], name: str) -> set[str]:
    """Collect the ids of the songs that other batches call placed in the batch ``name``."""
    return {song_id for batch in others for song_id in batch.songs().filter(status=PLACED, batch=name)["song_id"]}


def once(new: NewSongs, earlier: NewSongs) -> tuple[NewSongs, NewSongs]:
    """Leave each song once: the new one, unless it could not be placed and an earlier one was."""
    fine = earlier.songs.filter(status=OK)["song_id"].implode()
    new = take(new, new.songs.select((pl.col("status") == OK) | ~pl.col("song_id").is_in(fine)).to_series().arg_true())
    return new, without(earlier, new.songs["song_id"])


def take(songs: NewSongs, rows: np.ndarray | pl.Series) -> NewSongs:
    """Take some songs by their rows, with their vectors."""
    rows = np.asarray(rows, dtype=np.int64)
    return NewSongs(songs.songs[rows], {key: array[rows] for key, array in songs.vectors.items()})


def without(songs: NewSongs, ids: pl.Series) -> NewSongs:
    """Leave out songs by their ids."""
    return take(songs, (~songs.songs["song_id"].is_in(ids.implode())).arg_true())


def joined(one: NewSongs, other: NewSongs) -> NewSongs:
    """Put songs together, sorted by id; of vectors that a part lacks, its songs have NaN rows."""
    songs = pl.concat([one.songs, other.songs])
    order = songs["song_id"].arg_sort().to_numpy()
    vectors = {}
    for key, array in (other.vectors | one.vectors).items():
        parts = [
            part.vectors.get(key, np.full((part.songs.height, array.shape[1]), np.nan, dtype=np.float32))
            for part in (one, other)
        ]
        vectors[key] = np.concatenate(parts)[order]
    return NewSongs(songs[order], vectors)
