"""Run the app until it is told to end."""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser

import uvicorn
from threadpoolctl import threadpool_limits

from coldwave.errors import InputError
from coldwave.serve.app import make_app
from coldwave.serve.settings import LOOPBACK, Settings
from coldwave.use.run import Run

MOST_CONNECTIONS = 1000
KEEP_ALIVE = 15  # seconds
GRACE = 5  # seconds for answers under way, when the server ends


def bind(settings: Settings) -> socket.socket:
    """Take the port. Raises InputError if it cannot be had."""
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0])
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # Python adds the address, which is told
        raise InputError(f"{host}, port {port}: {reason}; name another with --port or --host") from error


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
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s: %(message)s")
    with bind(settings) as listening:
        page = address(settings, listening.getsockname()[1])
        with threadpool_limits(1):  # more threads make one answer no faster, and several slower
            _Server(run, settings, page, show).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says where it is once it answers, and ends without an error if it is told to end."""

    def __init__(self, run: Run, settings: Settings, page: str, show: bool) -> None:
        config = uvicorn.Config(
            make_app(run, settings),
            access_log=False,
            limit_concurrency=MOST_CONNECTIONS,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=KEEP_ALIVE,
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
            gc.freeze()  # or each full collection looks at all songs' names, for a tenth of a second in large runs
            print(f"{self._run_folder} is served at {self._page} (Ctrl-C ends it)", flush=True)
            if self._show and _has_display():
                threading.Thread(target=webbrowser.open, args=(self._page,), daemon=True).start()


def _has_display() -> bool:
    """Whether a browser could show a page; a browser of text would take the terminal."""
    return sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def open_to_others(settings: Settings) -> bool:
    """Whether other machines can reach the server."""
    return settings.host not in LOOPBACK
