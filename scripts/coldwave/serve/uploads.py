"""Take uploads: so many, so large, in so much time; each is worked on in a process, and its file removed."""

import asyncio
import logging
import multiprocessing
import tempfile
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool
from starlette.requests import Request

from coldwave.errors import InputError
from coldwave.serve import work
from coldwave.serve.metrics import Metrics
from coldwave.serve.problems import LONGEST, Refused
from coldwave.serve.settings import Settings
from coldwave.shown import one_line

log = logging.getLogger(__name__)

RETRY = {"Retry-After": "5"}
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Uploads:
    """The uploads of one server. Open it with ``async with``: that starts the workers, and its end ends them."""

    def __init__(self, folder: Path, settings: Settings, metrics: Metrics) -> None:
        self._folder, self._settings, self._metrics = folder, settings, metrics
        self._admitted = 0
        self._pool: ProcessPool | None = None

    async def __aenter__(self) -> "Uploads":
        self._pool = self._started()
        return self

    def _started(self) -> ProcessPool:
        # Not forked: this process has threads. A fork server forks from a process that has none.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([work.__name__])
        settings = self._settings
        bounds = (self._folder.absolute(), settings.upload_seconds, settings.upload_memory)
        pool = ProcessPool(settings.upload_workers, initializer=work.start, initargs=bounds, context=context)
        for _ in range(settings.upload_workers):
            pool.schedule(int)  # starts the workers now
        return pool

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(_stop, self._pool)

    async def _working(self) -> ProcessPool:
        """Return the pool: another, if it has broken, as when the system kills a worker that waits."""
        if not self._pool.active:
            log.error("the processes that read uploads have ended; others are started")
            broken, self._pool = self._pool, self._started()
            await asyncio.to_thread(_stop, broken)
        return self._pool

    async def work_on(self, request: Request, function: Callable[..., Any], *arguments: Any) -> Any:
        """Receive a body, and let a worker call ``function`` with its path and ``arguments``.

        Raises
        ------
        Refused
            There are too many uploads, or this one is too large, too slow, not one, or kills its worker.
        InputError
            What it is cannot be used.
        """
        if self._admitted >= self._settings.upload_workers + self._settings.upload_queue:
            raise self._refused(503, "busy", "too many uploads at once: try again in some seconds", RETRY)
        self._admitted += 1
        try:
            with tempfile.TemporaryDirectory(prefix="coldwave-upload-", ignore_cleanup_errors=True) as folder:
                path = Path(folder) / "upload"
                await self._receive(request, path)
                return await self._worked(function, path, *arguments)
        finally:
            self._admitted -= 1

    async def _receive(self, request: Request, path: Path) -> None:
        most, size = self._settings.upload_bytes, 0
        too_large = f"the upload is larger than {most / (1 << 20):g} MB (--max-upload-mb)"
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORMS:
            raise self._refused(415, "form", "send the file itself as the body (application/octet-stream), not a form")
        if (stated := request.headers.get("content-length", "")).isdigit() and int(stated) > most:
            raise self._refused(413, "too large", too_large)
        try:
            async with asyncio.timeout(self._settings.receive_seconds):
                with path.open("wb") as file:
                    async for part in request.stream():
                        if (size := size + len(part)) > most:
                            raise self._refused(413, "too large", too_large)
                        file.write(part)
        except TimeoutError:
            said = f"the upload has not come within {self._settings.receive_seconds:g} s"
            raise self._refused(408, "slow", said, {"Connection": "close"}) from None
        if not size:
            raise self._refused(422, "empty", "the body is empty: send the file itself")

    async def _worked(self, function: Callable[..., Any], *arguments: Any) -> Any:
        limit = self._settings.upload_seconds
        try:
            pool = await self._working()
            return await asyncio.wrap_future(pool.schedule(function, args=arguments, timeout=limit))
        except TimeoutError:
            raise self._refused(504, "time", f"the upload takes more than {limit:g} s") from None
        except (ProcessExpired, work.Failed) as error:
            log.error("an upload ended its reader: %s", one_line(str(error), LONGEST))
            raise self._refused(422, "crash", "the upload takes too much memory, or makes its reader fail") from None
        except BrokenProcessPool:
            raise self._refused(503, "broken", "what reads uploads has ended: try again", RETRY) from None
        except InputError:
            self._metrics.refuse("unusable")
            raise

    def _refused(self, status: int, why: str, detail: str, headers: dict[str, str] | None = None) -> Refused:
        self._metrics.refuse(why)
        return Refused(status, detail, headers)


def _stop(pool: ProcessPool) -> None:
    pool.stop()
    pool.join()
