"""The forms of tracks and songs by which they are compared, as tables."""

import polars as pl

from coldwave.matching.names import NOBODY, artist_keys, folded, keys
from coldwave.matching.notes import marks, primary_artists, without_notes


def forms(names: pl.DataFrame, row: str) -> pl.DataFrame:
    """Make the forms of artists and titles.

    Parameters
    ----------
    names : ``artist``, ``title`` (null where unknown) and a column ``row`` that says whose they are

    Returns
    -------
    DataFrame
        ``row``, artist_key and title_key (whole names), base and base_key (the title without notes: its words, and its
        key without "and"), live (whether a live note is left out of it), marks (`notes.marks`), artist and first (the
        words of the artist, and of the first of joined artists), artist_words and first_words (the same without "the"
        and "and", sorted). What is unknown is null, and so is an artist who is nobody.
    """
    bare = without_notes(names["title"])
    known = artist_keys(names["artist"])
    artists = names["artist"].set(known.is_null(), None)
    base = folded(bare["title"])
    artist, first = folded(artists), folded(primary_artists(artists))
    first = first.set(first.str.replace_all(" ", "").is_in(list(NOBODY)), None)
    return pl.DataFrame(
        {
            row: names[row],
            "artist_key": known,
            "title_key": keys(names["title"]),
            "base": base,
            "base_key": _without_and(base),
            "live": bare["live"],
            "marks": marks(base),
            "artist": artist,
            "first": first,
            "artist_words": _sorted_words(artist),
            "first_words": _sorted_words(first),
        }
    )


def artist_forms(table: pl.DataFrame, row: str) -> pl.DataFrame:
    """List (row, artist, words) of each artist: all of it, and the first of joined artists; each pair once."""
    both = [table.select(row, artist=name, words=f"{name}_words") for name in ("artist", "first")]
    return pl.concat(both).drop_nulls().unique([row, "words"], keep="first", maintain_order=True)


def _without_and(base: pl.Series) -> pl.Series:
    key = base.str.replace_all(r"\band\b|\s", "")
    return key.zip_with(key != "", base)


def _sorted_words(artists: pl.Series) -> pl.Series:
    telling = pl.element().filter(~pl.element().is_in(["the", "and"]))
    words = artists.str.split(" ").list.eval(telling).list.sort().list.join(" ")
    return words.zip_with(words != "", artists)
