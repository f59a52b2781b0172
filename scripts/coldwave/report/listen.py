"""The section of the report where songs are listened to: some users and what is recommended to them, and some songs."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from coldwave.examples.tables import NO_ROOM, RECOMMENDS, SOUND, USAGE

WHOLE, BEGIN, END = 16, 8, 4  # characters of a user's id: that is shown whole, or else from both ends


class Listening(NamedTuple):
    """The tables of ``coldwave.examples.tables``, and what the page says of excerpts.

    Attributes
    ----------
    excerpts : table ``EXCERPTS``
    files : whether the run reads audio files, which excerpts are cut from
    most : songs that may have an excerpt
    megabytes : that all of them may take
    known : whether the users' vectors are made of plays of test songs too
    """

    played: pl.DataFrame
    recommended: pl.DataFrame
    similar: pl.DataFrame
    models: pl.DataFrame
    excerpts: pl.DataFrame
    files: bool
    most: int
    megabytes: float
    known: bool

    @property
    def sounds(self) -> dict[int, bytes]:
        """MP3 by song."""
        return dict(self.excerpts.drop_nulls("mp3").select("song", "mp3").rows())


def prepare(found: Listening, songs: pl.DataFrame, users: pl.DataFrame) -> dict[str, Any] | None:
    """Prepare what ``listen.html.j2`` shows; None if there is neither a user nor a song to show.

    Parameters
    ----------
    songs : table ``song``, ``song_id``, ``title``, ``artist``, ``users``; users : ``user``, ``user_id``
    """
    if found.played.is_empty() and found.similar.is_empty():
        return None
    names = {row["song"]: row for row in songs.iter_rows(named=True)}
    sounds, named = found.sounds, listed(found) | set(found.recommended["because"].drop_nulls())
    shown = {song: _song(names[song], song in sounds) for song in named}
    ids = dict(users.filter(pl.col("user").is_in(found.played["user"].implode())).select("user", "user_id").rows())
    cards = [_user(user, ids, found, shown) for user in found.played["user"].unique(maintain_order=True)]
    return {
        "model": next(iter(found.models.filter(role=RECOMMENDS).rows(named=True)), None),
        "by": {SOUND: None, USAGE: None} | {row["role"]: row["name"] for row in found.models.iter_rows(named=True)},
        "users": cards,
        "songs": [
            {
                "song": shown[song],
                "users": names[song]["users"],
                "lists": _lists(found.similar.filter(song=song), shown),
            }
            for song in found.similar["song"].unique(maintain_order=True)
        ],
        "known": found.known,
        "number": sum(len(card["recommended"]) for card in cards),
        "hits": sum(card["hits"] for card in cards),
        "by_chance": found.recommended["chance"].sum(),
        "sounds": len(sounds),
        "seconds": found.excerpts["seconds"].max(),
        "silent": said_of_silent(found),
    }


def listed(found: Listening) -> set[int]:
    """Collect the songs of the section's lists, and those near which others are."""
    columns = [found.played["song"], found.recommended["song"], found.similar["song"], found.similar["other"]]
    return set(pl.concat(columns))


def said_of_silent(found: Listening) -> str:
    """Say why songs of the section cannot be played, or nothing if all can."""
    if not found.files:
        return "No song can be played here, as this run reads no audio files."
    if not found.most:
        return "No song can be played here, as report.excerpts is 0."
    status = dict(found.excerpts.select("song", "status").rows())
    silent = [status.get(song) for song in listed(found) if status.get(song) != "ok"]
    reasons = [
        (silent.count(NO_ROOM), f"excerpts may take {found.megabytes:g} MB (report.megabytes)"),
        (silent.count(None), f"no file is named, or {found.most} songs have an excerpt already (report.excerpts)"),
    ]
    reasons.append((len(silent) - sum(count for count, _ in reasons), "the file has no usable audio"))
    told = "; ".join(f"{count} as {reason}" for count, reason in reasons if count)
    return f"Songs of these lists that cannot be played: {told}." if told else ""


def _song(row: Mapping[str, Any], plays: bool) -> dict[str, Any]:
    title = (row["title"] or "").strip() or row["song_id"]
    artist = (row["artist"] or "").strip()
    return {"song": row["song"], "title": title, "artist": artist, "plays": plays}


def _user(user: int, ids: Mapping[int, str], found: Listening, shown: Mapping[int, dict]) -> dict[str, Any]:
    played, recommended = found.played.filter(user=user), found.recommended.filter(user=user)
    user_id = ids[user]
    return {
        "id": user_id if len(user_id) <= WHOLE else f"{user_id[:BEGIN]}…{user_id[-END:]}",
        "songs": played["songs"][0],
        "held_out": played["held_out"][0],
        "played": [shown[song] | {"count": count} for song, count in played.select("song", "plays").rows()],
        "recommended": [
            shown[row["song"]]
            | {"count": row["plays"], "because": shown.get(row["because"]), "because_count": row["because_plays"]}
            | {"tags": row["tags"]}
            for row in recommended.iter_rows(named=True)
        ],
        "hits": int((recommended["plays"] > 0).sum()),
    }


def _lists(similar: pl.DataFrame, shown: Mapping[int, dict]) -> dict[str, list[dict]]:
    return {
        by: [
            shown[other] | {"cosine": cosine, "tags": tags}
            for other, cosine, tags in similar.filter(by=by).select("other", "cosine", "tags").rows()
        ]
        for by in (SOUND, USAGE)
        if by in similar["by"]
    }
