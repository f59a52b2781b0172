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


LISTS = ("audio_predictions", "counts", "embeddings", "log_mels", "weights")  # inputs of any number of files


def main(*, files: dict, table: Path, markdown: Path, csv: Path, options: dict, cache: Path, threads: int = 1) -> None:
    """``files``: the rule's inputs by name. ``options``: those of `audit`, and ``about``, the caption's sentences."""
    named = {name: [Path(path) for path in paths] for name, paths in (dict.fromkeys(LISTS, ()) | files).items()}
    named = {name: paths if name in LISTS else paths[0] for name, paths in named.items()}
    rows, failed = audit(named, options, Path(__file__).resolve().parent, cache, threads)
    refuse_leaks(failed)
    write_table(table, rows, LEAKAGE)
    write_text(csv, rows.write_csv())
    columns = {name: rows[name].to_list() for name in LEAKAGE}
    write_exhibit_table(markdown, "Leakage audit", [ABOUT, *options["about"]], columns, left=len(LEAKAGE))


run(main)
