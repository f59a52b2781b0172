"""Progress of long work, as log lines that read well on a screen and in a file."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

log = logging.getLogger(__name__)

Item = TypeVar("Item")


def duration(seconds: float) -> str:
    """Format seconds for people: ``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def track(items: Iterable[Item], what: str, total: int | None = None, every: float = 10.0) -> Iterator[Item]:
    """Yield the items, and log every ``every`` seconds how many are done and how long the rest will take."""
    total = len(items) if total is None and hasattr(items, "__len__") else total
    begin = last = time.monotonic()
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= every:
            last = now
            if total:
                left = duration((now - begin) / done * (total - done))
                log.info("%s: %s of %s, %s left", what, f"{done:,}", f"{total:,}", left)
            else:
                log.info("%s: %s", what, f"{done:,}")
    log.info("%s: %s in %s", what, f"{done:,}", duration(time.monotonic() - begin), extra={"screen": False})
