"""Predict the most popular tags from a song's sound, its plays, and what models predict from its sound."""

from pathlib import Path

import numpy as np

from coldwave.analysis.tag_text import by_tag_columns, summary_columns, summary_notes
from coldwave.analysis.tags import BAG_OF_WORDS, BY_TAG, SUMMARY, USAGE, tag_tables
from coldwave.evaluation.recommendation import model_and_seed
from coldwave.exhibits.files import spreadsheet_csv, write_exhibit_table
from coldwave.files import read_array, read_table, write_table, write_text
from coldwave.job import run
from coldwave.split.parts import songs_to_learn


def main(
    *,
    songs: Path,
    split: Path,
    song_factors: Path,
    predictions: list[Path],
    table: Path,
    markdown: Path,
    csv: Path,
    by_tag: Path,
    by_tag_markdown: Path,
    by_tag_csv: Path,
    options: dict,
    features: Path = None,
    threads: int = 1,
) -> None:
    """``options``: tags (the settings), seed, data, protocol, refit (whether a network learns from validation songs).

    ``features`` are given if the run has audio models.
    """
    held_out = ~songs_to_learn(read_table(split, ["part"]), options["refit"])
    catalogue = read_table(songs, ["tags", "users"])
    usage = np.where(catalogue["users"].to_numpy()[:, None] > 0, read_array(song_factors), np.nan)  # no plays, no usage
    known = ({BAG_OF_WORDS: read_array(features)} if features else {}) | {USAGE: usage}
    predicted = {model_and_seed(path)[0]: read_array(path) for path in predictions}
    settings = options["tags"] | {"seed": options["seed"], "threads": threads}
    summary, tags, reason = tag_tables(catalogue["tags"], held_out, known, predicted, **settings)
    write_table(table, summary, SUMMARY)
    write_table(by_tag, tags, BY_TAG)
    write_text(csv, summary.write_csv())
    write_text(by_tag_csv, spreadsheet_csv(tags))
    about = [reason, options["data"], options["protocol"]]
    write_exhibit_table(
        markdown, "Tags from sound and from plays", about, summary_columns(summary), 2, summary_notes(options["tags"])
    )
    write_exhibit_table(by_tag_markdown, "AUC of each tag", [reason, options["data"]], by_tag_columns(tags), 1)


run(main)
