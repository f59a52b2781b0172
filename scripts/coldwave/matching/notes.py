"""What titles and artists say beside the name: guests, remasters, editions, live; and what makes another recording.

Services add such notes each in their own way, so names are compared without them, but only on a second try. Notes that
make another recording (instrumental, remix, demo, a number of a part) are never taken off.
"""

import re

import polars as pl

# Words of another recording than the plain title's
_OTHER = {
    "instrumental", "instrumentals", "karaoke", "remix", "remixed", "rmx", "mix", "acoustic", "demo", "cover",
    "covered", "unplugged", "tribute", "acappella", "acapella", "extended", "reprise", "orchestral", "orchestra",
    "symphonic", "piano", "rehearsal", "dub", "alternate", "alternative", "outtake", "take", "rework", "reworked",
    "bootleg", "mashup", "nightcore", "slowed", "sped", "interlude", "intro", "outro", "skit", "style",
    "performed", "famous", "backing", "remake", "parody", "session", "sessions", "edit", "version", "club",
    "part", "pt", "vol", "volume", "chapter", "act", "movement",
}  # fmt: skip
# Those of them that are told apart in the whole title too, where no bracket parts them from it
VERSIONS = _OTHER - {
    "orchestra", "take", "style", "performed", "famous", "piano", "part", "pt", "vol", "volume", "act", "version",
}  # fmt: skip

_GUEST = re.compile(r"(?:feat|ft|featuring|with|w/|prod(?:uced)?(?:\.| by))[.:]?\s+\S", re.IGNORECASE)
_LIVE = re.compile(
    r"(?:recorded |\d{4} )?(?:live|en vivo|ao vivo|en directo|dal vivo|en concert|in concert|ライブ)"
    r"(?:(?: version| recording)?(?:$| (?:at|in|from|on|for|@|\d).*)|[,:/;].*)",
    re.IGNORECASE,
)
_REMASTER = re.compile(r"(?:^|[^\w])(?:re-?master|remasteri[sz]|リマスター)", re.IGNORECASE)
_KIND = "album|single|radio|lp|ep|original|mono|stereo|explicit|clean|main|standard|studio|deluxe|bonus|uk|us|full"
_EDITION = re.compile(
    rf"(?:\d{{4}} )?(?:(?:{_KIND}) )*(?:(?:{_KIND}) (?:version|edit|mix|track|release)|mono|stereo|explicit|clean"
    r"|explicit content|bonus)(?: \d{4})?"
    r"|.*\b(?:edition|reissue|bonus track(?: version)?|album version|anniversary|soundtrack)"
    r"|deluxe(?: version)?|from .+",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(\[{（【]([^()\[\]{}（）【】]*)[)\]}）】]")
_DASH = re.compile(r"\s+[-–—]\s+((?:(?!\s[-–—]\s).)+)$")
_BARE_GUEST = re.compile(
    r"\s+(?:feat\.?|featuring|(?<!\d\s)ft\.?)\s+[^()\[\]{}]+?(?=\s*[(\[{]|\s+[-–—]\s|$)", re.IGNORECASE
)
_BARE_REMASTER = re.compile(r"\s+(?:\d{4}\s+)?(?:digital(?:ly)?\s+)?remaster(?:ed)?(?:\s+\d{4})?$", re.IGNORECASE)
_MAY_HAVE = r"(?i)[(\[{（【]|\s[-–—]\s|\sfeat|\sft|remaster"

# "and" and "with" join fewer artists than they name bands
_JOINTS = re.compile(
    r"\s+(?:feat|ft|featuring|vs|versus)\b[.:]?\s.*|\s*[(\[](?:feat|ft|featuring|with)\b.*|\s+[x×&+]\s.*"
    r"|\s*[;•·、|].*|,\s.*|\s/\s.*",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERS = {
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "first", "second", "third",
    "ii", "iii", "iv", "vi", "vii", "viii", "ix",
}  # fmt: skip


def without_notes(titles: pl.Series) -> pl.DataFrame:
    """Take guests, remasters, editions and live notes off titles, wherever something is left.

    Returns
    -------
    DataFrame
        title : the rest; live : whether a live note was taken off
    """
    marked = titles.str.contains(_MAY_HAVE).fill_null(False)
    some = titles.filter(marked).unique(maintain_order=True)
    rows = [(title, *strip_notes(title)) for title in some]
    schema = {"whole": pl.String, "title": pl.String, "live": pl.Boolean}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    joined = titles.cast(pl.String).to_frame("whole").join(found, on="whole", how="left", maintain_order="left")
    return joined.select(pl.coalesce("title", "whole").alias("title"), pl.col("live").fill_null(False))


def strip_notes(title: str) -> tuple[str, bool]:
    """Take the notes off one title: what is left, and whether it was live."""
    live = False

    def kept(found: re.Match[str]) -> str:
        nonlocal live
        told = _told(found[1].strip())
        live |= told == "live"
        return "" if told else found[0]

    text, before = title, None
    while text != before:
        before = text
        text = _BARE_GUEST.sub("", _DASH.sub(kept, _BRACKETS.sub(kept, text)))
    text = _BARE_REMASTER.sub("", text)
    return (text.strip(), live) if re.search(r"\w", text) else (title, False)


def _told(note: str) -> str | None:
    """Say what a note tells: "live", "other" for what may be left out too, None for what may not."""
    words = set(re.findall(r"\w+", note.lower()))
    if _GUEST.match(note):
        return "other"
    if _EDITION.fullmatch(note) and not words & (VERSIONS - {"mix", "edit", "extended"}):
        return "live" if "live" in words else "other"
    if words & _OTHER - {"version"}:
        return None
    if _LIVE.match(note):
        return "live"
    if _REMASTER.search(note):
        return "live" if "live" in words else "other"
    return None


def primary_artists(artists: pl.Series) -> pl.Series:
    """Return the first of joined artists: A of "A feat. B", "A & B", "A, B"; "The A" of "A, The"."""
    whole = artists.str.replace(r"(?i)^(.*), the$", "The $1")
    joined = whole.unique(maintain_order=True).drop_nulls()
    first = [_JOINTS.sub("", name).strip() or name for name in joined]
    return whole.replace(joined, pl.Series(first, dtype=pl.String))


def marks(folded_titles: pl.Series) -> pl.Series:
    """Return what must be the same in two similar titles: numbers, words of a version, a last word of one letter."""
    words = list(VERSIONS | _NUMBERS | {"part", "pt", "vol", "volume", "live"})
    frame = folded_titles.to_frame("title").select(
        pl.col("title").str.split(" ").list.eval(pl.element().filter(pl.element().is_in(words))).alias("words"),
        pl.col("title").str.extract_all(r"\d+").alias("numbers"),
        pl.col("title").str.extract_all(r" [a-z]$").list.first().fill_null("").alias("last"),
    )
    told = pl.concat_list("words", "numbers").list.sort().list.join(" ") + "/" + pl.col("last")
    return frame.select(told.alias("marks"))["marks"]
