"""``coldwave recommend``: the best songs for somebody."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from coldwave.command.output import say
from coldwave.command.playlists import OutOption, PrefixOption, check_out, prefixes_of, show
from coldwave.command.runs import JsonOption, ModelOption, RunOption, open_run, whole
from coldwave.errors import InputError

EPILOG = """\b
Examples:
  coldwave recommend anna --among nobody -n 10
  coldwave recommend --history listens.jsonl --run mine --out mix.m3u8
  coldwave recommend --history listens.jsonl --library ~/Music --out mix.m3u8
  coldwave recommend anna --new
  coldwave recommend anna --library ~/Music/new --new
"""


def recommend(
    user: Annotated[
        str | None, typer.Argument(metavar="USER", help="a user of the run, or of the history if there is one")
    ] = None,
    busiest: Annotated[
        bool, typer.Option("--busiest", help="for the user of the run who has played the most songs")
    ] = False,
    run: RunOption = None,
    history: Annotated[
        list[Path] | None,
        typer.Option("--history", metavar="FILE", help="listens of somebody who was not in the run; may be repeated"),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            "--library",
            metavar="DIR",
            help="only audio below this folder; with --history and without --run, a run is made of it",
        ),
    ] = None,
    among: Annotated[
        Literal["unheard", "nobody", "all", "new"],
        typer.Option(
            "--among",
            help="unheard: songs that the listener has not played; nobody: that nobody has played; all: played ones "
            "too; new: songs of batches that were placed, or with --library files below it that the run does not know, "
            "heard now",
        ),
    ] = "unheard",
    new: Annotated[bool, typer.Option("--new", help="the same as --among new")] = False,
    number: Annotated[int, typer.Option("-n", metavar="N", min=1, help="songs at most")] = 30,
    per_artist: Annotated[
        int, typer.Option("--per-artist", metavar="K", min=0, help="songs of one artist at most; 0: any")
    ] = 3,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="TEXT", help="an artist, album, tag, folder or song id; may be repeated"),
    ] = None,
    model: ModelOption = None,
    overrides: Annotated[
        Path | None,
        typer.Option(
            "--overrides",
            metavar="CSV",
            help="says which song a track of the history is, in the columns artist, title and song_id (default: the "
            "run's own, if it has one)",
        ),
    ] = None,
    out: OutOption = None,
    path_prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recommend songs to somebody.

    For a user of the run, or for anybody with a listening history, whose tracks are matched to the run's songs.

    With --history and --library but no --run, what is needed is done: a config (coldwave.yaml) is written to this
    folder if there is none, the workflow is run, and the list is made.
    """
    from coldwave.command.first_run import first_run
    from coldwave.command.recommending import Wanted, best_songs

    check_out(out)
    prefixes_of(path_prefix)
    histories = [whole(path) for path in history or []]
    if overrides and not histories:
        raise InputError("--overrides says what tracks of a history are: give one with --history")
    if path_prefix and not out:
        raise InputError("--path-prefix changes paths in a playlist: write one with --out")
    if histories and library and not run:
        if new or among == "new":
            raise InputError("--new: a run that is made of --library knows all of its files; name a run with --run")
        run, histories = first_run(histories, whole(library))
        library = None  # the run is of nothing else
    opened = open_run(run)
    if busiest:
        if user or histories:
            raise InputError("--busiest names a user of the run: leave USER and --history out")
        user = opened.files.busiest_user
        say(f"For {user}, who has played the most songs.")
    wanted = Wanted(
        run=str(opened.files.folder.absolute()),
        user=user,
        history=[str(path) for path in histories],
        library=str(whole(library)) if library else None,
        among="new" if new else among,
        n=number,
        per_artist=per_artist or None,
        exclude=exclude or [],
        model=model,
        overrides=str(whole(overrides)) if overrides else None,
        path_prefix=path_prefix or [],
    )
    show(best_songs(opened, wanted), ("rank", "title", "artist", "score", "why"), as_json, out)
