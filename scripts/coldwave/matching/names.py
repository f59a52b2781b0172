"""Names in the form in which they are compared: what two people write differently becomes the same text.

Letters of every script stay. Case, width, punctuation and the accents of Latin, Greek and Cyrillic letters go, and so
do the points of Hebrew and Arabic; marks that make another letter (Japanese, Indic and Thai vowels, й) stay. A name of
nothing but punctuation stays as it is ("!!!").
"""

import polars as pl

# Letters that Unicode does not take apart into a plain letter and an accent, and what lower case leaves undone
_LETTERS = {
    "ß": "ss", "ς": "σ", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h",
    "ŧ": "t", "ı": "i", "ĸ": "k", "ŋ": "n", "ə": "e",
}  # fmt: skip
# Accents, points of Hebrew and Arabic, the Arabic letter that only makes a word longer, marks that choose a glyph
_MARKS = r"[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670\u0640\ufe00-\ufe0f]"
_BREVE = "([^иу])\u0306"  # й and ў are letters of their own
_WITHIN = r"['’‘`´ʹ-ˁ‛′.]"  # left out without a gap: "don't" is "dont", "R.E.M." is "rem"
_NOT_LETTERS = r"[^\p{L}\p{N}\p{M}]+"

# Names under which no artist is meant. They match nobody.
NOBODY = frozenset(
    ["variousartists", "various", "va", "unknownartist", "unknown", "diverse", "verschiedeneinterpreten",
     "verschiedene", "artistesvaries", "multipleartists", "notknown", "noartist"]
)  # fmt: skip


def plain(names: pl.Series) -> pl.Series:
    """Fold width and case, and make all blanks one space; punctuation and accents stay. Empty names are null."""
    text = names.cast(pl.String).str.normalize("NFKC").str.to_lowercase().str.normalize("NFKC")
    text = text.str.replace_all(r"\s+", " ").str.strip_chars()
    return text.set(text == "", None)


def folded(names: pl.Series) -> pl.Series:
    """Return the words of each name, apart by one space: without case, accents and punctuation.

    "&" and "+" between words are "and". A name without a letter or digit stays as `plain` leaves it.
    """
    rough = plain(names)
    text = rough.str.replace_many(list(_LETTERS), list(_LETTERS.values())).str.normalize("NFKD")
    text = text.str.replace_all(_BREVE, "$1").str.replace_all(_MARKS, "").str.normalize("NFC")
    text = text.str.replace_all(r"([\p{L}\p{N}])\s*[&+]\s*([\p{L}\p{N}])", "$1 and $2")
    text = text.str.replace_all(_WITHIN, "").str.replace_all(_NOT_LETTERS, " ").str.strip_chars()
    return text.zip_with(text != "", rough)


def keys(names: pl.Series) -> pl.Series:
    """Return what is equal where names are: `folded`, without the spaces.

    So names are equal where one source has deleted what parts their words ("Hello,World").
    """
    return folded(names).str.replace_all(" ", "")


def artist_keys(names: pl.Series) -> pl.Series:
    """Return the keys of artists; null for "Various Artists" and its like, which name nobody."""
    found = keys(names)
    return found.set(found.is_in(list(NOBODY)), None)
