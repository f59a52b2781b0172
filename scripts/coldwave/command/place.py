"""``coldwave place``: where new songs belong."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from coldwave.command.output import say, write_json, write_table
from coldwave.command.runs import JsonOption, ModelOption, RunOption, open_run, tell_few
from coldwave.errors import InputError
from coldwave.shown import one_line

FEW = 5  # nearest songs, and listeners, of a file
HEARD = 5  # tags that an encoder hears
EPILOG = """\b
Lift is (score - mean) / deviation, of the mean and the standard deviation of the user's scores over the run's songs, so
that it does not grow with a user's activity.

\b
Examples:
  coldwave place new/song.flac
  coldwave place new/*.flac --run mine --out vectors
  coldwave place new --batch monday
"""


def place(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="audio files that the run need not know; with --batch, a folder or table"),
    ],
    run: RunOption = None,
    number: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="N",
            min=1,
            help=f"nearest songs, and listeners, of each file ({FEW}; with --batch, as new_songs of the config says)",
        ),
    ] = None,
    model: ModelOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="write what was heard to FOLDER/vectors.parquet"),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            "--batch", metavar="NAME", help="place a folder of audio, or a songs table, and keep it as this batch"
        ),
    ] = None,
    embedding: Annotated[
        list[str] | None,
        typer.Option(
            "--embedding",
            metavar="NAME=TABLE",
            help="table of the new songs' numbers, for models that take an embedding; with --batch; may be repeated",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Place new audio files.

    Their nearest songs and tags, and the users for whom they stand out. Tags are those of the nearest songs by sound.
    Users are ordered by lift: how far above their other scores the file is. A file that cannot be heard is told, the
    others are placed, and the exit status is 1.

    With --batch, all songs of a folder or table are placed and kept in the run's folder, as `snakemake -- predict_new`
    does.
    """
    if batch is not None:
        return _place_batch(run, files, batch, embedding or [], number, model, as_json)
    if folders := [file for file in files if file.is_dir()]:
        raise InputError(f"{folders[0]}: a folder; give its songs a name with --batch NAME")
    from coldwave.command.vectors import write_vectors

    opened = open_run(run)
    tell_few(opened)
    placed, failed = {}, []
    for file in files:
        try:
            placed[str(file)] = opened.place(file, number or FEW, model=model)
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


def _place_batch(
    run: str | None,
    sources: list[Path],
    batch: str,
    embeddings: list[str],
    number: int | None,
    model: str | None,
    as_json: bool,
) -> int:
    from coldwave.new_songs.columns import new_embedding
    from coldwave.new_songs.placing import place_batch
    from coldwave.new_songs.wanted import Wanted

    if len(sources) > 1:
        raise InputError(f"--batch: {len(sources)} paths are given, and a batch is of one folder or table")
    files = open_run(run).files
    tables = {}
    for name, _, path in (text.partition("=") for text in embeddings):
        if name not in files.config["embeddings"] or not path:
            known = ", ".join(files.config["embeddings"]) or "none"
            raise InputError(f"--embedding {name}: NAME=TABLE is needed, with an embedding of the run; it has {known}")
        tables[name] = new_embedding(files.config["embeddings"][name], path)
    settings = files.config["new_songs"]
    numbers = {key: number or settings[key] for key in ("users", "neighbours")}
    wanted = Wanted(sources[0], settings, tables, [model] if model else None, **numbers)
    placed = place_batch(files.folder, batch, wanted, files.root / files.config["cache"], os.cpu_count() or 1)
    if as_json:
        write_json({"run": files.folder, "batch": batch, "folder": placed.folder, **placed.info})
        return 0
    told = {"placed": "songs", "in earlier batches": "earlier", "not heard": "set_aside", "rows set aside": "rejected"}
    print("; ".join(f"{what} {placed.info[key]:,}" for what, key in told.items()))
    print(f"New songs: {placed.folder / 'songs.md'}")
    return 0


def _show(file: Path, placed: Any) -> None:
    from coldwave.analysis.names import song_labels
    from coldwave.encoders.tags import highest

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
    print(f"\nheard: {highest(placed.heard, HEARD)}\n" if placed.heard else "")
    columns = ("user_id", "lift", "score", "mean", "deviation")
    write_table(("user it stands out for", *columns[1:]), placed.listeners.select(columns).iter_rows(), columns[1:])
    print()


def _plain(file: str, placed: Any) -> dict[str, Any]:
    tables = {name: getattr(placed, name).to_dicts() for name in ("similar", "tags", "listeners")}
    vectors = {name: vector.tolist() for name, vector in placed.vectors.items()}
    return {"file": file, "model": placed.model, **tables, "vectors": vectors, "heard": dict(placed.heard)}
