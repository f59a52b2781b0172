"""What each song of the demo world is like: its style vector, its artist, and its inaudible traits.

Everything is synthetic. An artist mixes two genres and has a manner of its own, and songs vary around their
artist. Three groups of traits are planted:

- ``ORDER_FREE``: heard in single frames or in how often they occur. Correlated through the genres, about
  zero mean and unit variance, clipped to ±2.5.
- ``ORDER_ONLY``: +1 or -1, heard in the order of events alone. Independent of the genre and of all other traits;
  an artist has a habit, which nine songs of ten follow.
- Inaudible: the artist's scene and fame, and the song's own luck. Independent of all that is heard.
  Fame and luck are exponential on the scale of log-odds, so popularity itself follows a power law.
"""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

ORDER_FREE = (
    "tempo",  # slow to fast
    "density",  # few to many hits and notes per beat
    "brightness",  # dark to bright filter
    "harmony",  # all chords minor (-2) to all major (+2), in five steps
    "register",  # low to high
    "richness",  # pure to many-harmonic timbre
    "pluck",  # sustained to plucked notes
    "roughness",  # clean to distorted and noisy
    "percussion",  # soft to loud drums
)
ORDER_ONLY = (
    "contour",  # +1: the lead's runs rise; -1: they fall, over the same notes
    "beat",  # +1: kick and snare alternate; -1: two kicks, then two snares
)

# Columns as ORDER_FREE, then swing (share of half a beat by which off-beats come late).
GENRES = {
    "folk": (-0.4, -0.3, -0.3, 0.6, 0.2, -0.2, 1.2, -0.6, -0.9, 0.10),
    "house": (0.7, 0.9, 0.5, -0.2, -0.3, 0.6, 0.3, -0.1, 1.0, 0.05),
    "ambient": (-1.1, -1.1, -0.6, 0.2, 0.1, -0.4, -1.3, 0.1, -1.3, 0.00),
    "garage rock": (0.8, 0.3, 0.6, 0.0, -0.4, 1.0, 0.1, 1.5, 0.7, 0.00),
    "swing": (0.3, 0.2, -0.5, 0.3, 0.0, -0.3, 0.5, -0.4, -0.2, 0.30),
    "synth pop": (0.2, 0.4, 0.8, 0.7, 0.7, 0.4, -0.3, -0.7, 0.3, 0.00),
    "dub": (-0.7, -0.1, -0.9, -0.7, -1.0, -0.2, 0.0, 0.3, 0.6, 0.15),
    "chamber": (-0.5, -0.6, 0.1, -0.5, 0.9, -0.1, -0.6, -0.8, -1.2, 0.00),
}
SCENES = ("Aldermoor", "Brackwater", "Castellane", "Dunmarrow", "Eastferry", "Fjellby", "Grauhafen", "Hollin Row")
HABIT = 0.9  # share of an artist's songs that follow the artist's habit in an order-only trait
MANNER_DEVIATION = 0.6  # of artists around their genres
VARIATION_DEVIATION = 0.5  # of songs around their artist
FAME_SHARE = 0.6  # of the variance of popularity; the rest is the song's own luck

STYLES = {
    "artist": pl.UInt32,
    "genre": pl.String,
    "second_genre": pl.String,
    "bpm": pl.Float32,
    **{name: pl.Float32 for name in ORDER_FREE},
    "swing": pl.Float32,
    **{name: pl.Int8 for name in ORDER_ONLY},
    "scene": pl.UInt8,
    "fame": pl.Float32,
    "luck": pl.Float32,
}


@dataclass(frozen=True)
class Style:
    """The audible traits of one song, as described in this module."""

    tempo: float = 0.0
    density: float = 0.0
    brightness: float = 0.0
    harmony: float = 0.0
    register: float = 0.0
    richness: float = 0.0
    pluck: float = 0.0
    roughness: float = 0.0
    percussion: float = 0.0
    swing: float = 0.0
    contour: int = 1
    beat: int = 1

    @property
    def bpm(self) -> float:
        """Beats per minute, between 80 and 140."""
        return float(np.clip(108 * 2 ** (0.19 * self.tempo), 80, 140))


def draw_styles(songs: int, artists: int, generator: np.random.Generator) -> pl.DataFrame:
    """Draw the traits of all songs.

    Returns
    -------
    A table of ``songs`` rows with the columns of ``STYLES``; ``artist`` counts from 0, and every artist
    has at least one song (a few have many).
    """
    artist = _artist_of_songs(songs, artists, generator)
    names, centres = list(GENRES), np.array(list(GENRES.values()))
    first = generator.integers(len(names), size=artists)
    second = (first + generator.integers(1, len(names), size=artists)) % len(names)
    pull = generator.uniform(0.0, 0.5, size=(artists, 1))
    blend = (1 - pull) * centres[first] + pull * centres[second]
    manner = blend[:, :-1] + MANNER_DEVIATION * generator.standard_normal((artists, len(ORDER_FREE)))
    traits = manner[artist] + VARIATION_DEVIATION * generator.standard_normal((songs, len(ORDER_FREE)))
    traits = np.clip(traits, -2.5, 2.5)
    steps = ORDER_FREE.index("harmony")
    traits[:, steps] = np.clip(np.round(1.5 * traits[:, steps]), -2, 2) + 0.0  # no negative zeros
    swing = np.clip(blend[artist, -1] + 0.05 * generator.standard_normal(songs), 0.0, 0.4)
    labels = _balanced(len(SCENES), artists, generator)
    scene = labels[_unrelated(_indicators(labels), artist, traits, generator)][artist]
    others = np.column_stack([traits, _indicators(scene)[:, 1:]])
    fame = np.sqrt(FAME_SHARE) * (generator.standard_exponential(artists) - 1)
    fame = fame[_unrelated(fame[:, None], artist, others, generator)][artist]
    others = np.column_stack([others, fame])
    order = {}
    for name in ORDER_ONLY:
        habit = 2 * _balanced(2, artists, generator) - 1  # half of the artists lean each way
        habit = habit[_unrelated(habit[:, None], artist, others, generator)]
        order[name] = habit[artist] * np.where(generator.random(songs) < HABIT, 1, -1)
        others = np.column_stack([others, order[name]])
    luck = np.sqrt(1 - FAME_SHARE) * (generator.standard_exponential(songs) - 1)
    table = pl.DataFrame(
        {
            "artist": artist,
            "genre": np.array(names)[first[artist]],
            "second_genre": np.array(names)[second[artist]],
            "bpm": [Style(tempo=tempo).bpm for tempo in traits[:, ORDER_FREE.index("tempo")]],
            **dict(zip(ORDER_FREE, traits.T, strict=True)),
            "swing": swing,
            **order,
            "scene": scene,
            "fame": fame,
            "luck": luck,
        }
    )
    return table.cast(STYLES)


def styles_of(table: pl.DataFrame) -> list[Style]:
    """Return the audible traits of each row of a table with the columns of ``STYLES``."""
    columns = [field.name for field in fields(Style)]
    return [Style(**row) for row in table.select(columns).iter_rows(named=True)]


def _artist_of_songs(songs: int, artists: int, generator: np.random.Generator) -> np.ndarray:
    """Give each artist one song and the others by heavy-tailed weights. Returns [songs], in random order."""
    weights = generator.lognormal(0.0, 0.9, size=artists)
    more = generator.choice(artists, size=songs - artists, p=weights / weights.sum())
    return generator.permutation(np.concatenate([np.arange(artists), more]))


def _balanced(values: int, size: int, generator: np.random.Generator) -> np.ndarray:
    """Spread the numbers 0 to ``values`` - 1 evenly over ``size`` places in random order."""
    return generator.permutation(np.arange(size) % values)


def _indicators(scene: np.ndarray) -> np.ndarray:
    """One indicator column for each scene, float64 [n, scenes]."""
    return (scene[:, None] == np.arange(len(SCENES))).astype(np.float64)


def _unrelated(
    values: np.ndarray, artist: np.ndarray, others: np.ndarray, generator: np.random.Generator, swaps: int = 2000
) -> np.ndarray:
    """Order values of artists so that the other traits do not explain them, by swaps of two artists.

    Artists are few and some have many songs, so a plain draw may be correlated with, say, tempo.

    Parameters
    ----------
    values
        [artists, k] the values to give to the artists.
    artist
        [songs] the artist of each song.
    others
        [songs, d] traits already given to the songs.

    Returns
    -------
    [artists] rows of ``values`` for the artists. A linear regression on ``others`` then explains less than 1 % of the
    variance of the values over songs, or the least that was found.
    """
    basis = np.linalg.qr(others - others.mean(axis=0))[0]
    weights = np.bincount(artist, minlength=len(values)).astype(np.float64)
    sums = np.zeros((len(values), basis.shape[1]))
    np.add.at(sums, artist, basis)

    def explained(order: np.ndarray) -> float:
        centred = values[order] - weights @ values[order] / weights.sum()
        return float(np.sum((sums.T @ centred) ** 2) / max(weights @ np.sum(centred**2, axis=1), 1e-12))

    order = generator.permutation(len(values))
    least = explained(order)
    for one, other in generator.integers(len(values), size=(swaps, 2)):
        if least < 0.01:
            break
        swapped = order.copy()
        swapped[[one, other]] = order[[other, one]]
        if (now := explained(swapped)) < least:
            order, least = swapped, now
    return order
