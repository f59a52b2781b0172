"""Users of the run, and somebody who was not in it: a history is uploaded."""

from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from coldwave.serve import work
from coldwave.serve.answers import FoundUsers, HistoryRecommendations, Recommendations, User
from coldwave.serve.problems import described
from coldwave.serve.routes.parameters import (
    FILE,
    Found,
    Number,
    OfRun,
    OfUploads,
    PerArtist,
    UserNumber,
    Words,
)
from coldwave.serve.settings import MOST_WORDS

LISTED = 50  # tracks that are no song of the run
Among = Annotated[
    Literal["unheard", "nobody", "all"],
    Query(description="unheard: not played by the listener; nobody: by nobody; all: played ones too"),
]

router = APIRouter(prefix="/api", tags=["listeners"])


@router.get("/users", responses=described(422))
async def users(of: OfRun, q: Words = "", limit: Found = 20) -> FoundUsers:
    """Find users by words of their ids."""
    found, total = of.find_users(q, limit)
    return {"users": found, "total": total}


@router.get("/users/{user}", responses=described(404, 422))
async def user(of: OfRun, user: UserNumber) -> User:
    """Tell what is known of a user."""
    return of.user(user)


@router.get("/users/{user}/recommendations", responses=described(404, 422))
def recommendations(
    of: OfRun, user: UserNumber, n: Number = 30, among: Among = "unheard", per_artist: PerArtist = 3
) -> Recommendations:
    """Recommend songs to a user of the run."""
    return of.recommended(user, n, among, per_artist)


@router.post(
    "/recommendations",
    openapi_extra=FILE,
    responses=described(403, 408, 413, 415, 422, 503, 504),
)
async def for_history(
    of: OfRun,
    uploads: OfUploads,
    request: Request,
    n: Number = 30,
    among: Among = "unheard",
    per_artist: PerArtist = 3,
    user: Annotated[str | None, Query(max_length=MOST_WORDS, description="whose listens, of a file of several")] = None,
) -> HistoryRecommendations:
    """Recommend songs to somebody whose listening history is the body: any format that is read, known by content."""
    matched = await uploads.work_on(request, work.listened, user)
    return await run_in_threadpool(_recommend, of, matched, n, among, per_artist)


def _recommend(of: OfRun, matched: dict[str, Any], n: int, among: str, per_artist: int) -> dict[str, Any]:
    found = of.run.recommend(plays=matched["plays"], n=n, among=among, per_artist=per_artist or None)
    counts: pl.DataFrame = matched["counts"]
    known, every = counts.filter("matched"), counts.select("tracks", "plays").sum().row(0, named=True)
    return {
        "model": found.model,
        "notes": matched["notes"] + found.notes,
        "songs": of.recommendations(found.table),
        "matched": {
            "tracks": known["tracks"].sum(),
            "of_tracks": every["tracks"],
            "plays": known["plays"].sum(),
            "of_plays": every["plays"],
        },
        "ways": counts.filter(pl.col("tracks") > 0).to_dicts(),
        "unmatched": matched["unmatched"].head(LISTED).to_dicts(),
    }
