"""Tabulate where each model earns its AUC: pairs of songs by familiarity, by artist, and of songs that are alike."""

from pathlib import Path

from coldwave.errors import InputError
from coldwave.evaluation.compiled import keep_compiled
from coldwave.evaluation.models import in_order, models_of
from coldwave.evaluation.pair_auc import rank_pairs
from coldwave.evaluation.pair_types import USERS, find_pairs
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.evaluation.where import SCHEMA, ranked, where_table
from coldwave.evaluation.where_text import columns, notes, statement
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run


def main(
    *,
    plays: Path,
    split: Path,
    songs: Path,
    user_factors: Path,
    predictions: list[Path],
    prediction_users: list[Path],
    table: Path,
    markdown: Path,
    csv: Path,
    options: dict,
    cache: Path = None,
    threads: int = 1,
) -> None:
    """``options``: models, cutoff, seed, and the lines data and protocol."""
    if cache:
        keep_compiled(cache / "compiled")
    factors, models = read_array(user_factors, memory_map=True), models_of(options["models"])
    data = read_table(plays, ["user", "song"]), read_table(songs, ["song", "artist", "tags", "users"])
    pairs = find_pairs(*data, read_table(split, ["song", "part"]), len(factors), options["seed"])
    found = []
    for path in predictions:
        own = path.with_suffix(".users.npy")
        users = read_array(own, memory_map=True) if own in prediction_users else factors
        try:
            each = rank_pairs(pairs, users, read_array(path), threads)
        except ValueError as error:
            raise InputError(f"{path}: the vectors cannot be ranked: {error}") from error
        found.append(ranked(*model_and_seed(path), pairs, each, options["cutoff"]))
    rows = where_table(found, models, pairs.artists_named, pairs.tagged)
    write_table(table, rows, SCHEMA)
    write_text(csv, rows.write_csv())
    said = [statement(rows, model) for model in in_order(models)]
    about = [options["data"], options["protocol"], *(sentence for sentence in said if sentence)]
    title, read = "Where each model earns its AUC", notes(rows, USERS)
    write_exhibit_table(markdown, title, about, columns(rows), left=4, notes=read)


run(main)
