"""Tabulate and draw AUC by popularity of songs, activity of users, and whether the artist was in training."""

from pathlib import Path

from coldwave.evaluation.figures import draw_strata
from coldwave.evaluation.further import Tables
from coldwave.evaluation.models import models_of
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.evaluation.strata import ACTIVITY, POPULARITY, SCHEMA, columns, notes, strata_table
from coldwave.exhibits.files import write_exhibit_figure, write_exhibit_table
from coldwave.files import read_table, write_table, write_text
from coldwave.job import run


def main(
    *,
    scores: list[Path],
    song_scores: list[Path],
    plays: Path,
    songs: Path,
    split: Path,
    table: Path,
    markdown: Path,
    csv: Path,
    popularity: Path,
    activity: Path,
    options: dict,
) -> None:
    """``options``: models, and the lines data and protocol."""
    tables = [
        Tables(*model_and_seed(users), read_table(users, ["user", "auc"]), read_table(by_song))
        for users, by_song in zip(scores, song_scores, strict=True)
    ]
    models = models_of(options["models"])
    data = read_table(plays, ["user", "song"]), read_table(songs, ["song", "artist"]), read_table(split)
    rows = strata_table(tables, models, *data)
    write_table(table, rows, SCHEMA)
    write_text(csv, rows.write_csv())
    title, about = "AUC by popularity, activity and artist", [options["data"], options["protocol"]]
    write_exhibit_table(markdown, title, about, columns(rows), left=2, notes=notes(rows))
    write_exhibit_figure(popularity, *draw_strata(rows, models, POPULARITY))
    write_exhibit_figure(activity, *draw_strata(rows, models, ACTIVITY))


run(main)
