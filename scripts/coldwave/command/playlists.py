"""The options of commands that write a playlist, and how they write it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldwave.command.output import say, write_json, write_table
from coldwave.errors import InputError

if TYPE_CHECKING:
    from coldwave.command.mixes import Mixed
    from coldwave.command.recommending import Found
    from coldwave.use.run import Run

OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="write a playlist: .m3u8, .m3u, .xspf or .jspf, by the name's end"),
]
PrefixOption = Annotated[
    list[str] | None,
    typer.Option("--path-prefix", metavar="FROM=TO", help="name files below the folder FROM by the folder TO, as the "
                 "player sees it; may be repeated"),
]  # fmt: skip


def prefixes_of(given: Sequence[str] | None) -> list[tuple[str, str]]:
    """Divide FROM=TO. Raises InputError where there is no =."""
    for one in given or []:
        if "=" not in one:
            raise InputError(f"--path-prefix {one}: write FROM=TO, such as /home/me/Music=/music")
    return [(old, new) for old, _, new in (one.partition("=") for one in given or [])]


def check_out(out: Path | None) -> None:
    """Check early that a playlist can be written: its format, and its folder. Raises InputError."""
    from coldwave.playlists.files import format_of

    if out is None:
        return
    format_of(out)
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it first")
    if out.is_dir():
        raise InputError(f"--out {out}: this is a folder; name a file")


def show(found: "Found | Mixed", columns: Sequence[str], as_json: bool, out: Path | None) -> None:
    """Print a list of songs, what is to be said of it on standard error, and write it as a playlist if it has a name.

    ``columns`` are those for people; numbers among them are set flush right.
    """
    from coldwave.command.songs import titled

    for note in found.notes:
        say(note)
    if as_json:
        write_json(found.as_json())
    else:
        names = [name for name in columns if name in found.table.columns]
        write_table(names, titled(found.table).select(names).iter_rows(), ("rank", "nearness", "score"))
    if out:
        for note in found.write(out):
            say(note)


def write(run: "Run", out: Path, song_ids: Sequence[str], recipe: dict[str, Any]) -> list[str]:
    """Write a playlist of songs, and return what is to be said: where it is, and which songs it cannot hold.

    ``recipe["path_prefix"]`` are the options FROM=TO.
    """
    from coldwave.command.songs import entries
    from coldwave.playlists.files import write_playlist

    if not song_ids:
        raise InputError(f"{out}: there is no song to write")
    left_out = write_playlist(
        out, out.stem, entries(run, song_ids), recipe=recipe, prefixes=prefixes_of(recipe.get("path_prefix"))
    )
    notes = [f"{one.entry.title or one.entry.song_id} is left out: {one.reason}" for one in left_out]
    return [*notes, f"{len(song_ids) - len(left_out):,} songs written to {out}"]
