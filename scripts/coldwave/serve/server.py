"""Run the app until it is told to end."""

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
import webbrowser

import h11
import uvicorn
from threadpoolctl import threadpool_limits
from uvicorn.protocols.http.h11_impl import H11Protocol

from coldwave.errors import InputError
from coldwave.serve.app import make_app
from coldwave.serve.settings import LOOPBACK, Settings
from coldwave.use.run import Run

MOST_CONNECTIONS = 1000  # that are answered; more are told to come later, and twice as many closed
BACKLOG = 100  # connections that the system takes before the server does
FILES = 4096  # and connections that may be open at once, where the system lets a process have so many
KEEP_ALIVE = 15  # seconds
HEAD_SECONDS = 15  # in which the head of a request must have come
BODY_SECONDS = 90  # in which its body must have come; uploads are told so before (Settings.receive_seconds)
GRACE = 5  # seconds for answers under way, when the server ends


def bind(settings: Settings) -> socket.socket:
    """Take the port. Raises InputError if it cannot be had."""
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        listening = socket.create_server(found[0][4][:2], family=found[0][0])
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # Python adds the address, which is told
        raise InputError(f"{host}, port {port}: {reason}; name another with --port or --host") from error
    # Connections take this from here. Without it, a body waits up to 40 ms until the client has confirmed the head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(settings: Settings, port: int) -> str:
    """Return the address of the page."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}/"


def serve(run: Run, settings: Settings, show: bool = False) -> None:
    """Serve a run until a signal ends it (Ctrl-C, SIGTERM); then answers under way are finished, and workers ended.

    Parameters
    ----------
    show : whether to open the page in a browser

    Raises
    ------
    InputError
        The port cannot be had.
    """
    _allow_files()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s: %(message)s")
    with bind(settings) as listening:
        page = address(settings, listening.getsockname()[1])
        with threadpool_limits(1):  # more threads part songs that tie, and make fewer answers in all
            _Server(run, settings, page, show).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says where it is once it answers, and ends without an error if it is told to end."""

    def __init__(self, run: Run, settings: Settings, page: str, show: bool) -> None:
        config = uvicorn.Config(
            make_app(run, settings),
            access_log=False,
            backlog=BACKLOG,
            http=_Connection,
            limit_concurrency=MOST_CONNECTIONS,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=KEEP_ALIVE,
            ws="none",  # or it would pass by the guard
        )
        super().__init__(config)
        self._run_folder, self._page, self._show = run.files.folder, page, show

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them again when it has ended
            signal.signal(number, lambda *_: None)
        super().run(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.freeze()  # or a full collection looks at the names of all songs: 0.1 s in large runs
            print(f"{self._run_folder} is served at {self._page} (Ctrl-C ends it)", flush=True)
            if self._show and _has_display():
                threading.Thread(target=webbrowser.open, args=(self._page,), daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.force_exit:  # a second Ctrl-C: uvicorn ends at once, and would leave the app as it is
            await self.lifespan.shutdown()


class _Connection(H11Protocol):
    """A connection that ends if a request takes too long to come, so that idle clients do not use up all there are."""

    _awaited: object = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if len(self.connections) > 2 * MOST_CONNECTIONS:
            transport.abort()
        self._await()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._await()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _await(self) -> None:
        """Set a deadline for the part of a request that is awaited, the head (h11.IDLE) or the body."""
        awaited = self.conn.their_state
        if awaited is self._awaited:
            return
        if self._deadline is not None:
            self._deadline.cancel()
        seconds = {h11.IDLE: HEAD_SECONDS, h11.SEND_BODY: BODY_SECONDS}.get(awaited)
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.transport.close)
        self._awaited = awaited


def _allow_files() -> None:
    """Let this process have more open files: without one for a connection, asyncio fills the log."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES if hard < 0 else min(FILES, hard), hard))


def _has_display() -> bool:
    """Whether a browser could show a page; a browser of text would take the terminal."""
    return sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def open_to_others(settings: Settings) -> bool:
    """Whether other machines can reach the server."""
    return settings.host not in LOOPBACK
