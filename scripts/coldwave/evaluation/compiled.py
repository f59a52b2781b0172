"""Keep the evaluation's compiled code on disk between processes, if a folder can be written.

Otherwise each of many short jobs spends seconds on compiling. numba's own ``cache=True`` makes the import fail if none
of its folders can be written; here the job only compiles again.
"""

import logging
from pathlib import Path

import numba
from numba.extending import is_jitted

from coldwave.evaluation import pair_auc, ranking, resampling

log = logging.getLogger(__name__)

MODULES = (ranking, resampling, pair_auc)
COMPILED = [function for module in MODULES for function in vars(module).values() if is_jitted(function)]


def keep_compiled(folder: Path) -> None:
    """Read compiled code from a folder, and write there what is missing.

    The folder may be deleted at any time. Code is compiled again for another kind of processor, and after an edit.
    If the folder cannot be written, nothing is kept, and a log line says so.
    """
    numba.config.CACHE_DIR = str(Path(folder).resolve())
    try:
        for function in COMPILED:
            function.enable_caching()
    except (RuntimeError, OSError) as error:
        log.info("compiled code is not kept (%s)", error)
