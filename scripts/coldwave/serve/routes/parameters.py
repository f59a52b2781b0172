"""Parameters of requests, with their bounds, and what the app holds for them."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from coldwave.serve.catalogue import Catalogue
from coldwave.serve.settings import LARGEST, MOST, MOST_FOUND, MOST_WORDS
from coldwave.serve.uploads import Uploads


def _catalogue(request: Request) -> Catalogue:
    return request.app.state.catalogue


def _uploads(request: Request) -> Uploads:
    return request.app.state.uploads


OfRun = Annotated[Catalogue, Depends(_catalogue)]
OfUploads = Annotated[Uploads, Depends(_uploads)]
SongNumber = Annotated[int, Path(ge=0, le=LARGEST, description="a song's number")]
UserNumber = Annotated[int, Path(ge=0, le=LARGEST, description="a user's number")]
Words = Annotated[str, Query(max_length=MOST_WORDS, description="words in any order, or an id; empty: all")]
Found = Annotated[int, Query(ge=1, le=MOST_FOUND, description="how many at most")]
Number = Annotated[int, Query(ge=1, le=MOST, description="songs at most")]
PerArtist = Annotated[int, Query(ge=0, le=MOST, description="songs of one artist at most; 0: any")]
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
    }
}
