"""Which model recommends where none is named: the one that ranks validation songs best. Test songs have no say."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.recommendation import FEW
from coldwave.files import expecting_table
from coldwave.use.files import RunFiles
from coldwave.use.kinds import KINDS
from coldwave.use.models import find_model, listening, seeds_of

JUDGES = 1000  # users at most, evenly spread
_AT_ONCE = 1 << 24


# Not by ``coldwave.evaluation.ranking``: numba compiles it for two seconds, longer than a whole list takes.
def mean_auc(user_vectors: np.ndarray, song_vectors: np.ndarray, users: np.ndarray, songs: np.ndarray) -> float:
    """Average over users the share of pairs of a song played and one not played that are in the right order.

    Ties count one half. Users who have played all songs do not count.

    Parameters
    ----------
    user_vectors : [n, k]; song_vectors : [m, k]; a song with NaN ranks last
    users, songs : int [pairs], rows of both, the songs that users have played

    Returns
    -------
    NaN without a user who counts
    """
    songs = songs[np.argsort(users, kind="stable")]
    ends = np.cumsum(np.bincount(users, minlength=len(user_vectors)))
    shares = []
    step = max(1, _AT_ONCE // max(1, len(song_vectors)))
    for begin in range(0, len(user_vectors), step):
        scores = np.nan_to_num(user_vectors[begin : begin + step] @ song_vectors.T, nan=-np.inf)
        for user, own in enumerate(scores, start=begin):
            played = own[songs[ends[user - 1] if user else 0 : ends[user]]]
            others = len(own) - len(played)
            if len(played) and others:
                own.sort()
                ahead = (np.searchsorted(own, played) + np.searchsorted(own, played, side="right")).sum() / 2
                # the n^2 pairs of played songs, each with itself among them, give n^2 / 2 whatever their order
                shares.append((ahead - len(played) ** 2 / 2) / (len(played) * others))
    return float(np.mean(shares)) if shares else float("nan")


def judge(files: RunFiles, names: Iterable[str]) -> tuple[dict[str, float], list[str], int]:
    """Average AUC over validation songs for each model, and over its seeds.

    Returns
    -------
    the AUC by model; the models that have learnt from validation songs, which cannot be judged by them; and the number
    of users who judge
    """
    songs = np.flatnonzero(files.validation)
    place = np.full(len(files.validation), -1)
    place[songs] = np.arange(len(songs))
    with expecting_table(path := files.path("plays/plays.parquet")):
        plays = pl.scan_parquet(path, glob=False).select("user", "song")
        pairs = plays.filter(pl.col("song").is_in(songs)).collect()
    user, played = pairs["user"].to_numpy(), place[pairs["song"].to_numpy()]
    judges = np.unique(user)
    judges = judges[np.linspace(0, len(judges) - 1, min(len(judges), JUDGES)).astype(int)] if len(judges) else judges
    kept = np.isin(user, judges)
    user, played = np.searchsorted(judges, user[kept]), played[kept]
    found, learnt = {}, []
    for name in names:
        models = [find_model(files, name, seed) for seed in seeds_of(files, name)]
        if any((model.learnt & files.validation).any() for model in models):
            learnt.append(name)
        elif models and len(judges) >= FEW:
            values = [mean_auc(model.users[judges], model.songs[songs], user, played) for model in models]
            found[name] = float(np.mean(values))
    return found, learnt, len(judges)


def choose_model(files: RunFiles) -> tuple[str, list[str]]:
    """Choose the model that recommends where none is named.

    It is the one with the highest AUC over validation songs, of those that rank them for each user. With fewer than
    ``FEW`` users who have played one, it is the first in the order of ``kinds``, simple models first.

    Returns
    -------
    its name, and why, in sentences

    Raises
    ------
    InputError
        No model of the run listens.
    """
    names = listening(files)
    names = [name for name in names if KINDS[files.config["models"][name]["kind"]].personal] or names
    if not names:
        models = ", ".join(files.config["models"])
        raise InputError(f"{files.folder}: none of the run's models listens ({models}); name one, or add one to models")
    found, learnt, judges = judge(files, names)
    passed = f" {', '.join(learnt)} cannot be judged: validation songs were learnt from." if learnt else ""
    if found and not np.isnan(list(found.values())).all():
        best = max(found, key=lambda name: -1.0 if np.isnan(found[name]) else found[name])
        others = [f"{name} {found[name]:.3f}" for name in found if name != best]
        beside = f" ({', '.join(others)})" if others else ""
        how = f"{best} ranks the validation songs of {judges:,} users best: AUC {found[best]:.3f}{beside}."
        return best, [how + passed]
    first = min(names, key=lambda name: KINDS[files.config["models"][name]["kind"]].order)
    few = "user has" if judges == 1 else "users have"
    why = f"only {judges:,} {few} played validation songs" if judges < FEW else "no model can be judged"
    order = ", ".join(sorted((kind for kind in KINDS if KINDS[kind].personal), key=lambda kind: KINDS[kind].order))
    return first, [f"{first} is the first by kind ({order}), as {why}.{passed if judges >= FEW else ''}"]
