"""Recommend songs that a run has never seen, files or those of batches: they stand behind the run's songs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.models.knn import unit_length
from coldwave.new_songs.batches import FEATURES, OK, PREDICTIONS, read_new_songs_of, valid_batches
from coldwave.plays.audio_folder import read_tags
from coldwave.progress import track
from coldwave.use.excluding import excluded
from coldwave.use.files import RECORDING
from coldwave.use.hearing import HeardFile
from coldwave.use.kinds import BOW
from coldwave.use.listeners import Listener
from coldwave.use.models import features_of, find_model
from coldwave.use.recommending import Recommended, ranked
from coldwave.use.recordings import Recordings, names_of
from coldwave.use.resources import Resources
from coldwave.use.scoring import SOUND, Scorer
from coldwave.use.vectors import Chosen


def recommend_files(
    resources: Resources,
    files: Sequence[Path],
    user: str | None,
    plays: Mapping[str, float] | None,
    n: int,
    per_artist: int | None,
    exclude: Iterable[str],
    model: str | None,
    seed: int | None,
) -> Recommended:
    """Recommend some of ``files`` by what is heard of them; the other arguments are those of `recommend`.

    A file's ``song_id`` is its path, its names are those of its tags. A file that is a recording that the listener has
    played is not recommended. Files without usable audio are counted in the notes, with the first one's reason.

    Raises
    ------
    InputError
        Something named is not in the run, nothing in the run can hear a file, or no file has usable audio.
    """
    chosen = resources.chosen(model, seed, SOUND)
    resources.check_hears(chosen)
    listener = resources.listener(user, plays, chosen)
    opened, vectors, failed = [], [], []
    for file in track(files, "files heard"):
        try:
            one = resources.heard(file)
            vectors.append(resources.vector(one, chosen))
            opened.append(one)
        except InputError as error:
            failed.append(str(error))
    if not opened:
        raise InputError(failed[0] if failed else "there is no file that the run does not know")
    named = _named(opened, resources)
    features = np.concatenate([one.features(BOW) for one in opened]) if resources.files.has(features_of(BOW)) else None
    found, lacking = _ranked(resources, chosen, listener, named, np.stack(vectors), features, n, per_artist, exclude)
    notes = [f"{len(opened):,} files that the run does not know were heard."]
    if failed or lacking:
        example = f": {failed[0]}" if failed else ""
        notes.append(f"{len(failed) + lacking:,} files cannot be scored{example}.")
    return found._replace(notes=found.notes + notes)


def recommend_new(
    resources: Resources,
    user: str | None,
    plays: Mapping[str, float] | None,
    n: int,
    per_artist: int | None,
    exclude: Iterable[str],
    model: str | None,
    seed: int | None,
) -> Recommended:
    """Recommend new songs that batches hold, as they were placed; the arguments are those of `recommend`.

    Raises
    ------
    InputError
        Something named is not in the run, or no batch holds songs that this run has placed by the model.
    """
    files, chosen = resources.files, resources.chosen(model, seed, SOUND)
    listener = resources.listener(user, plays, chosen)
    batches = valid_batches(files, [chosen.model.name] if chosen.model else [])
    every, vectors = read_new_songs_of(batches)
    heard = np.flatnonzero((every["status"] == OK).to_numpy())
    songs, vectors = every[heard], {key: array[heard] for key, array in vectors.items()}
    if chosen.model:
        own = vectors.get((PREDICTIONS, chosen.model.name, chosen.model.seed))
    else:
        own = vectors.get((FEATURES, resources.sound(find_model(files, resources.default_model[0])), None))
        own = None if own is None else unit_length(own)
    if own is None:
        raise InputError(
            f"{files.folder}: no batch holds new songs that {chosen.name} of this run has placed: place some "
            "(`coldwave place FOLDER --batch NAME`), or have files heard (--library DIR)"
        )
    numbered = songs.with_row_index("song", offset=files.songs.height).with_columns(users=0)
    named = numbered.select(pl.col(name).cast(dtype) for name, dtype in files.songs.schema.items())
    features = vectors.get((FEATURES, BOW, None))
    found, lacking = _ranked(resources, chosen, listener, named, own, features, n, per_artist, exclude)
    notes = [f"{songs.height:,} new songs of {len(batches):,} batches."]
    if lacking := lacking + every.height - songs.height:
        notes.append(f"{lacking:,} more cannot be scored.")
    return found._replace(notes=found.notes + notes)


def _ranked(
    resources: Resources,
    chosen: Chosen,
    listener: Listener,
    named: pl.DataFrame,
    vectors: np.ndarray,
    features: np.ndarray | None,
    n: int,
    per_artist: int | None,
    exclude: Iterable[str],
) -> tuple[Recommended, int]:
    """Rank songs that stand behind the run's, and count those that cannot be scored.

    Parameters
    ----------
    named : table as the run's songs; vectors : [songs, k]; features : bag of words [songs, d], if there are any
    """
    songs = pl.concat([resources.files.songs, named], how="diagonal_relaxed")
    new = np.arange(songs.height) >= resources.files.songs.height
    heard = np.vstack((chosen.scorer.heard, vectors))
    scorer = Scorer(heard, None, np.zeros(songs.height, dtype=bool), chosen.scorer.vectors)
    units = None if features is None else np.vstack((resources.units(BOW), unit_length(features)))
    recordings = Recordings(names_of(songs), songs[RECORDING].to_list(), units)
    recordings.add(listener.songs.tolist())
    allowed = new & ~excluded(songs, exclude)
    found = ranked(songs, scorer, listener, allowed, recordings, n, per_artist)
    notes = [*chosen.notes, *listener.notes]
    seed = chosen.model.seed if chosen.model else None
    return Recommended(found.table.drop("song"), chosen.name, seed, notes), found.lacking


def _named(opened: Sequence[HeardFile], resources: Resources) -> pl.DataFrame:
    rows = []
    for number, one in enumerate(opened, start=resources.files.songs.height):
        tags, path = read_tags(one.path), str(one.path)
        names = {"title": tags.title or one.path.stem, "artist": tags.artist, "album": tags.album}
        row = {"song": number, "song_id": path, **names, "tags": list(tags.tags), "audio": path, "users": 0}
        rows.append(row | {RECORDING: tags.recording})
    types = {name: resources.files.songs.schema[name] for name in rows[0]}
    return pl.DataFrame(rows, schema=types)
