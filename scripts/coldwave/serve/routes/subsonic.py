"""OpenSubsonic's sonicSimilarity, for players: songs near one, and a path between two, by the run's song ids."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from coldwave.errors import InputError
from coldwave.serve.catalogue import Catalogue
from coldwave.serve.problems import described
from coldwave.serve.routes.parameters import OfRun
from coldwave.serve.settings import LARGEST, MOST
from coldwave.serve.subsonic import (
    GENERIC,
    LACKING,
    NOT_FOUND,
    SubsonicError,
    answer,
    check_user,
    child,
    similarity,
)

EXTENSIONS = [{"name": "sonicSimilarity", "versions": [1]}]
BOTH = {200: {"content": {"application/json": {}, "application/xml": {}}}} | described(422)

router = APIRouter(prefix="/rest", tags=["OpenSubsonic"])

Text = Annotated[str | None, Query(max_length=2000)]
Count = Annotated[int, Query(ge=0, le=LARGEST, description=f"songs at most; no more than {MOST}")]


def _both_names(name: str) -> Callable:
    """Route a function by its name, and by the name with .view that older players use."""

    def add(function: Callable) -> Callable:
        options = {"response_class": Response, "responses": BOTH}
        router.get(f"/{name}.view", include_in_schema=False, **options)(function)
        return router.get(f"/{name}", **options)(function)

    return add


def _answered(request: Request, make: Callable[[], dict[str, Any]], open_to_all: bool = False) -> Response:
    wanted = request.query_params.get("f", "xml")
    try:
        if not open_to_all:
            check_user(request.query_params, request.app.state.settings.subsonic)
        return answer(wanted, make())
    except SubsonicError as error:
        return answer(wanted, error=error)
    except InputError as error:
        return answer(wanted, error=SubsonicError(GENERIC, str(error)))


@_both_names("ping")
async def ping(request: Request, f: Text = None) -> Response:
    """Say that the server answers, and that user and password are right."""
    return _answered(request, dict)


@_both_names("getLicense")
async def get_license(request: Request, f: Text = None) -> Response:
    """Say that no licence is needed."""
    return _answered(request, lambda: {"license": {"valid": True}})


@_both_names("getOpenSubsonicExtensions")
async def extensions(request: Request, f: Text = None) -> Response:
    """List the extensions of OpenSubsonic that there are; nobody needs a password for this."""
    return _answered(request, lambda: {"openSubsonicExtensions": EXTENSIONS}, open_to_all=True)


@_both_names("getSonicSimilarTracks")
def similar(of: OfRun, request: Request, id: Text = None, count: Count = 10, f: Text = None) -> Response:
    """List the songs that sound most like one, with a similarity from 0 to 1: (1 + cosine) / 2."""

    def make() -> dict[str, Any]:
        found = of.similar(_number(of, id, "id"), MOST if count >= MOST else max(1, count))["sound"][:count]
        return {"sonicMatch": [{"entry": child(one), "similarity": similarity(one["cosine"])} for one in found]}

    return _answered(request, make)


@_both_names("findSonicPath")
def path(
    of: OfRun, request: Request, startSongId: Text = None, endSongId: Text = None, count: Count = 25, f: Text = None
) -> Response:
    """Lead from one song to another by sound; similarities are to the first."""

    def make() -> dict[str, Any]:
        start, end = _number(of, startSongId, "startSongId"), _number(of, endSongId, "endSongId")
        found = of.path(start, end, min(max(2, count), MOST))
        units = of.run.sound_vectors()
        cosines = np.asarray(units[[one["song"] for one in found]]) @ units[start]
        pairs = zip(found, cosines.tolist(), strict=True)
        return {"sonicMatch": [{"entry": child(one), "similarity": similarity(cosine)} for one, cosine in pairs]}

    return _answered(request, make)


def _number(of: Catalogue, song_id: str | None, name: str) -> int:
    if song_id is None:
        raise SubsonicError(LACKING, f"{name} is needed: a song's id")
    number = of.run.files.song_numbers.get(song_id)
    if number is None:
        raise SubsonicError(NOT_FOUND, f"the run has no song {song_id!r}")
    return number
