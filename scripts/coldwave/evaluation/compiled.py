"""Compiled code of the evaluation, kept on disk between processes where that is possible.

Compiling takes seconds in each of many short jobs. numba's own ``cache=True`` fails at the import where none of the
folders that it knows can be written; here that only costs the time to compile again.
"""

import logging
from pathlib import Path

import numba

from coldwave.evaluation import ranking

log = logging.getLogger(__name__)

COMPILED = (ranking._count, ranking._stand, ranking._list, ranking._measure)


def keep_compiled(folder: Path) -> None:
    """Read compiled code from a folder, and write it there where it is not yet.

    The folder may be deleted at any time. Code is compiled again for another kind of processor, and after an edit.
    Without a folder that can be written, nothing is kept, and that is logged.
    """
    numba.config.CACHE_DIR = str(Path(folder).resolve())
    try:
        for function in COMPILED:
            function.enable_caching()
    except (RuntimeError, OSError) as error:
        log.info("compiled code is not kept (%s)", error)
