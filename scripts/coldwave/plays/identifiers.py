"""Ids of MusicBrainz, as they are written."""

import re
from typing import Any

MBID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def mbid_of(value: Any) -> str | None:
    """Return a MusicBrainz id in small letters; None for anything else."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if re.fullmatch(MBID, text) else None
