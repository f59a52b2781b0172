"""Names as other sources write them: each function returns (artist, title) changed in one realistic way."""

import unicodedata

LETTERS = "abcdefghijklmnopqrstuvwxyz"
GUESTS = ["Lady Marmot", "DJ Kettle", "Ana Dias", "Okko & Pim"]
REMASTERS = [
    " - Remastered {}",
    " ({} Remaster)",
    " - {} Remastered Version",
    " [Remastered]",
    " - {} Digital Remaster",
]
EDITIONS = [" (Album Version)", " - Single Version", " - Radio Edit", " (Deluxe Edition)", " [Explicit]", " - Mono"]
LIVE = [" (Live)", " - Live", " (Live at Wembley)", " - Live from Tokyo / 1994", " [Live in Rome]"]


def unchanged(artist, title, rng):
    return artist, title


def other_case(artist, title, rng):
    change = rng.choice([str.upper, str.lower, str.title])
    return change(artist), change(title)


def without_accents(artist, title, rng):
    marks = [chr(code) for code in range(0x300, 0x370) if code != 0x306]  # the breve makes й of и
    apart = (unicodedata.normalize("NFD", text) for text in (artist, title))
    return tuple("".join(letter for letter in text if letter not in marks) for text in apart)


def decomposed(artist, title, rng):
    return unicodedata.normalize("NFD", artist), unicodedata.normalize("NFD", title)


def full_width(artist, title, rng):
    return artist, "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in title)


def without_commas_and_quotes(artist, title, rng):
    return tuple(text.replace(",", "").replace('"', "") for text in (artist, title))


def without_punctuation(artist, title, rng):
    changed = tuple("".join(c for c in text if c.isalnum() or c == " ") for text in (artist, title))
    return changed if all(text.strip() for text in changed) else (artist, title)


def other_quotes(artist, title, rng):
    return artist.replace("'", "’"), title.replace("'", "’").replace("-", "–") if " - " not in title else title


def other_and(artist, title, rng):
    return artist.replace(" & ", " and "), title.replace(" and ", " & ")


def guest(artist, title, rng):
    who = rng.choice(GUESTS)
    return artist, title + rng.choice([f" (feat. {who})", f" ft. {who}", f" [Feat. {who}]", f" (with {who})"])


def guest_as_artist(artist, title, rng):
    who = rng.choice(GUESTS)
    return artist + rng.choice([f" feat. {who}", f", {who}", f" & {who}", f" ft. {who}", f"; {who}"]), title


def remaster(artist, title, rng):
    return artist, title + rng.choice(REMASTERS).format(rng.randint(1990, 2023))


def edition(artist, title, rng):
    return artist, title + rng.choice(EDITIONS)


def live(artist, title, rng):
    return artist, title + rng.choice(LIVE)


def typo(artist, title, rng):
    return artist, mistyped(title, rng)


def artist_typo(artist, title, rng):
    return mistyped(artist, rng), title


def mistyped(text, rng):
    """A letter dropped, doubled, replaced or swapped with the next, in a word; short texts stay as they are."""
    places = [n for n in range(len(text) - 1) if text[n].isalpha() and text[n + 1].isalpha() and text[n] != text[n + 1]]
    if len(text) < 10 or not places:
        return text
    at = rng.choice(places)
    kind = rng.choice(["drop", "double", "replace", "swap"])
    middle = {"drop": "", "double": text[at] * 2, "replace": rng.choice(LETTERS), "swap": text[at + 1] + text[at]}[kind]
    return text[:at] + middle + text[at + 1 + (kind == "swap") :]


NOISE = {
    one.__name__: one
    for one in (unchanged, other_case, without_accents, decomposed, full_width, without_commas_and_quotes,
                without_punctuation, other_quotes, other_and, guest, guest_as_artist, remaster, edition, live, typo,
                artist_typo)
}  # fmt: skip


def other_recordings(title, rng):
    """Titles of other recordings than the one of that title, which must not be taken for it."""
    return rng.choice(
        [f"{title} (Instrumental)", f"{title} - Karaoke Version", f"{title} (DJ Kettle Remix)", f"{title} - Acoustic",
         f"{title} (Demo)", f"{title}, Pt. 2", f"{title} (Extended Mix)"]
    )  # fmt: skip
