"""Assign a song's audio to a shard, by a hash of its id, so that a song added later moves no other song.

Only the standard library is imported here, as the workflow uses this module while it is parsed.
"""

import hashlib


def shard_names(count: int) -> list[str]:
    """Name the shards, in order: ``["000", "001", ...]``."""
    width = max(3, len(str(count - 1)))
    return [f"{shard:0{width}d}" for shard in range(count)]


def shard_of(song_id: str, count: int) -> int:
    """Return the shard (0 to ``count`` - 1) of a song; the same on every machine."""
    return int.from_bytes(hashlib.sha256(song_id.encode()).digest()[:8], "big") % count
