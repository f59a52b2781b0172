"""``coldwave serve``: a page, and an API, of a finished run."""

from pathlib import Path
from typing import Annotated

import typer

from coldwave.command.output import say
from coldwave.command.runs import open_run
from coldwave.errors import InputError

EPILOG = """\b
The page is at the address that is printed. The API is told in docs/serve.md and under /openapi.json. The page loads
nothing from other machines.

\b
Examples:
  coldwave serve
  coldwave serve mine --port 8080 --open
  coldwave serve mine --subsonic-user anna --subsonic-password-file password.txt
"""
MEGABYTE = 1 << 20


def serve(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", help="folder of a finished run, or its name under results/ (default: the newest)"
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="address to listen at; all but this machine's own is a risk")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="port; 0: any that is free")
    ] = 8765,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allowed-host", metavar="NAME", help="a further name by which the server is asked; may be repeated"
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="open the page in a browser")] = False,
    audio_root: Annotated[
        Path | None,
        typer.Option("--audio-root", metavar="DIR", help="play audio below this folder alone (default: the run's)"),
    ] = None,
    max_upload_mb: Annotated[
        int, typer.Option("--max-upload-mb", metavar="MB", min=1, max=2000, help="size of an upload at most")
    ] = 50,
    upload_seconds: Annotated[
        int, typer.Option("--upload-seconds", metavar="S", min=1, max=3600, help="time in which an upload must be read")
    ] = 30,
    upload_workers: Annotated[
        int, typer.Option("--upload-workers", metavar="N", min=1, max=64, help="processes that read uploads")
    ] = 1,
    subsonic_user: Annotated[
        str | None, typer.Option("--subsonic-user", metavar="NAME", help="user that OpenSubsonic's players must name")
    ] = None,
    subsonic_password_file: Annotated[
        Path | None, typer.Option("--subsonic-password-file", metavar="FILE", help="whose first line is the password")
    ] = None,
) -> None:
    """Show a finished run in a browser, and answer programs and players.

    Songs by words, songs near one, recommendations for a user or for a listening history, where a file belongs, paths
    and playlists. It ends with Ctrl-C.
    """
    from coldwave.serve.server import open_to_others, serve
    from coldwave.serve.settings import LOOPBACK, Settings

    if (subsonic_user is None) != (subsonic_password_file is None):
        raise InputError("--subsonic-user and --subsonic-password-file go together")
    if audio_root is not None and not audio_root.is_dir():
        raise InputError(f"--audio-root {audio_root}: there is no such folder")
    settings = Settings(
        host=host,
        port=port,
        allowed_hosts=(*LOOPBACK, host, *(allowed_host or [])),
        audio_root=audio_root,
        upload_bytes=max_upload_mb * MEGABYTE,
        upload_seconds=upload_seconds,
        upload_workers=upload_workers,
        subsonic=None if subsonic_user is None else (subsonic_user, _first_line(subsonic_password_file)),
    )
    if open_to_others(settings):
        say(
            f"warning: at {host}, others can reach the server, upload files and hear the songs: it asks for no password"
        )
    serve(open_run(run), settings, show)


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--subsonic-password-file {path}: cannot be read ({error})") from error
    if not lines or not lines[0]:
        raise InputError(f"--subsonic-password-file {path}: its first line, the password, is empty")
    return lines[0]
