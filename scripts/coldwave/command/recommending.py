"""Make a list of recommended songs, again and again: from what was asked for, which a playlist keeps as its recipe."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from coldwave.command.history import match_history
from coldwave.command.playlists import write
from coldwave.errors import InputError
from coldwave.use.excluding import ALL, NOBODY, UNHEARD

if TYPE_CHECKING:
    from coldwave.use.run import Run

NEW = "new"
NAMED = 5  # users, in an error


@dataclass(frozen=True)
class Wanted:
    """What was asked for, in words that JSON holds; paths are absolute."""

    run: str
    user: str | None = None
    history: list[str] = field(default_factory=list)
    library: str | None = None
    among: str = UNHEARD
    n: int = 30
    per_artist: int | None = 3
    exclude: list[str] = field(default_factory=list)
    model: str | None = None
    overrides: str | None = None
    path_prefix: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """A list: ``table`` as that of `Run.recommend`, what is to be said of it, and how a history matched, if one did."""

    run: "Run"
    wanted: Wanted
    table: pl.DataFrame
    model: str
    notes: list[str]
    matching: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        songs = self.table.drop("song", strict=False).to_dicts()
        parts = {"run": self.wanted.run, "user": self.wanted.user, "model": self.model, "notes": self.notes}
        return parts | {"matching": self.matching, "songs": songs}

    def write(self, out: Path) -> list[str]:
        """Write it as a playlist, with its recipe; return what is to be said."""
        return write(self.run, out, self.table["song_id"].to_list(), {"command": "recommend", **asdict(self.wanted)})


def best_songs(run: "Run", wanted: Wanted) -> Found:
    """Recommend songs as they are wanted.

    Raises
    ------
    InputError
        Something that is named is not there, or it is not said who listens.
    """
    user, plays, matching, notes = wanted.user, None, [], []
    if wanted.history:
        overrides = Path(wanted.overrides) if wanted.overrides else None
        matched = match_history(run, [Path(path) for path in wanted.history], user, overrides)
        user, plays, notes = None, matched.plays, matched.notes
        matching = matched.counts.filter(pl.col("tracks") > 0).to_dicts()
    elif user is None and run.files.only_user is None:
        raise InputError(_which_user(run))
    how = {"n": wanted.n, "per_artist": wanted.per_artist, "exclude": wanted.exclude, "model": wanted.model}
    if wanted.among == NEW and wanted.library is None:
        found = run.recommend_new(user, plays, **how)
    elif wanted.among == NEW:
        found = run.recommend_files(_new_files(run, wanted.library), user, plays, **how)
    else:
        found = run.recommend(user, plays, among=_among(run, wanted), **how)
    notes += found.notes
    if not found.table.height:
        notes.append("There is no such song: everything that was asked for has been played, excluded or not heard.")
    return Found(run, wanted, found.table, found.model, notes, matching)


def _which_user(run: "Run") -> str:
    from coldwave.files import read_table

    some = read_table(run.files.path("plays/users.parquet"), ["user_id"])["user_id"].head(NAMED)
    more = ", …" if run.files.users > NAMED else ""
    return (
        f"for whom? {run.files.folder} has {run.files.users:,} users ({', '.join(some)}{more}): name one of them "
        "(coldwave recommend USER), or give the listens of somebody else (--history FILE)"
    )


def _among(run: "Run", wanted: Wanted) -> str | list[str]:
    if wanted.library is None:
        return wanted.among
    if wanted.among == ALL:
        raise InputError("--among all with --library: songs of a folder are recommended where they are unheard")
    below, root = Path(wanted.library).resolve(), run.files.root
    here = [audio is not None and (root / audio).resolve().is_relative_to(below) for audio in run.songs["audio"]]
    songs = run.songs.filter(pl.Series(here, dtype=pl.Boolean))
    songs = songs.filter(pl.col("users") == 0) if wanted.among == NOBODY else songs
    if not songs.height:
        raise InputError(f"{wanted.library}: no audio of the run's songs is in this folder; --new hears its files")
    return songs["song_id"].to_list()


def _new_files(run: "Run", library: str) -> list[Path]:
    from coldwave.plays.audio_folder import audio_files

    root = run.files.root
    known = {(root / audio).resolve() for audio in run.songs["audio"].drop_nulls()}
    files, _ = audio_files(Path(library))
    unknown = [file for file in files if file.resolve() not in known]
    if not unknown:
        raise InputError(f"{library}: it holds {len(files):,} audio files, and the run knows them all")
    return unknown
