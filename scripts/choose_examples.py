"""Choose examples for the report: users with songs for them, and songs with others like them."""

from pathlib import Path

from coldwave.examples import tables
from coldwave.examples.choosing import choose_examples
from coldwave.examples.given import GivenFiles
from coldwave.files import write_table
from coldwave.job import run
from coldwave.use.vectors import Vectors


def main(
    *,
    plays: Path,
    users: Path,
    songs: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    fitted_songs: Path,
    played: Path,
    recommended: Path,
    similar: Path,
    models: Path,
    options: dict,
    predictions: list[Path] = (),
    prediction_users: list[Path] = (),
    weights: list[Path] = (),
    features: list[Path] = (),
    chosen: Path = None,
) -> None:
    """``options``: seed, seeds, users and songs (how many), and of the config: models, embeddings, encoders and wmf."""
    paths = [plays, users, songs, split, user_factors, song_factors, fitted_songs]
    paths += [*predictions, *prediction_users, *weights, *features, *([chosen] if chosen else [])]
    files = GivenFiles(songs.parents[1], paths, options["config"], options["seeds"])
    found = choose_examples(Vectors(files), options["users"], options["songs"], options["seed"])
    write_table(played, found.played, tables.PLAYED)
    write_table(recommended, found.recommended, tables.RECOMMENDED)
    write_table(similar, found.similar, tables.SIMILAR)
    write_table(models, found.models, tables.MODELS)


run(main)
