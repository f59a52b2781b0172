"""The results table and the differences between models as LaTeX, for a document that uses the package booktabs."""

import re
from collections.abc import Mapping, Sequence

from coldwave.evaluation.difference_text import columns as differences_columns
from coldwave.evaluation.differences import LEVEL, Comparison
from coldwave.evaluation.recommendation import columns as results_columns
from coldwave.export.asked import Asked
from coldwave.export.writing import Exported, Written
from coldwave.files import read_table, write_text
from coldwave.shown import one_line
from coldwave.use.run import Run

DEFAULT = "latex"
TAKES = ()
_SPECIAL = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # after the end of a row, a length would follow
    "]": "{]}",
    "*": "{*}",  # likewise, for no break of the page
    "–": "--",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≈": r"$\approx$",
    "−": "$-$",
}
_PATTERN = re.compile("[" + re.escape("".join(_SPECIAL)) + r"]|(?<!\S)-(?=\d)")


def export(run: Run, asked: Asked) -> Exported:
    """Write ``results.tex`` and ``differences.tex`` into a folder.

    Raises
    ------
    InputError
        A table of the run is missing.
    """
    names = ("recommendation", "differences", "intervals")
    results, *compared = (read_table(run.files.path(f"tables/{name}.parquet")) for name in names)
    first = results.row(0, named=True)
    size = f"{first['users']:,} users × {first['songs']:,} test songs"
    about = (
        f"Which differences between models hold: lead over the next model, with intervals of {100 * (1 - LEVEL):g} %. "
        "Models that share a letter in the column of groups do not differ."
    )
    shown = {
        "results": (f"Run {run.files.folder.name}: {size}.", results_columns(results)),
        "differences": (f"Run {run.files.folder.name}: {size}. {about}", differences_columns(Comparison(*compared))),
    }
    written = []
    for name, (caption, columns) in shown.items():
        path = asked.out / f"{name}.tex"
        write_text(path, latex_table(columns, 2, caption, f"tab:{name}"))
        written.append(Written(path, len(next(iter(columns.values())))))
    return Exported(written, [r"They need \usepackage{booktabs}."])


def latex_table(columns: Mapping[str, Sequence[str]], left: int, caption: str, label: str) -> str:
    """Make a table: the first ``left`` columns aligned left, the others right.

    Parameters
    ----------
    columns : from each heading to its cells, any text
    label : letters, digits, colons and hyphens
    """
    header, *rows = ([name for name in columns], *zip(*columns.values(), strict=True))
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(caption)}}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{{'l' * left + 'r' * (len(columns) - left)}}}",
            r"\toprule",
            _row(header),
            r"\midrule",
            *map(_row, rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def escaped(text: str) -> str:
    """Put text on one line, and write what LaTeX would act on so that it is printed."""
    return _PATTERN.sub(lambda found: _SPECIAL.get(found[0], "$-$"), one_line(text, 1000))


def _row(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"
