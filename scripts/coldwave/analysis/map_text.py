"""What a map says of its songs: their tags, artists that are named on it, and its caption."""

import numpy as np
import polars as pl


def bounded_perplexity(perplexity: float, songs: int) -> float:
    """Limit the perplexity to a third of the other songs: t-SNE looks at three times as many neighbours."""
    return min(perplexity, (songs - 1) / 3)


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


def map_words(model: str | None, which: str, songs: int, perplexity: float) -> str:
    """Describe a map: the model (None: usage), its songs (``test`` or ``all``), how it was made."""
    by = f"predicted by {model} from their sound" if model else "from their own plays (the run has no audio model)"
    of = "test songs" if which == "test" else "songs, training songs included"
    return (
        f"Map of {songs:,} {of} (t-SNE, perplexity {bounded_perplexity(perplexity, max(songs, 1)):.3g}). Songs near "
        f"each other have similar usage patterns, {by}. Large distances mean little."
    )


def map_caption(words: str) -> str:
    """Add to the words about a map how to read its figure."""
    return (
        f"{words} Colour: the first that a song has of the most frequent tags. Ring: the most central song of a much "
        "played artist."
    )
