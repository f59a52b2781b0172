"""Write the report of a run: what it was made from, its results and its figures, on one page."""

from pathlib import Path

from coldwave.analysis.map_text import map_words
from coldwave.evaluation.differences import Comparison
from coldwave.evaluation.models import models_of
from coldwave.evaluation.recommendation import Trained, model_and_seed
from coldwave.exhibits.files import read_exhibit
from coldwave.files import read_table, write_text
from coldwave.job import run
from coldwave.report.data import Data
from coldwave.report.listen import Listening, prepare
from coldwave.report.page import divide, render
from coldwave.report.song_map import Places
from coldwave.report.training import Curve


def main(
    *,
    table: Path,
    differences: Path,
    intervals: Path,
    where: Path,
    scores: list[Path],
    curves: list[Path],
    objective: Path,
    rejected: Path,
    songs: Path,
    users: Path,
    plays: Path,
    split: Path,
    played: Path,
    recommended: Path,
    similar: Path,
    examples: Path,
    excerpts: Path,
    map: Path,
    map_figure: Path,
    page: Path,
    options: dict,
    exhibits: list[Path] = (),
    index: Path = None,
) -> None:
    """``options``: run (its name), data and protocol (a sentence each), config (as text), models, notes (on their
    kinds), map (model, songs and perplexity), map_songs (how many the page's map shows at most), listen (what
    `Listening` knows besides its tables) and sections: from each heading to how many of ``exhibits`` are under it, in
    their order."""
    places = read_table(map)
    words = map_words(options["map"]["model"], options["map"]["songs"], len(places), options["map"]["perplexity"])
    data = Data(
        songs=read_table(songs, ["song", "song_id", "title", "artist", "tags", "users", "plays"]),
        users=read_table(users, ["user", "user_id"]),
        plays=read_table(plays, ["song", "count"]),
        split=read_table(split, ["song", "part"]),
        rejected=read_table(rejected, ["source", "reason"]),
        audio=read_table(index, ["song", "status", "detail"]) if index else None,
    )
    lists = [read_table(path) for path in (played, recommended, similar, examples, excerpts)]
    listening = Listening(*lists, **options["listen"])
    html = render(
        run=options["run"],
        about=[options["data"], options["protocol"]],
        config=options["config"],
        table=read_table(table),
        comparison=Comparison(read_table(differences), read_table(intervals)),
        where=read_table(where),
        models=models_of(options["models"]),
        kind_notes=options["notes"],
        trained=[Trained(*model_and_seed(path), read_table(path, ["ap", "auc"])) for path in scores],
        curves=[Curve(*model_and_seed(path), read_table(path)) for path in curves],
        objective=read_table(objective),
        data=data,
        places=Places(table=places, figure=read_exhibit(map_figure), words=words, at_most=options["map_songs"]),
        sections=divide(exhibits, options["sections"]),
        listen=prepare(listening, data.songs, data.users),
        excerpts=listening.sounds,
    )
    write_text(page, html)


run(main)
