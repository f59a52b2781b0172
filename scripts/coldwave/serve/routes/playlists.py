"""Playlists of songs of the run, to be downloaded."""

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from coldwave.command.songs import entries
from coldwave.errors import InputError
from coldwave.playlists.files import FORMATS
from coldwave.playlists.words import said
from coldwave.serve.problems import described
from coldwave.serve.routes.parameters import OfRun
from coldwave.serve.settings import JSON_BYTES, LARGEST

MOST_SONGS = 1000
KINDS = {"m3u8": "audio/x-mpegurl", "xspf": "application/xspf+xml", "jspf": "application/jspf+json"}

router = APIRouter(prefix="/api", tags=["playlists"])


class Wanted(BaseModel):
    """A playlist: its name, its songs by their numbers, and the format of its file."""

    name: str = Field(min_length=1, max_length=200)
    songs: list[Annotated[int, Field(ge=0, le=LARGEST)]] = Field(min_length=1, max_length=MOST_SONGS)
    format: Literal["m3u8", "xspf", "jspf"] = "m3u8"


@router.post(
    "/playlists",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in KINDS.values()}}} | described(400, 403, 404, 413, 422),
    max_body_size=JSON_BYTES,  # here, not of the app: there it would stand before the guard
)
def playlist(of: OfRun, wanted: Wanted) -> Response:
    """Make a playlist's file; songs that the format cannot hold are left out."""
    name = said(wanted.name) or "playlist"
    songs = entries(of.run, [of.song_id(song) for song in wanted.songs])
    content, left_out = FORMATS[f".{wanted.format}"].write(name, songs, None, _absolute)
    if len(left_out) == len(songs):
        raise InputError(f"none of the {len(songs):,} songs can be written as {wanted.format}: {left_out[0].reason}")
    file = quote(f"{name.replace('/', '-')}.{wanted.format}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{file}", "Coldwave-Left-Out": str(len(left_out))}
    return Response(content, media_type=KINDS[wanted.format], headers=headers)


def _absolute(audio: Path) -> str:
    return Path(os.path.abspath(audio)).as_posix()  # noqa: PTH100 (links stay as they are)
