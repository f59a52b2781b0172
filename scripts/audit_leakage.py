"""Audit the run for leaks: fails where anything of held-out songs could have reached what is learnt.

Three ways: parts that overlap; what learnt files say of the songs that they were fitted on, and what the rules read;
and canaries, for which the rules' scripts are run again on inputs in which held-out songs are others.
"""

from pathlib import Path

from coldwave.audit.checks import LEAKAGE, audit, refuse_leaks
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import write_table, write_text
from coldwave.job import run

ABOUT = (
    "What could have carried plays, audio or names of held-out songs into what is learnt, check by check; the run "
    "fails where one does. Learnt again: a rule's own script, run on inputs in which held-out songs have plays, audio "
    "and names of others, must make the same bytes as in the run."
)


def main(
    *,
    split: Path,
    songs: Path,
    plays: Path,
    users: Path,
    user_factors: Path,
    song_factors: Path,
    fitted_songs: Path,
    objective: Path,
    table: Path,
    markdown: Path,
    csv: Path,
    options: dict,
    cache: Path,
    weights: list[Path] = (),
    audio_predictions: list[Path] = (),
    index: Path = None,
    log_mels: list[Path] = (),
    counts: list[Path] = (),
    codebook: Path = None,
    frame_scale: Path = None,
    codebook_songs: Path = None,
    pca_mean: Path = None,
    pca_components: Path = None,
    pca_songs: Path = None,
    features: Path = None,
    embeddings: list[Path] = (),
    threads: int = 1,
) -> None:
    """``options``: those of ``coldwave.audit.checks.audit``, and ``about``, the caption's sentences."""
    files = {name: value for name, value in locals().items() if name not in ("options", "cache", "threads")}
    rows, failed = audit(files, options, Path(__file__).resolve().parent, cache, threads)
    refuse_leaks(failed)
    write_table(table, rows, LEAKAGE)
    write_text(csv, rows.write_csv())
    columns = {name: rows[name].to_list() for name in LEAKAGE}
    write_exhibit_table(markdown, "Leakage audit", [ABOUT, *options["about"]], columns, left=len(LEAKAGE))


run(main)
