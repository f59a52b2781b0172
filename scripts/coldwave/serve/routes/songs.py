"""The run, its songs, and songs near one."""

import mimetypes
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from coldwave.serve.answers import About, FoundSongs, Path, Similar, Song
from coldwave.serve.problems import Refused, described
from coldwave.serve.routes.parameters import Found, Number, OfRun, SongNumber, Words
from coldwave.serve.settings import LARGEST, MOST

router = APIRouter(prefix="/api", tags=["songs"])


@router.get("/run")
def run(of: OfRun) -> About:
    """Tell what the run is, and what it can do."""
    return of.about


@router.get("/songs", responses=described(422))
async def songs(of: OfRun, q: Words = "", limit: Found = 20) -> FoundSongs:
    """Find songs by words of title, artist and album; case and accents do not matter."""
    found, total = of.find_songs(q, limit)
    return {"songs": found, "total": total}


@router.get("/songs/{song}", responses=described(404, 422))
async def song(of: OfRun, song: SongNumber) -> Song:
    """Tell what is known of a song."""
    return of.song(song)


@router.get(
    "/songs/{song}/audio",
    response_class=FileResponse,
    responses={200: {"content": {"audio/*": {}}}, 206: {"description": "a part of it", "content": {"audio/*": {}}}}
    | described(404, 422),
)
async def audio(of: OfRun, song: SongNumber) -> FileResponse:
    """Send a song's audio file, or a part of it (Range)."""
    of.song_id(song)
    path = of.audio(song)
    if path is None:
        raise Refused(404, f"no audio of song {song} is there")
    kind = mimetypes.guess_type(path.name)[0] or ""
    return FileResponse(path, media_type=kind if kind.startswith("audio/") else "audio/octet-stream")


@router.get("/songs/{song}/similar", responses=described(404, 422))
def similar(of: OfRun, song: SongNumber, n: Number = 20) -> Similar:
    """List the songs nearest to a song: by how they sound, and by who is expected to play them."""
    return of.similar(song, n)


@router.get("/path", responses=described(404, 422), tags=["playlists"])
def path(
    of: OfRun,
    start: Annotated[int, Query(ge=0, le=LARGEST, description="the first song's number")],
    end: Annotated[int, Query(ge=0, le=LARGEST, description="the last song's number")],
    n: Annotated[int, Query(ge=2, le=MOST, description="songs, both ends among them")] = 12,
) -> Path:
    """Lead from one song to another by sound."""
    return {"songs": of.path(start, end, n)}
