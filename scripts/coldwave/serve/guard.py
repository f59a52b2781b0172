"""What stands before every answer: which hosts and pages may ask, headers that bind browsers, errors, counts."""

import asyncio
import logging
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coldwave.serve.metrics import Metrics
from coldwave.serve.problems import LONGEST, problem
from coldwave.shown import one_line

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SAFE = ("GET", "OPTIONS")  # and HEAD, which is made a GET


class Guard:
    """Middleware around the app.

    A page of another site can make a browser ask a server on the same machine, by its own name if it lets that name
    lead here (DNS rebinding). So the Host header must name an allowed host, and what is not safe (POST) must come from
    a page of this server, or from no page. What is safe may still take time and memory: to other pages only links lead
    here, as far as the browser says so.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], metrics: Metrics) -> None:
        self._app, self._hosts, self._metrics = app, {host.lower() for host in hosts}, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status = time.perf_counter(), 0
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server leaves the body out

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            refused = self._refusal(scope)
            if refused is not None:
                await problem(*refused)(scope, receive, send_on)
                return
            await self._app(scope, receive, send_on)
        except ClientDisconnect:
            status = status or 499
        except asyncio.CancelledError:  # the server ends, and waits no longer
            if not status:
                await problem(503, "the server ends")(scope, receive, send_on)
        except Exception as error:  # one line: what a client sends must not fill the log
            said = f"{scope['method']} {scope['path']}: {type(error).__name__}: {error}"
            log.error("%s", one_line(said, LONGEST))
            log.debug("in full", exc_info=True)
            if status:
                raise
            await problem(500, "the server failed at this; its log says more")(scope, receive, send_on)
        finally:
            self._metrics.count(scope, status, time.perf_counter() - begin)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _hostname(host) not in self._hosts:
            return 421, f"this server is not asked for by the name {host!r}; --allowed-host adds a name"
        of_another = headers.get("sec-fetch-site") not in (None, "same-origin", "none")
        if scope["method"] in SAFE:
            if of_another and headers.get("sec-fetch-mode") != "navigate":
                return 403, "a page of another site may lead here, and not ask for anything"
            return None
        origin = headers.get("origin")
        if of_another or (origin is not None and urlsplit(origin).netloc != host):
            return 403, "only this server's own page may send this from a browser"
        return None


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
