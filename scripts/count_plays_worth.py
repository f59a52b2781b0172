"""Count how many plays of a song each model is worth: songs folded in from a few plays, beside the models."""

from pathlib import Path

import numpy as np

from coldwave.evaluation.candidates import relevant_songs
from coldwave.evaluation.compiled import keep_compiled
from coldwave.evaluation.models import models_of
from coldwave.evaluation.plays_worth import CURVE, WORTH, Relevant, folded_in, short_songs, worth_tables
from coldwave.evaluation.plays_worth_text import columns, notes, statement
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run
from coldwave.split.parts import TEST
from coldwave.wmf.chosen import read_chosen
from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.halves import first_half
from coldwave.wmf.listable import FOLDING


def main(
    *,
    plays: Path,
    split: Path,
    user_factors: Path,
    predictions: list[Path],
    prediction_users: list[Path],
    table: Path,
    markdown: Path,
    csv: Path,
    curve: Path,
    options: dict,
    chosen: Path = None,
    cache: Path = None,
    threads: int = 1,
) -> None:
    """``options``: models, plays_worth, cutoff, bootstrap, seed, wmf, and the lines data and protocol."""
    if cache:
        keep_compiled(cache / "compiled")
    played, factors = read_table(plays), read_array(user_factors)
    part = read_table(split)["part"].to_numpy()
    test, seed, samples = np.flatnonzero(part == TEST), options["seed"], options["bootstrap"]
    starts, songs = relevant_songs(played, test, len(factors), len(part))
    relevant = Relevant(starts, songs, options["cutoff"], samples, seed, threads)
    trained: dict[str, list] = {}
    for path in predictions:
        own = path.with_suffix(".users.npy")
        users = read_array(own) if own in prediction_users else factors
        trained.setdefault(model_and_seed(path)[0], []).append(relevant.measure(users, read_array(path)[test]))

    wmf = options["wmf"] | read_chosen(chosen, *FOLDING)
    counts, draws = sorted(options["plays_worth"]["plays"]), options["plays_worth"]["draws"]
    confidences = confidence_matrix(played, len(factors), len(part), wmf["alpha"], wmf["epsilon"])[:, test]
    first, models = first_half(len(factors), seed), models_of(options["models"])
    found = folded_in(confidences, factors, first, wmf, counts, draws, relevant)
    points, rows = worth_tables(counts, found, short_songs(confidences, first, counts), trained, models, seed)
    write_table(curve, points, CURVE)
    write_table(table, rows, WORTH)
    write_text(csv, rows.write_csv())
    about = [options["data"], options["protocol"], statement(rows, models, counts)]
    read = notes(points, draws, samples, max(map(len, trained.values()), default=1))
    cells = columns(rows, counts, options["cutoff"])
    write_exhibit_table(markdown, "How many plays of a song hearing it is worth", about, cells, left=2, notes=read)


run(main)
