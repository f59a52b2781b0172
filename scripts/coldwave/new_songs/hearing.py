"""Hear new songs in worker processes, a few at a time, and predict them with all models while they are in memory."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
from pebble import ProcessPool

from coldwave.audio.extraction import Extracted, Extractor, extract_songs, failed, log_mels_of
from coldwave.audio.index import NO_AUDIO
from coldwave.encoders.tags import parted
from coldwave.new_songs.batches import FEATURES, OK, PREDICTIONS, Vectors
from coldwave.progress import track
from coldwave.use.hearing import NAMED, Heard, encoding_of, scaled_encodings
from coldwave.use.kinds import BOW, LOG_MELS
from coldwave.use.models import Model, heard_by
from coldwave.use.predicting import predict

log = logging.getLogger(__name__)

STATES = {"status": pl.String, "detail": pl.String}
AT_ONCE = 64  # songs whose log-mels are in memory together, 0.3 MB each at 30 s


def all_heard(models: Sequence[Model]) -> list[str]:
    """Name what any of the models hears of a song, each once."""
    return list(dict.fromkeys(name for model in models for name in heard_by(model)))


def hears_audio(models: Sequence[Model]) -> bool:
    """Whether any of the models needs a song's audio."""
    encoders = models[0].files.config.get("encoders", {})
    return not {BOW, LOG_MELS, *encoders}.isdisjoint(all_heard(models))


def encode_new(
    songs: pl.DataFrame,
    models: Sequence[Model],
    digests: Mapping[str, str | None],
    cache: Path,
    pool: ProcessPool | None,
    threads: int,
) -> tuple[dict[str, np.ndarray], list[pl.DataFrame]]:
    """Encode songs by the encoders that models take (see ``hear_and_predict``).

    Returns
    -------
    features by name, float32 [songs, d], NaN rows for songs without; and for each encoder a table ``status``,
    ``detail`` of the songs

    Raises
    ------
    InputError
        An encoder is not there, or is not what the config says.
    """
    files = models[0].files
    known = files.config.get("encoders", {})
    found, states = {}, []
    for name in (name for name in all_heard(models) if name in known):
        encoding = encoding_of(files, name)
        vectors = np.full((songs.height, encoding.width), np.nan, dtype=np.float32)
        extracted = _extracted(songs, digests, encoding, cache, pool, threads)
        told = []
        for row, song in enumerate(track(extracted, f"new songs encoded by {name}", songs.height)):
            told.append((song.status, song.detail))
            if song.rows is not None:
                vectors[row] = song.rows[0]
        found[name] = scaled_encodings(parted(vectors, encoding.network)[0], files, name)
        states.append(pl.DataFrame(told, schema=STATES, orient="row"))
    return found, states


def hear_and_predict(
    songs: pl.DataFrame,
    models: Sequence[Model],
    given: Mapping[str, np.ndarray],
    digests: Mapping[str, str | None],
    cache: Path,
    pool: ProcessPool | None,
    threads: int,
) -> tuple[Vectors, pl.DataFrame]:
    """Hear songs and predict them.

    Parameters
    ----------
    songs : table ``song_id``, ``artist``, ``album``, ``audio``
    models : of one run, at least one
    given : embeddings and encodings of the songs by name, float32 [songs, d], NaN rows for songs without
    digests : of the content of audio files, by path
    cache : folder of log-mels; pool : where songs are decoded, None if no model needs audio

    Returns
    -------
    their features and predictions, and a table ``status``, ``detail`` of their audio ("ok" where none is needed)
    """
    files = models[0].files
    names = [name for name in all_heard(models) if name != LOG_MELS]
    kept = songs.select(NAMED.keys())
    parts: dict = {}
    states: list[tuple[str, str]] = []
    from_cache, cache_error = 0, ""
    heard_songs = _extracted(songs, digests, log_mels_of(files.config["audio"]), cache, pool, threads) if pool else None
    for begin in track(range(0, songs.height, AT_ONCE), "parts of the new songs placed"):
        part = kept[begin : begin + AT_ONCE]
        found = list(islice(heard_songs, part.height)) if heard_songs else [Extracted(None, 0, OK, "")] * part.height
        states += [(one.status, one.detail) for one in found]
        from_cache += sum(one.from_cache for one in found)
        cache_error = next((one.cache_error for one in found if one.cache_error), cache_error)
        own = {name: array[begin : begin + AT_ONCE] for name, array in given.items()}
        heard = Heard(files, part, [one.rows for one in found], own, threads)
        for name in names:
            parts.setdefault((FEATURES, name, None), []).append(heard.features(name))
        for model in models:
            parts.setdefault((PREDICTIONS, model.name, model.seed), []).append(predict(heard, model))
    if pool:
        log.info("songs heard: %s (%s from the cache)", f"{songs.height:,}", f"{from_cache:,}")
    if cache_error:
        log.warning("the cache cannot be written: %s", cache_error)
    table = pl.DataFrame(states, schema=STATES, orient="row")
    return {key: np.concatenate(arrays) for key, arrays in parts.items()}, table


def _extracted(
    songs: pl.DataFrame,
    digests: Mapping[str, str | None],
    settings: Extractor,
    cache: Path,
    pool: ProcessPool,
    threads: int,
) -> Iterator[Extracted]:
    """Yield all songs in order, those that name no audio file among them."""
    paths = songs["audio"].to_list()
    named = [path for path in paths if path is not None]
    manifest = pl.DataFrame({"audio": named, "digest": [digests.get(path) for path in named]}, schema_overrides={
        "audio": pl.String, "digest": pl.String})  # fmt: skip
    found = extract_songs(manifest, settings, cache, pool, threads)
    for path in paths:
        yield failed(NO_AUDIO, "the songs table names no audio file") if path is None else next(found)
