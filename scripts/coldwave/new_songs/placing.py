"""Place a batch of new songs with what a finished run has learnt: read, hear, predict, list and write."""

import json
import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.audio.digests import content_digests
from coldwave.audio.extraction import FAILURES_NAMED, worker_pool
from coldwave.files import write_table, write_text
from coldwave.new_songs.batches import (
    FEATURES,
    OK,
    PLACED,
    PREDICTIONS,
    SONGS,
    VECTORS,
    Batch,
    NewSongs,
    check_name,
    learnt_digest,
    read_batches,
    read_new_songs_of,
    valid_batches,
    vectors_table,
)
from coldwave.new_songs.exhibits import write_neighbours, write_songs, write_users
from coldwave.new_songs.hearing import all_heard, encode_new, hear_and_predict, hears_audio
from coldwave.new_songs.identity import made_of, unchanged
from coldwave.new_songs.keeping import joined, kept_of, named_by, once, without
from coldwave.new_songs.lists import list_neighbours, list_users
from coldwave.new_songs.reading import read_new_songs
from coldwave.new_songs.state import FOLDER, INFO, check_source
from coldwave.new_songs.wanted import Wanted, placing_models, read_given
from coldwave.plays.rejections import log_rejected
from coldwave.plays.tables import write_rejected
from coldwave.use.files import RunFiles
from coldwave.use.models import Model

log = logging.getLogger(__name__)

ON_SCREEN = {"screen": True}


def place_batch(run: str | Path, name: str, wanted: Wanted, cache: Path, threads: int = 1) -> Batch:
    """Place new songs, and write the batch ``new_songs/<name>/`` in the run's folder.

    A song that another batch holds is not placed again if it was placed by the same models and nothing of it or of the
    run has changed since. Songs that were heard before, with other songs or before a kill, are not decoded again.

    Parameters
    ----------
    cache : folder of digests and log-mels
    threads : processes that decode, and threads that networks take

    Raises
    ------
    InputError
        The run is not finished, a file or a setting is wrong, the batch is that of another table or folder, or no model
        of the run can predict these songs.
    """
    check_name(name)
    check_source(run, name, wanted.source)
    files = RunFiles(run)
    models = placing_models(files, wanted)
    pool = worker_pool(threads) if hears_audio(models) else nullcontext()
    with pool as workers:  # first, as it forks, and reading a table starts threads
        songs, rejected = read_new_songs(wanted.source, wanted.reading, threads)
        given, states, not_read = read_given(files, models, wanted.embeddings, songs)
        rejected = pl.concat([rejected, *not_read])
        log_rejected(rejected)
        digests = content_digests(songs["audio"].drop_nulls(), cache, threads) if workers else {}
        songs = songs.drop("song").with_columns(made_of(songs, digests if workers else None, given))
        names = list(dict.fromkeys(model.name for model in models))
        batches = valid_batches(files, names)
        earlier = read_new_songs_of([batch for batch in batches if batch.name != name])
        old = read_new_songs_of([batch for batch in batches if batch.name == name])
        place, before = _to_place(songs, earlier.songs)
        given = {key: array[place] for key, array in given.items()}
        fresh = songs[place]
        encoded, more = encode_new(fresh, models, digests, cache, workers, threads)
        given |= encoded
        vectors, heard = hear_and_predict(fresh, models, given, digests, cache, workers, threads)
    _warn_of_unheard(fresh, heard)
    table = _table(songs, place, before, [heard, *more, *(state[place] for state in states)], name, files.root)
    named = named_by([batch for batch in read_batches(files.folder) if batch.name != name], name)
    kept = kept_of(_of_models(old, models), table, earlier.songs, named)
    if gone := kept.songs.filter(~pl.col("song_id").is_in(table["song_id"].implode())).height:
        log.info("%s songs of the batch are no longer in %s and are kept, as other batches name them",
                 f"{gone:,}", wanted.source, extra=ON_SCREEN)  # fmt: skip
    new = joined(without(NewSongs(table[place], vectors), kept.songs["song_id"]), kept)
    table = joined(without(NewSongs(table, {}), kept.songs["song_id"]), kept).songs
    listed, others = once(new, earlier)
    users, near = list_users(files, listed, wanted.users), list_neighbours(files, listed, others, wanted.neighbours)
    ok = int((table["status"] == OK).sum())
    counts = {"songs": ok, "earlier": len(before), "set_aside": table.height - ok - len(before)}
    source = _from(files.root, pl.Series([str(wanted.source)])).item()
    told = {"made": datetime.now(UTC).isoformat(timespec="microseconds"), "source": source, "models": names}
    info = told | counts | {"rejected": rejected.height, "learnt": learnt_digest(files, names)}
    batch = Batch(files.folder / FOLDER / name, info)
    (batch.folder / INFO).unlink(missing_ok=True)  # without it there is no batch: it is written last
    write_songs(batch.folder, table)
    write_users(batch.folder, users)
    write_neighbours(batch.folder, near)
    write_table(batch.folder / "vectors.parquet", vectors_table(*new), VECTORS)
    write_rejected(batch.folder / "rejected.parquet", rejected)
    write_text(batch.folder / INFO, json.dumps(info, indent=1) + "\n")
    log.info("%s songs placed, by %s models", f"{ok - kept.songs.height:,}", f"{len(names):,}", extra=ON_SCREEN)
    return batch


def _of_models(songs: NewSongs, models: Sequence[Model]) -> NewSongs:
    """Leave the vectors that these models make, or hear."""
    keys = {(FEATURES, name, None) for name in all_heard(models)}
    keys |= {(PREDICTIONS, model.name, model.seed) for model in models}
    return songs._replace(vectors={key: array for key, array in songs.vectors.items() if key in keys})


def _to_place(songs: pl.DataFrame, earlier: pl.DataFrame) -> tuple[np.ndarray, dict[int, str]]:
    """Tell the songs that are to be placed, by place, from those that earlier batches hold as they are."""
    known = {song_id: kept for song_id, *kept in earlier.filter(status=OK)["song_id", "made_of", "batch"].iter_rows()}
    before = {}
    for place, (song_id, made) in enumerate(songs.select("song_id", "made_of").iter_rows()):
        was, held_by = known.get(song_id, ("", ""))
        if unchanged(made, was):
            before[place] = held_by
    for batch, number in sorted(Counter(before.values()).items()):
        log.info("%s songs were placed in batch %s", f"{number:,}", batch, extra=ON_SCREEN)
    return np.array([place for place in range(songs.height) if place not in before], dtype=np.int64), before


def _warn_of_unheard(songs: pl.DataFrame, heard: pl.DataFrame) -> None:
    """Log the first songs that gave no audio, and how many there are."""
    rows = np.flatnonzero((heard["status"] != OK).to_numpy())
    for row in rows[:FAILURES_NAMED].tolist():
        log.warning("%s was not heard: %s: %s", songs["song_id"][row], *heard.row(row))
    if len(rows) > FAILURES_NAMED:
        log.warning("and %s more songs were not heard: see the batch's songs table", f"{len(rows) - FAILURES_NAMED:,}")


def _table(
    songs: pl.DataFrame,
    place: np.ndarray,
    before: Mapping[int, str],
    states: Sequence[pl.DataFrame],
    name: str,
    root: Path,
) -> pl.DataFrame:
    """Say of each song whether it was placed, where, and why not (``SONGS``)."""
    status, detail = [PLACED] * songs.height, [""] * songs.height
    batch = [name] * songs.height
    for row, held_by in before.items():
        detail[row], batch[row] = f"it is in batch {held_by}, unchanged", held_by
    for row, *found in zip(place.tolist(), *(state.iter_rows() for state in states), strict=True):
        wrong = [one for one in found if one[0] != OK]
        status[row] = wrong[0][0] if wrong else OK
        detail[row] = "; ".join(said for _, said in wrong)
    texts = {"status": status, "detail": detail, "batch": batch}
    told = [pl.Series(key, values, dtype=pl.String) for key, values in texts.items()]
    return songs.with_columns(*told, audio=_from(root, songs["audio"])).select(list(SONGS))


def _from(root: Path, paths: pl.Series) -> pl.Series:
    """Make paths start where the run's do."""
    if root.resolve() == Path.cwd().resolve():
        return paths
    return pl.Series([None if path is None else os.path.abspath(path) for path in paths], dtype=pl.String)  # noqa: PTH100
