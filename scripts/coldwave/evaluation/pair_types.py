"""The pairs of a test song that a user has played and one that the user has not, by how far the two are alike.

A user's AUC is the mean over these pairs. Each is of one type by each of two properties of its songs, and so the AUC is
the sum over types of their share of the pairs times the AUC within the type. Between songs of different types a model
can be ahead by what it knows of the type alone; within a type it has to tell songs apart.

- A song is familiar if the user has played a training song of its artist, else it is a discovery.
- An artist is known if it has a training song, else it is new.

Two songs are alike if they have the same first tag, which is a genre in most data, and about as many users. Without
any tags the users alone decide. A song without a tag, where others have some, is like no other.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
import scipy.sparse as sp

from coldwave.evaluation.candidates import relevant_songs
from coldwave.evaluation.drawn_together import drawn_together
from coldwave.evaluation.lists import artist_numbers
from coldwave.evaluation.pair_rows import BAND
from coldwave.split.parts import TEST, TRAIN

USERS = 20_000  # whose pairs are looked at, at most


class Pairs(NamedTuple):
    """The pairs of songs of some users, and what tells their types. Songs are test songs, in the order of their index.

    ``users``: index of each user. ``starts``, ``relevant``: the songs that each has played, as in
    ``coldwave.evaluation.ranking.stand``. ``signs``: a random sign for each user.
    ``heard``: bool sparse [users, artists], the artists of training songs that each has played.
    ``artists``: the column of each song's artist. ``known``: uint8 [songs], 1 if it has a training song.
    ``cells``: int64 [songs], the same number for songs that are alike. ``together``: as `drawn_together`.
    ``artists_named``, ``tagged``: whether any song has an artist's name, and whether any test song has a tag.
    """

    users: np.ndarray
    songs: np.ndarray
    starts: np.ndarray
    relevant: np.ndarray
    signs: np.ndarray
    heard: sp.csr_array
    artists: np.ndarray
    known: np.ndarray
    cells: np.ndarray
    together: np.ndarray
    artists_named: bool
    tagged: bool

    def familiar(self, users: np.ndarray) -> np.ndarray:
        """Tell which songs are familiar to some of the users, by place in ``users``: uint8 [chunk, songs]."""
        return self.heard[users].toarray()[:, self.artists].view(np.uint8)


def find_pairs(
    plays: pl.DataFrame, songs: pl.DataFrame, split: pl.DataFrame, users: int, seed: int, at_most: int = USERS
) -> Pairs:
    """Find the pairs of every user who has played some test songs and not all, or of some such users if they are many.

    Parameters
    ----------
    plays, songs, split
        ``user``, ``song``; ``song``, ``artist``, ``tags``, ``users``; ``song``, ``part``.
    users, seed
        Number of all users. The seed draws the users, if there are more than ``at_most``, and their signs.
    """
    both = songs.select("song", "artist", "tags", "users").join(split, on="song").sort("song")
    part = both["part"].to_numpy()
    test = np.flatnonzero(part == TEST)
    starts, relevant = relevant_songs(plays, test, users, len(part))
    number = np.diff(starts)
    drawn = np.flatnonzero((number > 0) & (number < len(test)))
    rng = np.random.default_rng(seed)
    if len(drawn) > at_most:
        drawn = np.sort(rng.choice(drawn, at_most, replace=False))
    relevant = relevant[np.isin(np.repeat(np.arange(users), number), drawn)]

    artists = artist_numbers(both["artist"].to_list())
    row = np.full(users, -1)
    row[drawn] = np.arange(len(drawn))
    user, song = row[plays["user"].to_numpy()], plays["song"].to_numpy()
    learnt = (user >= 0) & (part[song] == TRAIN)
    heard = sp.coo_array(
        (np.ones(learnt.sum(), bool), (user[learnt], artists[song[learnt]])), (len(drawn), artists.max(initial=0) + 1)
    )
    tags = both["tags"].list.first()[test.tolist()]
    return Pairs(
        drawn,
        test,
        np.concatenate([[0], np.cumsum(number[drawn])]),
        relevant,
        rng.choice([-1.0, 1.0], len(drawn)),
        heard.tocsr(),
        artists[test],
        np.isin(artists[test], artists[part == TRAIN]).astype(np.uint8),
        alike_songs(tags.to_list(), both["users"].to_numpy()[test]),
        drawn_together(songs, split),
        bool(both["artist"].fill_null("").str.strip_chars().ne("").any()),
        tags.null_count() < len(tags),
    )


def alike_songs(tags: list[str | None], users: np.ndarray) -> np.ndarray:
    """Number the songs so that those that are alike have the same number: int64 [songs].

    Songs have about as many users if both numbers are in the same of the bands from ``BAND`` ** k to below
    ``BAND`` ** (k + 1).
    """
    genres = [tag or (f"song {place}",) for place, tag in enumerate(tags)] if any(tags) else [""] * len(tags)
    bands = np.floor(np.log(np.maximum(users, 1)) / np.log(BAND) + 1e-9).astype(int).tolist()
    numbers: dict[tuple, int] = {}
    return np.array([numbers.setdefault(cell, len(numbers)) for cell in zip(genres, bands, strict=True)], np.int64)
