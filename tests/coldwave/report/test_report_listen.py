"""The section with songs to listen to: what it says, which songs can be played, and that names are only text."""

import base64
import json
import re

import polars as pl
import pytest

from coldwave.examples.tables import EXCERPTS, MODELS, PLAYED, RECOMMENDED, SIMILAR
from coldwave.report.listen import Listening, prepare
from tests.coldwave.report.made_up import HOSTILE, Elements, data, page

SOUNDS = {1: b"\xff\xfb</script>", 3: bytes(range(256))}
USERS = pl.DataFrame({"user": [0, 1, 2], "user_id": ["user_000123", "0123456789abcdef0123", HOSTILE]})
SPLIT = pl.DataFrame({"song": range(10), "part": ["train"] * 4 + ["validation"] + ["test"] * 4 + ["unheard"]})


def songs(title="Title {}", artist="Artist {}"):
    columns = {
        "song": range(10),
        "song_id": [f"id {song}" for song in range(10)],
        "title": [title.format(song) for song in range(10)],
        "artist": [artist.format(song) for song in range(10)],
        "users": [7] * 10,
    }
    nameless = pl.col("song") == 9
    return pl.DataFrame(columns).with_columns(
        title=pl.when(~nameless).then(pl.col("title")), artist=pl.when(~nameless).then(pl.col("artist"))
    )


def table(schema, *rows):
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def listening(**changed):
    excerpts = [(song, "ok", 12.5, 5.0, mp3) for song, mp3 in SOUNDS.items()]
    found = {
        "played": table(PLAYED, (0, 37, 2, 1, 1, 3), (0, 37, 2, 2, 2, 1), (1, 1, 1, 1, 0, 2)),
        "recommended": table(
            RECOMMENDED,
            (0, 1, 5, 0.9, 4, 0.4, 1, 3, 0.6, ["rock", HOSTILE]),
            (0, 2, 9, 0.8, 0, 0.4, None, None, None, []),
            (1, 1, 6, 0.7, 0, 0.2, 0, 2, 0.1, []),
        ),
        "similar": table(SIMILAR, (5, "sound", 1, 3, 0.987, ["jazz"]), (5, "usage", 1, 6, 0.5, [])),
        "models": table(
            MODELS,
            ("recommends", "linear", 1, "linear is best."),
            ("sound", "bow", None, ""),
            ("usage", "cnn", 1, ""),
        ),
        "excerpts": table(EXCERPTS, *excerpts, (0, "no_room", None, None, None), (2, "silent", None, None, None)),
        "files": True,
        "most": 60,
        "megabytes": 2.5,
        "known": False,
    }
    return Listening(**found | changed)


def shown(found, own=None, users=USERS):
    own = songs() if own is None else own
    html = page(data=data(), listen=prepare(found, own, users), excerpts=found.sounds)
    return html, Elements(html)


def words(html):
    """The text of the section, and nothing else."""
    section = re.search(r'<section id="listen".*?</section>', html, re.DOTALL)[0]
    return re.sub(r"\s+", " ", "".join(Elements(section).words))


def buttons(elements):
    """The buttons of songs."""
    return [one for one in elements.named("button") if "data-song" in one]


@pytest.fixture(scope="module")
def made():
    return shown(listening())


@pytest.mark.parametrize(("by", "other"), [("sound", "usage"), ("usage", "sound")])
def test_songs_may_be_near_by_one_alone(by, other):
    whole = listening()
    near, models = whole.similar.filter(by=by), whole.models.filter(pl.col("role") != other)
    text = words(shown(listening(similar=near, models=models))[0])
    assert f"By {by} is the cosine" in text and f"Nearest by {by}" in text
    assert f"By {other}" not in text and f"Nearest by {other}" not in text


def test_it_says_what_users_play_and_are_recommended(made):
    text = words(made[0])
    assert "A user with 37 songs user_000123" in text and "A user with 1 song 01234567…0123" in text
    assert "0123456789abcdef" not in made[0]
    assert "2 of the users who have played held-out songs, spread over how many songs" in text
    assert "Title 1 Artist 1 played 3 times" in text and "played once" in text and "played twice" in text
    assert "linear recommends to them" in text and "linear is best." in text
    assert "because of Title 1 by Artist 1, played 3 times; tags in common: rock, " in text
    assert "id 9" in text, "a song without names goes by its id"


def test_it_marks_in_words_what_was_played_in_fact_and_counts_it(made):
    text = words(made[0])
    assert text.count("played it in fact") == 1
    assert "Title 5 Artist 5 ✓ played it in fact, 4 times" in text
    assert "Of 3 songs recommended, 1 were in fact played" in text
    assert f"by chance it would be {0.4 + 0.4 + 0.2:.1f}" in text
    assert "played 2 held-out songs, 1 of them" in text and "played 1 held-out song, 0 of them" in text


def test_it_says_what_is_near(made):
    text = words(made[0])
    assert "Nearest by sound Title 3 Artist 3 cosine 0.99; tags in common: jazz" in text
    assert "Nearest by usage Title 6 Artist 6 cosine 0.50" in text
    assert "song features (bow)" in text and "as cnn predicts it" in text


def test_songs_with_an_excerpt_have_a_button_with_a_name_and_others_have_none(made):
    assert {(one["data-song"], one["aria-label"]) for one in buttons(made[1])} == {
        ("1", "Play Title 1 by Artist 1"),
        ("3", "Play Title 3 by Artist 3"),
    }
    assert all((one["type"], one["class"]) == ("button", "play") for one in buttons(made[1]))


def test_each_excerpt_is_in_the_page_once_and_comes_out_again(made):
    (text,) = re.findall(r'<script type="application/json" id="excerpts">(.*?)</script>', made[0], re.DOTALL)
    assert {int(song): base64.b64decode(mp3) for song, mp3 in json.loads(text).items()} == SOUNDS


def test_songs_that_cannot_be_played_are_counted_with_the_reasons(made):
    text = words(made[0])
    assert "2 songs of this page can be played, 5 seconds each" in text
    assert "cannot be played: 1 as excerpts may take 2.5 MB (report.megabytes); 3 as no file is named" in text
    assert "1 as the file has no usable audio" in text
    assert "excerpts: 0" in text and "licences" in text


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"files": False}, "this run reads no audio files"), ({"most": 0}, "as report.excerpts is 0")],
)
def test_without_excerpts_it_says_why_and_holds_no_audio(changed, reason):
    html, elements = shown(listening(excerpts=table(EXCERPTS), **changed))
    assert reason in words(html)
    assert "licences" not in words(html)
    assert 'id="excerpts"' not in html
    assert not buttons(elements)


def test_it_says_who_knew_what_was_played(made):
    assert "played by that user, which no model knew; by chance" in words(made[0])
    html, _ = shown(listening(known=True))
    assert "which this run's factorisation knew, as it sees all plays; by chance" in words(html)


def test_names_are_only_text():
    names = songs(title=HOSTILE + ' "{}', artist="'><b onclick=x> {}")
    html, elements = shown(listening(), names)
    assert HOSTILE in words(html) and "'><b onclick=x> 3" in words(html)
    assert not any("onclick" in one or "onerror" in one for _, one in elements.elements)
    assert len(elements.named("script")) == len(shown(listening())[1].named("script"))
    labels = {one["aria-label"] for one in buttons(elements)}
    assert f"Play {HOSTILE} \"3 by '><b onclick=x> 3" in labels


def test_a_users_id_is_only_text_and_cut_short():
    found = listening()
    found = found._replace(played=table(PLAYED, (2, 5, 1, 1, 1, 1)), recommended=table(RECOMMENDED))
    html, _ = shown(found)
    assert f"A user with 5 songs {HOSTILE[:8]}…{HOSTILE[-4:]}" in words(html)


def test_without_an_audio_model_nothing_is_recommended():
    found = listening(recommended=table(RECOMMENDED), similar=table(SIMILAR), models=table(MODELS))
    text = words(shown(found)[0])
    assert "Nothing is recommended to them, as this run has no audio model." in text
    assert "Would be recommended" not in text and "Nearest" not in text


def test_with_neither_users_nor_songs_there_is_no_section():
    empty = {"played": PLAYED, "recommended": RECOMMENDED, "similar": SIMILAR, "models": MODELS, "excerpts": EXCERPTS}
    found = listening(**{name: table(schema) for name, schema in empty.items()})
    assert prepare(found, songs(), USERS) is None
    assert 'id="listen"' not in page(listen=None)


def test_headings_go_down_one_step_at_a_time(made):
    levels = [int(tag[1]) for tag, _ in made[1].elements if re.fullmatch(r"h\d", tag)]
    assert all(later - one <= 1 for one, later in zip(levels, levels[1:], strict=False))
    ids = [one["id"] for _, one in made[1].elements if "id" in one]
    assert len(ids) == len(set(ids))
    named = [one["aria-labelledby"] for one in made[1].named("article")]
    assert len(named) == 3 and set(named) <= set(ids)
