"""What the demo world is made to hold, in numbers and in words for people.

The numbers were set before any model had seen the world, from what is known about how people choose music:
personal taste decides more than fame, overall sound more than the order of events, and a good part of every
choice cannot be heard at all.
"""

from collections.abc import Mapping
from types import MappingProxyType

TASTE_SHARES: Mapping[str, float] = MappingProxyType({"order_free": 0.50, "order_only": 0.25, "inaudible": 0.25})
"""Shares of the variance of personal taste, over all pairs of a user and a song."""

TASTE_DEVIATION = 2.0
"""Standard deviation of personal taste, in log-odds of a play: one more makes a song 7.4 times as likely."""

POPULARITY_DEVIATION = 1.0
"""Standard deviation of a song's popularity (fame of its artist, luck of its own), in the same log-odds."""


def planted() -> str:
    """Say in a few sentences what was planted in the demo world."""
    free, order, inaudible = (f"{100 * TASTE_SHARES[name]:.0f} %" for name in ("order_free", "order_only", "inaudible"))
    return (
        "The songs, users and plays of the demo world are synthetic. "
        f"By construction, {free} of the variance of users' personal taste is for traits heard in single moments "
        "of a song (tempo, density, brightness, harmony, register, timbre, attack, roughness, drums), "
        f"{order} for two traits that exist only in the order of events "
        "(melodies that rise or fall over the same notes; kick and snare that alternate or come in pairs), and "
        f"{inaudible} for the artist's scene, which cannot be heard. "
        "Popularity (the artist's fame and a song's own luck) cannot be heard either and comes on top, "
        "so no model can learn everything from the audio. "
        "Release dates are independent of all this."
    )
