"""Exhibits: tables and figures for people, each a Markdown or an SVG file, which the report's page shows too.

A table's file begins with ``# Title``; paragraphs about the table and the pipe table follow. A figure's file holds its
caption. Each file can be read by itself, and the page shows it without knowing what it is about.
"""

import re
from collections.abc import Sequence
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple

import polars as pl
from markdown_it import MarkdownIt

from coldwave.errors import InputError
from coldwave.exhibits.markdown import escaped, pipe_table
from coldwave.files import write_text
from coldwave.shown import printable

_FORMULA = r"[=+\-@\t\r]"  # beginnings that a spreadsheet takes for a formula
_STYLE = (
    "<style>svg{--ink:#1b1f24;--muted:#596470;--grid:#dfe3e8;--accent:#0b62c4;--second:#b4530a;"
    'background:#fff;font-family:system-ui,"DejaVu Sans",sans-serif}</style>'
)


class Exhibit(NamedTuple):
    """A table or a figure on the page: markup that is safe to insert, and its title or caption as text."""

    title: str
    markup: str
    figure: bool


def write_exhibit_table(
    path: Path,
    title: str,
    about: Sequence[str],
    columns: dict[str, Sequence[str]],
    left: int,
    notes: Sequence[str] = (),
) -> None:
    """Write a table for people: a title, paragraphs about it, the pipe table (see `pipe_table`), and a list of
    notes."""
    paragraphs = [line for text in about if text for line in (escaped(text), "")]
    lines = [f"# {title}", "", *paragraphs, *pipe_table(columns, left), ""]
    lines += [f"- {escaped(note)}" for note in notes] + ([""] if notes else [])
    write_text(path, "\n".join(lines))


def spreadsheet_csv(frame: pl.DataFrame) -> str:
    """Write a table as CSV for spreadsheets, with an apostrophe before text that they would run as a formula.

    Programs read the Parquet table beside it, where text is unchanged.
    """
    return frame.with_columns(pl.col(pl.String).str.replace(f"^{_FORMULA}", "'$0")).write_csv()


def from_spreadsheet(text: str) -> str:
    """Take the apostrophe away again that `spreadsheet_csv` puts before a text."""
    return re.sub(f"^'(?={_FORMULA})", "", text)


def write_exhibit_figure(path: Path, svg: str, caption: str) -> None:
    """Write a figure as a file that stands alone: ``svg`` is an element as `as_svg` gives it."""
    begin, end = svg.index(" "), svg.index(">") + 1
    names = ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    write_text(path, f"<svg{names}{svg[begin:end]}<title>{escape(printable(caption))}</title>{_STYLE}{svg[end:]}\n")


def read_exhibit(path: Path, said: Sequence[str] = ()) -> Exhibit:
    """Read an exhibit that one of the two functions above wrote, without the paragraphs in ``said``.

    Raises
    ------
    InputError
        The file is missing or is not an exhibit.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it and run again") from error
    if path.suffix == ".svg" and (
        parts := re.match(r"<svg([^>]*)><title>(.*?)</title>.*?</style>(.*)", text, re.DOTALL)
    ):
        opening = re.sub(r' xmlns(:xlink)?="[^"]*"', "", parts[1])
        body = parts[3].replace("xlink:href=", "href=")
        return Exhibit(unescape(parts[2]), f"<svg{opening}>{body}", figure=True)
    if path.suffix == ".md" and (parts := re.match(r"# (.+)\n", text)):
        # the parser knows only tables and lists, because titles and names may look like other markup
        parser = MarkdownIt("zero", {"html": False}).enable(["table", "list", "escape"])
        paragraphs = text[parts.end() :].split("\n\n")
        known = {escaped(sentence) for sentence in said}
        markup = parser.render("\n\n".join(part for part in paragraphs if part.strip() not in known))
        return Exhibit(
            parts[1],
            markup.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>"),
            False,
        )
    raise InputError(f"{path}: not an exhibit; delete it and run again")
