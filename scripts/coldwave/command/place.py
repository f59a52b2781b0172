"""``coldwave place``: where new songs belong."""

from pathlib import Path
from typing import Annotated, Any

import typer

from coldwave.command.output import say, write_json, write_table
from coldwave.command.runs import JsonOption, ModelOption, RunOption, open_run, tell_few
from coldwave.errors import InputError
from coldwave.shown import one_line

EPILOG = """\b
Lift is (score - mean) / deviation, of the mean and the standard deviation of the user's scores over the run's songs, so
that it does not grow with a user's activity.

\b
Examples:
  coldwave place new/song.flac
  coldwave place new/*.flac --run mine --out vectors
"""


def place(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="audio files; the run need not know them")],
    run: RunOption = None,
    number: Annotated[
        int, typer.Option("-n", metavar="N", min=1, help="nearest songs, and listeners, of each file")
    ] = 5,
    model: ModelOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="write what was heard to FOLDER/vectors.parquet"),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Place new audio files.

    Their nearest songs and tags, and the users for whom they stand out. Tags are those of the nearest songs by sound.
    Users are ordered by lift: how far above their other scores the file is. A file that cannot be heard is told, the
    others are placed, and the exit status is 1.
    """
    from coldwave.command.vectors import write_vectors

    opened = open_run(run)
    tell_few(opened)
    placed, failed = {}, []
    for file in files:
        try:
            placed[str(file)] = opened.place(file, number, model=model)
        except InputError as error:
            failed.append(str(error))
            continue
        if not as_json:
            _show(file, placed[str(file)])
    if as_json:
        told = [_plain(file, one) for file, one in placed.items()]
        write_json({"run": opened.files.folder, "files": told, "failed": failed})
    if out and placed:
        path = write_vectors(out, {file: one.vectors for file, one in placed.items()})
        say(f"Vectors of {len(placed):,} files: {path}")
    for message in failed:
        say(f"error: {message}")
    return int(bool(failed))


def _show(file: Path, placed: Any) -> None:
    from coldwave.analysis.names import song_labels

    print(f"{one_line(str(file))}\n")
    similar = placed.similar
    write_table(
        ("nearest", "song", "cosine"),
        zip(similar["by"], song_labels(similar), similar["cosine"], strict=True),
        ("cosine",),
    )
    near = f"tag of the nearest {similar.filter(by='sound').height} by sound"
    tags = placed.tags.head(5).select("tag", "songs", "share_of_all").iter_rows()
    print()
    write_table((near, "songs", "share of all songs"), tags, ("songs", "share of all songs"))
    print()
    columns = ("user_id", "lift", "score", "mean", "deviation")
    write_table(("user it stands out for", *columns[1:]), placed.listeners.select(columns).iter_rows(), columns[1:])
    print()


def _plain(file: str, placed: Any) -> dict[str, Any]:
    tables = {name: getattr(placed, name).to_dicts() for name in ("similar", "tags", "listeners")}
    vectors = {name: vector.tolist() for name, vector in placed.vectors.items()}
    return {"file": file, "model": placed.model, **tables, "vectors": vectors}
