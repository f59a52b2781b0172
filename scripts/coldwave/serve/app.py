"""The app: what a run answers over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from fastapi.responses import FileResponse, Response

from coldwave.serve.catalogue import Catalogue, own_version
from coldwave.serve.guard import Guard
from coldwave.serve.metrics import Metrics
from coldwave.serve.problems import add_problems
from coldwave.serve.routes import listeners, placing, playlists, songs, subsonic
from coldwave.serve.settings import Settings
from coldwave.serve.uploads import Uploads
from coldwave.use.run import Run

PAGE = Path(__file__).parent / "page"
THREADS = 2  # that compute answers


def make_app(run: Run, settings: Settings) -> FastAPI:
    """Make the app of a run: everything is read and computed before, so that the first answer is as fast as others."""
    catalogue, metrics = Catalogue(run, settings.audio_root), Metrics()
    catalogue.warm()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        async with Uploads(run.files.folder, settings, metrics) as app.state.uploads:
            yield

    app = FastAPI(
        title="Coldwave",
        summary="Recommends songs nobody has played yet, from how they sound",
        version=own_version(),
        lifespan=lifespan,
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.catalogue, app.state.settings = catalogue, settings
    app.add_middleware(Guard, hosts=settings.allowed_hosts, metrics=metrics)
    add_problems(app)
    for part in (songs, listeners, placing, playlists, subsonic):
        app.include_router(part.router)
    _add_page(app)

    @app.get("/healthz", tags=["server"])
    async def healthz() -> dict[str, str]:
        """Say that the server answers."""
        return {"status": "ok"}

    @app.get("/metrics", tags=["server"], response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def counts() -> Response:
        """Tell requests, times and refused uploads, for Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    return app


def _add_page(app: FastAPI) -> None:
    """Serve the files of the page, by their names; the index as /."""
    for file in sorted(PAGE.iterdir()):
        address = "/" if file.name == "index.html" else f"/{file.name}"
        app.add_api_route(address, _sender(file), include_in_schema=False)


def _sender(file: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def send() -> FileResponse:
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    return send
