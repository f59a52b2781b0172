"""Make text from outside, such as titles and ids, safe to show: it may hold anything.

Tables and arrays keep such text as it is. Wherever it is shown (in the log and so on a terminal, in Markdown, in
figures, in the report, in files for spreadsheets), characters that would act instead of being read become visible.
"""

import re

LONGEST = 200  # characters of one title or id
LONGEST_LINE = 5000  # characters of a line of the log

# Control characters (ANSI escapes begin with one), line and paragraph separators, marks that change the direction of
# writing, and characters that XML does not allow. Joiners stay: scripts and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str) -> str:
    r"""Replace invisible characters by escapes, such as ``\x1b``; line ends and tabs stay."""
    return _UNSEEN.sub(_escaped, text)


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return a text on one line, without invisible characters, cut to ``longest`` characters."""
    text = printable(" ".join(text[: 4 * longest].split()))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def log_lines(text: str) -> str:
    """Indent the lines of a message after its first, so that none looks like a message of its own."""
    lines = printable(text.replace("\r\n", "\n")).split("\n")
    return "\n    ".join(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in lines)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
