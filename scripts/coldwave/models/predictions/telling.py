"""Log lines about scores and vectors made elsewhere: how much of the run they cover, and what was left aside."""

import logging

import numpy as np

from coldwave.embeddings.reading import Embeddings
from coldwave.models.predictions.scores import Scores

log = logging.getLogger(__name__)


def log_scores(found: Scores, all_users: int, all_songs: int, key: str) -> None:
    """Log how many users, songs and pairs have a score, and how many rows are about others."""
    pairs, users, songs = len(found.values), len(np.unique(found.users)), len(np.unique(found.songs))
    log.info(
        "%s: %s scores, for %s of %s users and %s of %s songs",
        key,
        *(f"{number:,}" for number in (pairs, users, all_users, songs, all_songs)),
        extra={"screen": True},
    )
    if lacking := users * songs - pairs:
        log.warning("%s: %s pairs of these users and songs have no score and rank last", key, f"{lacking:,}")
    _log_users_without(all_users - users, "score", key)
    for name, strange in found.strangers.items():
        if strange.rows:
            told = key, f"{strange.rows:,}", name, strange.line, strange.ids[0]
            log.warning("%s: %s rows are for a %s that is not in the run, the first in line %s: %r", *told)


def log_vectors(found: Embeddings, of: str, key: str) -> None:
    """Log how many songs, or users (``of``), have a vector, and how many rows are about others."""
    number, width = found.vectors.shape
    known = int(np.isfinite(found.vectors).all(axis=1).sum())
    told = key, f"{known:,}", f"{number:,}", of, width
    log.info("%s: %s of %s %ss have a vector of %s numbers", *told, extra={"screen": True})
    if of == "user":
        _log_users_without(number - known, "vector", key)
    if found.others:
        log.warning("%s: %s rows are for a %s that is not in the run", key, f"{found.others:,}", of)


def _log_users_without(number: int, what: str, key: str) -> None:
    if number:
        told = key, f"{number:,}", what
        log.warning("%s: %s users have no %s: all songs that have a prediction tie for them", *told)
