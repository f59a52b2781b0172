"""``coldwave playlist``: songs near some and not others, or a path between two; and a playlist made again."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from coldwave.command.playlists import OutOption, PrefixOption, check_out, prefixes_of, show
from coldwave.command.runs import JsonOption, RunOption, open_run
from coldwave.errors import InputError

EPILOG = """\b
Examples:
  coldwave playlist "golden brown" S017 --not "la folie" --out mix.m3u8
  coldwave playlist "golden brown" --to S250 -n 12
  coldwave playlist --refresh mix.m3u8
"""


def playlist(
    context: typer.Context,
    seeds: Annotated[
        list[str] | None, typer.Argument(metavar="SEED", help="songs: ids, or words of title and artist")
    ] = None,
    others: Annotated[
        list[str] | None, typer.Option("--not", metavar="SONG", help="away from this song; may be repeated")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="SONG", help="a path from the seed to this song")] = None,
    run: RunOption = None,
    number: Annotated[
        int, typer.Option("-n", metavar="N", min=1, help="songs; a path has both its ends among them")
    ] = 25,
    variety: Annotated[
        float,
        typer.Option(
            "--variety", metavar="V", min=0, max=1, help="from 0, the nearest songs, to 1, as different as can be"
        ),
    ] = 0.0,
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", help="draws among songs that are as good, where there is variety")
    ] = 0,
    per_artist: Annotated[
        int, typer.Option("--per-artist", metavar="K", min=0, help="songs of one artist at most; 0: any")
    ] = 3,
    out: OutOption = None,
    path_prefix: PrefixOption = None,
    refresh: Annotated[
        Path | None,
        typer.Option("--refresh", metavar="FILE", help="make this playlist again, from the recipe stored in it"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a playlist by sound.

    Of songs near some songs, or of a path from one song to another. The seeds themselves are left out, but a path
    begins and ends with its two songs, each step near an evenly spaced point between them; --variety and --per-artist
    do not concern a path.
    """
    from coldwave.command.mixes import Mix, make_mix
    from coldwave.command.refreshing import refreshed

    check_out(out)
    prefixes_of(path_prefix)
    if refresh is not None:
        given = {name for name in context.params if str(context.get_parameter_source(name)).endswith("COMMANDLINE")}
        if given - {"refresh", "out", "as_json"}:
            raise InputError("--refresh: the playlist says how it is made; only --out and --json go with it")
        out = out or refresh
        found = refreshed(refresh)
    else:
        mix = Mix("", seeds or [], others or [], to, number, variety, seed, per_artist or None, path_prefix or [])
        opened = open_run(run)
        found = make_mix(opened, replace(mix, run=str(opened.files.folder.absolute())))
    show(found, ("rank", "title", "artist", "nearness", "score"), as_json, out)
