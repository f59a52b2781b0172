"""Tags that users of the demo world might give: words for a song's genre, mood, tempo, sound and scene.

A tag follows from a trait but, like tags by real people, is not always given. Some name order-only traits and
some the scene, which cannot be heard.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from coldwave.world.styles import SCENES

FEWEST, MOST = 2, 6

MARKED = 0.6  # how far a trait must be from zero for its word to fit
WORDS = {  # trait: words for little of it, words for much of it
    "tempo": (("slow", "relaxed"), ("fast", "driving")),
    "density": (("sparse", "minimal"), ("busy", "intricate")),
    "brightness": (("dark", "warm"), ("bright", "crisp")),
    "harmony": (("sad", "melancholy"), ("happy", "sunny")),
    "register": (("deep",), ("airy",)),
    "richness": (("mellow",), ("full",)),
    "pluck": (("flowing",), ("plucked",)),
    "roughness": (("clean", "smooth"), ("distorted", "lo-fi")),
    "percussion": (("calm", "gentle"), ("drums", "dance")),
    "contour": (("falling melody",), ("rising melody", "uplifting")),
    "beat": (("stomp",), ("backbeat",)),
}
INSTRUMENTS = {  # by whether the timbre is rich and whether it is plucked
    (False, False): "flute",
    (False, True): "bells",
    (True, False): "strings",
    (True, True): "guitar",
}
CHANCES = {"genre": 0.9, "second_genre": 0.3, "instrument": 0.5, "scene": 0.25, "contour": 0.25, "beat": 0.3}
CHANCE = 0.45  # of a word for any other marked trait


def draw_tags(styles: pl.DataFrame, generator: np.random.Generator) -> list[list[str]]:
    """Draw two to six different tags for each row of a table with the columns of ``styles.STYLES``."""
    return [_tags(row, generator) for row in styles.iter_rows(named=True)]


def instrument(style: Mapping[str, Any]) -> str:
    """Name the lead's timbre by its richness and pluck."""
    return INSTRUMENTS[style["richness"] > 0, style["pluck"] > 0]


def _tags(style: Mapping[str, Any], generator: np.random.Generator) -> list[str]:
    fitting = {
        "genre": style["genre"],
        "second_genre": style["second_genre"],
        "instrument": instrument(style),
        "scene": SCENES[style["scene"]],
    }
    for trait, words in WORDS.items():
        if abs(style[trait]) > MARKED:
            choice = words[style[trait] > 0]
            fitting[trait] = choice[generator.integers(len(choice))]
    given = {name: tag for name, tag in fitting.items() if generator.random() < CHANCES.get(name, CHANCE)}
    tags = [given[name] for name in generator.permutation(list(given))][:MOST]
    for name in ("genre", "instrument", "second_genre"):
        if len(tags) < FEWEST and fitting[name] not in tags:
            tags.append(fitting[name])
    return tags
