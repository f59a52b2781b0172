"""``coldwave why``: what carries a song's score."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from coldwave.command.output import write_json, write_table
from coldwave.command.runs import JsonOption, ModelOption, RunOption, open_run
from coldwave.shown import one_line

if TYPE_CHECKING:
    from coldwave.use.seconds import Seconds

EPILOG = """\b
Examples:
  coldwave why anna "golden brown"
  coldwave why anna S017 --run mine --json
  coldwave why anna S017 --by sound
"""
SHOWN = 10  # songs of the history
SEGMENTS = 5  # of the audio
HEARD = 5  # tags that an encoder hears


def why(
    user: Annotated[str, typer.Argument(metavar="USER", help="a user of the run")],
    song: Annotated[str, typer.Argument(metavar="SONG", help="a song's id, or words of its title and artist")],
    run: RunOption = None,
    model: ModelOption = None,
    by: Annotated[
        Literal["both", "sound", "plays"],
        typer.Option("--by", help="both: the song's own plays if enough users have played it, else what is heard"),
    ] = "both",
    as_json: JsonOption = False,
) -> None:
    """Say what carries a song's score.

    The score is a sum over the songs that the user has played: the parts are listed, highest first, with the tags that
    each song has in common with this one. Then come the tags that MusiCNN hears in the song and in what the user plays,
    if the run has heard its songs by MusiCNN, and the seconds of the audio without which the score falls most, if it
    comes from what is heard.
    """
    import polars as pl

    from coldwave.analysis.names import song_labels
    from coldwave.command.songs import find_song
    from coldwave.encoders.tags import highest

    opened = open_run(run)
    song_id = find_song(opened.songs, song)
    found = opened.why(user, song_id, model=model, by=by)
    name = song_labels(opened.songs.filter(song_id=song_id))[0]
    if as_json:
        parts = found.table.drop("song").to_dicts()
        head = {"user": user, "song_id": song_id, "name": name, "score": found.score, "rest": found.rest}
        tags, seconds = found.tags.to_dicts(), _plain(found.seconds)
        told = {"heard": dict(found.heard), "heard_played": dict(found.heard_played)}
        write_json({**head, "by": found.by, "songs": parts, "tags": tags, "seconds": seconds, **told})
        return
    by_songs = (found.table["part"] != 0).any()
    heard = "its own plays" if found.by == "plays" else "what is heard of it" if by_songs else "its model alone"
    print(f"{one_line(name)} scores {found.score:.3f} for {one_line(user)}, by {heard}.")
    top = found.table.head(SHOWN).with_columns(pl.col("plays").cast(pl.Int64))
    parts = zip(top["part"], top["plays"], song_labels(top), map(", ".join, top["tags"]), strict=True)
    write_table(("part of the score", "plays", "song played", "tags in common"), parts, ("part of the score", "plays"))
    others = found.table["part"][SHOWN:]
    if len(others):
        print(f"{others.sum():.3f} comes from {len(others):,} other songs.")
    if abs(found.rest) >= 0.0005:
        reason = "the factorisation stopped short of its optimum" if by_songs else "the model goes by no songs played"
        print(f"{found.rest:.3f} is explained by no song: {reason}.")
    if found.heard:
        print(f"heard: {highest(found.heard, HEARD)}")
    if found.heard_played:
        print(f"heard in what {one_line(user)} plays: {highest(found.heard_played, HEARD)}")
    _show(found.seconds)


def _plain(seconds: "Seconds") -> dict[str, Any]:
    return {"score": seconds.score, "parts": seconds.table.to_dicts(), "notes": seconds.notes}


def _show(seconds: "Seconds") -> None:
    print()
    if seconds.table.height:
        top = seconds.table.head(SEGMENTS).iter_rows()
        rows = ((f"{_time(start)}–{_time(end)}", part) for start, end, part in top)
        header = ("seconds of the audio", "the score falls without them by")
        write_table(header, rows, header[1:])
    for note in seconds.notes:
        print(note)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"
