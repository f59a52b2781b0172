"""Paths of songs' audio made from their ids: ``{id}``, or ``{id//1000}`` for a folder of each thousand."""

import re

PLACE = re.compile(r"\{id(?://([1-9][0-9]*))?\}")


def path_of(pattern: str, song_id: str) -> str | None:
    """Put a song's id into a pattern (the config's ``plays.songs.audio_pattern``).

    None where the pattern divides the id and it is no whole number.
    """
    if not (song_id.isascii() and song_id.isdigit()) and any(divisor for divisor in PLACE.findall(pattern)):
        return None

    def put(place: re.Match) -> str:
        return str(int(song_id) // int(place[1])) if place[1] else song_id

    return PLACE.sub(put, pattern)
