"""Audit the run for leaks. It fails if data of held-out songs could have reached what is learnt.

It checks that the parts do not overlap, which songs the learnt files were fitted on, and what the rules read. With
canaries, it runs the rules' scripts again on inputs in which the held-out songs' data are replaced.
"""

from pathlib import Path

from coldwave.audit.checks import LEAKAGE, audit, refuse_leaks
from coldwave.exhibits.files import write_exhibit_table
from coldwave.files import write_table, write_text
from coldwave.job import run

ABOUT = (
    "Each check covers one way in which plays, audio or names of held-out songs could reach what is learnt. The run "
    "fails if a check fails. Learnt again: a rule's script, run on inputs in which held-out songs have the plays, "
    "audio and names of other songs, must make the same bytes as in the run."
)


# Inputs of any number of files
LISTS = ("audio_predictions", "audio_users", "counts", "log_mels", "scaling", "song_features", "weights")


def main(*, files: dict, table: Path, markdown: Path, csv: Path, options: dict, cache: Path, threads: int = 1) -> None:
    """``files``: the rule's inputs by name. ``options``: those of `audit`, and ``about``, the caption's sentences."""
    named = {name: [Path(path) for path in paths] for name, paths in (dict.fromkeys(LISTS, ()) | files).items()}
    named = {name: paths if name in LISTS or len(paths) > 1 else paths[0] for name, paths in named.items()}
    rows, failed = audit(named, options, Path(__file__).resolve().parent, cache, threads)
    refuse_leaks(failed)
    write_table(table, rows, LEAKAGE)
    write_text(csv, rows.write_csv())
    columns = {name: rows[name].to_list() for name in LEAKAGE}
    write_exhibit_table(markdown, "Leakage audit", [ABOUT, *options["about"]], columns, left=len(LEAKAGE))


run(main)
