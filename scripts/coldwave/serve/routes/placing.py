"""Place an audio file that the run has never seen."""

from typing import Any

from fastapi import APIRouter, Request

from coldwave.serve import work
from coldwave.serve.answers import PlacedFile
from coldwave.serve.catalogue import Catalogue
from coldwave.serve.problems import described
from coldwave.serve.routes.parameters import FILE, Number, OfRun, OfUploads

router = APIRouter(prefix="/api", tags=["placing"])


@router.post("/place", openapi_extra=FILE, responses=described(403, 408, 413, 415, 422, 503, 504))
async def place(of: OfRun, uploads: OfUploads, request: Request, n: Number = 20) -> PlacedFile:
    """Place the audio file that is the body: nearest songs, their tags, and the users for whom it stands out."""
    return _told(of, await uploads.work_on(request, work.place, n))


def _told(of: Catalogue, found: dict[str, Any]) -> dict[str, Any]:
    listeners = found["listeners"].to_dicts()
    return {
        "similar": of.neighbours(found["similar"]),
        "tags": found["tags"].to_dicts(),
        "heard": [{"tag": tag, "fits": fits} for tag, fits in found["heard"].items()],
        "listeners": [row | {"user": of.user_numbers[row["user_id"]]} for row in listeners],
    }
