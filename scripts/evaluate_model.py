"""Score one trained model, by user (average precision, AUC, measures of the first songs) and by test song."""

from pathlib import Path

from coldwave.errors import InputError
from coldwave.evaluation.compiled import keep_compiled
from coldwave.evaluation.ranking import Standing
from coldwave.evaluation.scores import SONG_SCORES, schema, score_model
from coldwave.files import read_array, read_table, write_array, write_table
from coldwave.job import run


def main(
    *,
    predictions: Path,
    users: Path,
    plays: Path,
    split: Path,
    songs: Path,
    scores: Path,
    song_scores: Path,
    without_songs: Path,
    options: dict,
    song_factors: Path = None,
    counts: list[Path] = (),
    lists: list[Path] = (),
    cache: Path = None,
    threads: int = 1,
) -> None:
    """``predictions`` and ``users`` are the song and user vectors; ``options``: cutoff, list_lengths, seed.

    ``counts`` and ``lists`` are the rankings of all shards of users, where users are shared out.
    """
    if cache:
        keep_compiled(cache / "compiled")
    tables = read_table(plays, ["user", "song"]), read_table(split, ["song", "part"])
    tables += (read_table(songs, ["song", "song_id", "artist"]),)
    vectors = read_array(users, memory_map=True), read_array(predictions)
    factors = read_array(song_factors) if song_factors else None
    ranked = [Standing(*read_array(count), read_array(listed)) for count, listed in zip(counts, lists, strict=True)]
    lengths = options["list_lengths"]
    try:
        found = score_model(*tables, *vectors, options["cutoff"], lengths, factors, threads, options["seed"], ranked)
    except InputError as error:
        raise InputError(f"{predictions} with {users}: {error}") from error
    write_table(scores, found.users, schema(lengths))
    write_table(song_scores, found.songs, SONG_SCORES)
    write_array(without_songs, found.without_songs)


run(main)
