"""Recommend audio files that a run has never seen: they are heard, and stand behind the run's songs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.models.knn import unit_length
from coldwave.plays.audio_folder import read_tags
from coldwave.progress import track
from coldwave.use.excluding import excluded
from coldwave.use.files import RECORDING
from coldwave.use.hearing import BOW, HeardFile
from coldwave.use.models import features_of
from coldwave.use.recommending import Recommended, ranked
from coldwave.use.recordings import Recordings, names_of
from coldwave.use.resources import Resources
from coldwave.use.scoring import SOUND, Scorer


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
    songs = pl.concat([resources.files.songs, _named(opened, resources)], how="diagonal_relaxed")
    new = np.arange(songs.height) >= resources.files.songs.height
    heard = np.vstack((chosen.scorer.heard, vectors))
    scorer = Scorer(heard, None, np.zeros(songs.height, dtype=bool), chosen.scorer.vectors)
    recordings = _recordings(songs, opened, resources)
    recordings.add(listener.songs.tolist())
    allowed = new & ~excluded(songs, exclude)
    table, lacking = ranked(songs, scorer, listener, allowed, recordings, n, per_artist)
    notes = [*chosen.notes, *listener.notes, f"{len(opened):,} files that the run does not know were heard."]
    if failed or lacking:
        example = f": {failed[0]}" if failed else ""
        notes.append(f"{len(failed) + lacking:,} files cannot be scored{example}.")
    return Recommended(table.drop("song"), chosen.name, chosen.model.seed if chosen.model else None, notes)


def _named(opened: Sequence[HeardFile], resources: Resources) -> pl.DataFrame:
    rows = []
    for number, one in enumerate(opened, start=resources.files.songs.height):
        tags, path = read_tags(one.path), str(one.path)
        names = {"title": tags.title or one.path.stem, "artist": tags.artist, "album": tags.album}
        row = {"song": number, "song_id": path, **names, "tags": list(tags.tags), "audio": path, "users": 0}
        rows.append(row | {RECORDING: tags.recording})
    types = {name: resources.files.songs.schema[name] for name in rows[0]}
    return pl.DataFrame(rows, schema=types)


def _recordings(songs: pl.DataFrame, opened: Sequence[HeardFile], resources: Resources) -> Recordings:
    units = None
    if resources.files.has(features_of(BOW)):
        features = np.concatenate([one.features(BOW) for one in opened])
        units = np.vstack((resources.units(BOW), unit_length(features)))
    return Recordings(names_of(songs), songs[RECORDING].to_list(), units)
