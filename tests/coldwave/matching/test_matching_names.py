"""The forms of names: what becomes equal, and what must not."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.matching.names import artist_keys, folded, keys
from coldwave.matching.notes import marks, primary_artists, strip_notes, without_notes


def key(text):
    return keys(pl.Series([text], dtype=pl.String))[0]


@pytest.mark.parametrize(
    "same",
    [
        ["Björk", "BJÖRK", "Bjo\u0308rk", "bjork", " Björk "],
        ["AC/DC", "AC DC", "ACDC", "Ac-Dc"],
        ["R.E.M.", "REM", "R.E.M"],
        ["Don't Stop", "Don’t Stop", "dont stop", "Don`t  Stop"],
        ["Simon & Garfunkel", "Simon and Garfunkel", "simon&garfunkel"],
        ["Motörhead", "Motorhead"],
        ["Mø", "MØ", "Mo"],
        ["Straße", "STRASSE", "strasse"],
        ["10,000 Days", "10000 Days"],
        ['"Heroes"', "Heroes", "“Heroes”"],
        ["ＡＢＣ １２", "ABC 12"],
        ["ﾊﾟﾌｭｰﾑ", "パフューム", unicodedata.normalize("NFD", "パフューム")],
        ["Ёлка", "елка"],
        ["ΟΔΟΣ", "οδός"],
        ["שָׁלוֹם", "שלום"],
        ["مُحَمَّد", "محمد"],
        ["한국어", unicodedata.normalize("NFD", "한국어")],
        ["…", "..."],
        ["İstanbul", "istanbul", "Istanbul"],
    ],
)
def test_names_that_are_the_same(same):
    assert len({key(text) for text in same}) == 1
    assert key(same[0])


@pytest.mark.parametrize(
    "different",
    [
        ["がぎ", "かき"],  # the marks make other letters
        ["мой", "мои"],
        ["!!!", "???", "...", "+"],
        ["हिंदी", "हद"],
        ["Song 1", "Song 2"],
        ["幻", "光"],
        ["❤", "☠"],
    ],
)
def test_names_that_are_not(different):
    found = [key(text) for text in different]
    assert all(found)
    assert len(set(found)) == len(different)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))  # Python and Rust differ in which controls are blanks
def test_a_name_with_anything_in_it_has_a_key(text):
    assert bool(key(text)) == bool(unicodedata.normalize("NFKC", text).strip())


NORMAL = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd", "Zs", "Po"], max_codepoint=0x24FF), max_size=12)


@settings(deadline=None)
@given(NORMAL, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_the_unicode_form_does_not_matter(text, form):
    assert key(unicodedata.normalize(form, text)) == key(text)


@settings(deadline=None)
@given(st.text("abcåéñößλωσяжйёé ,-'!", max_size=20))
def test_case_does_not_matter(text):
    assert key(text.upper()) == key(text) == key(text.lower())


@settings(deadline=None)
@given(st.text("ab ,\"'é", min_size=1, max_size=12))
def test_deleted_commas_and_quotes_do_not_matter(text):
    if any(letter.isalpha() for letter in text):
        assert key(text.replace(",", "").replace('"', "")) == key(text)


def test_nobody():
    names = ["Various Artists", "various artists", "VA", "V.A.", "<Unknown>", "[unknown artist]", "Various", None, ""]
    assert artist_keys(pl.Series(names)).to_list() == [None] * len(names)
    assert artist_keys(pl.Series(["Vanilla", "Various Production"])).to_list() == ["vanilla", "variousproduction"]


def test_folded_keeps_the_words_apart():
    assert folded(pl.Series(["  Ne-Yo &  Björk ", "!!!", None])).to_list() == ["ne yo and bjork", "!!!", None]


@pytest.mark.parametrize(
    ("title", "rest", "live"),
    [
        ("Song (feat. A & B)", "Song", False),
        ("Song [ft. A] (Live at Wembley)", "Song", True),
        ("Song feat. A", "Song", False),
        ("Song featuring A - Remix", "Song - Remix", False),
        ("Song (with A)", "Song", False),
        ("Song - 2011 Remaster", "Song", False),
        ("Song - Remastered 2011", "Song", False),
        ("Song Remastered", "Song", False),
        ("Song (2009 Digital Re-Master)", "Song", False),
        ("Song - Mono / Remastered", "Song", False),
        ("Song - Live / Remastered 2009", "Song", True),
        ("Song - Live at Wembley, 12 July 1986 - Remastered", "Song", True),
        ("Song (Ao Vivo)", "Song", True),
        ("Song - Radio Edit", "Song", False),
        ("Song (Album Version (Explicit))", "Song", False),
        ("Song (40th Anniversary Edition)", "Song", False),
        ("Song - From A Film", "Song", False),
        ("歌 (Live)", "歌", True),
        ("歌（ライブ）", "歌", True),
    ],
)
def test_notes_are_taken_off(title, rest, live):
    assert strip_notes(title) == (rest, live)
    assert without_notes(pl.Series([title])).rows() == [(rest, live)]


@pytest.mark.parametrize(
    "title",
    [
        "Song (Instrumental)", "Song - Karaoke Version", "Song (A Remix)", "Song (Live Acoustic)", "Song (Demo)",
        "Song (Part 2)", "Song (Extended Mix)", "Song - 40th Anniversary Remix", "Song (A's Version)", "(Live)",
        "[Remastered]", "Live Forever", "Live and Let Die", "Song (How We Live)", "6 ft under", "This Feat", "Defeat",
        "A - B", "With or Without You", "Song (Originally Performed by A)", "From Here", "!!!", "",
    ],
)  # fmt: skip
def test_what_makes_another_recording_stays(title):
    assert strip_notes(title) == (title, False)


@pytest.mark.parametrize(
    ("artist", "first"),
    [
        ("A feat. B", "A"), ("A ft B", "A"), ("A (feat. B)", "A"), ("A & B", "A"), ("A + B", "A"), ("A, B", "A"),
        ("A; B", "A"), ("A • B", "A"), ("A x B", "A"), ("A vs. B", "A"), ("A / B", "A"), ("A、B", "A"),
        ("Beatles, The", "The Beatles"), ("AC/DC", "AC/DC"), ("Malcolm X", "Malcolm X"), ("& B", "& B"),
        ("Love and Rockets", "Love and Rockets"), ("Featherweight", "Featherweight"), (None, None),
    ],
)  # fmt: skip
def test_the_first_of_joined_artists(artist, first):
    assert primary_artists(pl.Series([artist], dtype=pl.String)).to_list() == [first]


def test_marks_tell_versions_and_numbers():
    titles = ["song part ii", "song part iii", "song", "song 2", "song remix", "plan a", "plan b", "live song", None]
    found = marks(pl.Series(titles)).to_list()
    assert found[-1] is None
    assert len(set(found)) == len(titles)
    assert marks(pl.Series(["two 2", "two 2"])).n_unique() == 1
