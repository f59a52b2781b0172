"""A map of songs (figure 1 of the paper): t-SNE of their usage patterns."""

import logging

import numpy as np
import polars as pl

log = logging.getLogger(__name__)

MAP = {"song": pl.UInt32, "x": pl.Float64, "y": pl.Float64}
EXACT = 1000  # from this many songs on, neighbours are approximate
FAR = 10_000  # from this many songs on, forces are interpolated on a grid


def bounded_perplexity(perplexity: float, songs: int) -> float:
    """Limit the perplexity to a third of the other songs: t-SNE looks at three times as many neighbours."""
    return min(perplexity, (songs - 1) / 3)


def embed(units: np.ndarray, perplexity: float, seed: int, threads: int = 1) -> np.ndarray:
    """Lay out songs in the plane, so that those with similar usage patterns are near each other.

    Distances are Euclidean between vectors of unit length, which order songs as the cosine does. Neighbours are exact
    below a thousand songs. From there on Annoy finds them, on one thread: several would find others each time.

    Parameters
    ----------
    units : float32 [songs, k], of unit length
    threads : for the forces

    Returns
    -------
    float64 [songs, 2]; fewer than four songs are laid out on their first principal components
    """
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.initialization import pca
    from openTSNE.nearest_neighbors import Annoy, Sklearn
    from threadpoolctl import threadpool_limits

    songs = len(units)
    if songs < 4:
        centred = units - units.mean(axis=0) if songs else units
        axes = np.linalg.svd(centred.astype(np.float64), full_matrices=False)[2][:2] if songs else np.zeros((0, 2))
        flat = centred @ axes.T if songs else axes
        return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1]))).astype(np.float64)
    threads = threads if songs >= EXACT else 1  # with few songs, several threads are slower
    bounded = bounded_perplexity(perplexity, songs)
    neighbours = min(songs - 1, int(3 * bounded))
    method = Sklearn if songs < EXACT else Annoy
    index = method(units.astype(np.float64), k=neighbours, metric="euclidean", n_jobs=1, random_state=seed)
    log.info("%s songs, perplexity %.1f", f"{songs:,}", bounded)
    with threadpool_limits(1, user_api="blas"):
        affinities = PerplexityBasedNN(knn_index=index, perplexity=bounded, n_jobs=threads, random_state=seed)
        start = pca(units.astype(np.float64), random_state=seed)
        method = "bh" if songs < FAR else "fft"
        tsne = TSNE(negative_gradient_method=method, n_jobs=threads, random_state=seed)
        return np.asarray(tsne.fit(affinities=affinities, initialization=start))


def main_tags(tags: pl.Series, number: int) -> list[str | None]:
    """Return the tag of each song that is most frequent over all songs, or None, to colour a map by.

    ``tags`` is a list of texts for each song. Only the ``number`` tags that most songs have count; ties are in the
    order of their names.
    """
    counts = pl.DataFrame({"tag": tags.list.unique().explode()}).drop_nulls().group_by("tag").len()
    frequent = counts.sort(["len", "tag"], descending=[True, False])["tag"].head(number).to_list()
    return [next((tag for tag in frequent if tag in own), None) for own in tags.to_list()]


def labelled_artists(
    coordinates: np.ndarray, artist: np.ndarray, known: np.ndarray, plays: np.ndarray, number: int
) -> list[tuple[int, int]]:
    """Choose the most played artists with two songs or more on a map, and the most central song of each.

    Parameters
    ----------
    coordinates : float64 [songs, 2]; artist : int [songs]; known : bool [songs]; plays : int [songs]

    Returns
    -------
    (artist, row of the song), at most ``number``
    """
    rows = np.flatnonzero(known)
    present, where, songs = np.unique(artist[rows], return_inverse=True, return_counts=True)
    total = np.bincount(where, plays[rows].astype(np.float64), minlength=len(present))
    order = [place for place in np.lexsort((present, -total)) if songs[place] > 1][:number]
    chosen = []
    for place in order:
        own = rows[where == place]
        middle = np.median(coordinates[own], axis=0)
        chosen.append((int(present[place]), int(own[np.argmin(np.linalg.norm(coordinates[own] - middle, axis=1))])))
    return chosen


def map_caption(model: str | None, which: str, songs: int, perplexity: float) -> str:
    """Describe the map: the model (None: usage), its songs (``test`` or ``all``), how it was made."""
    by = f"predicted by {model} from their sound" if model else "from their own plays (the run has no audio model)"
    of = "test songs" if which == "test" else "songs, training songs included"
    return (
        f"Map of {songs:,} {of} (t-SNE, perplexity {bounded_perplexity(perplexity, max(songs, 1)):.3g}). Songs near "
        f"each other have similar usage patterns, {by}. Colour: the first that a song has of the most frequent tags. "
        "Ring: the most central song of a much played artist. Large distances mean little."
    )
