"""The report in a browser: what it shows, how it is found, heard and reached, and that it asks for nothing outside."""

import io
import re

import numpy as np
import polars as pl
import pytest
import soundfile

from coldwave.exhibits.files import write_exhibit_table
from coldwave.report.listen import prepare
from tests.coldwave.report.made_up import HOSTILE, data, page, places
from tests.coldwave.report.test_report_listen import USERS, listening, songs

NOT_THERE = "is not installed: make test-page"
expect = pytest.importorskip("playwright.sync_api", reason=f"playwright {NOT_THERE}").expect
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=f"axe {NOT_THERE}").Axe
SONGS = 200
HEARD = (1, 3)  # with an excerpt
SCREENS = {
    "desk": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "dark phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
SECTIONS = ["Results", "Listen", "Map of songs", "Songs", "Data", "Training", "Configuration"]


def excerpt():
    """Three seconds of a tone, as MP3."""
    written = io.BytesIO()
    soundfile.write(written, 0.1 * np.sin(np.arange(66150) / 10), 22050, format="MP3")
    return written.getvalue()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The address of a page with every section, and with songs whose names are markup."""
    folder = tmp_path_factory.mktemp("report")
    rng, made = np.random.default_rng(0), data(SONGS - 3)
    many = made.songs.with_columns(
        title=pl.format("Títle {}", "song"),
        artist=pl.when(pl.col("song") == 7).then(pl.lit(HOSTILE)).otherwise(pl.format("Artist {}", pl.col("song") % 9)),
        tags=pl.Series([[["rock"], ["jazz", HOSTILE], [], [f"tag {song}"]][song % 4] for song in range(SONGS)]),
        plays=pl.Series(rng.integers(1, 500, SONGS).astype(np.uint64)),
    )
    table = pl.DataFrame({"song": range(SONGS), "x": rng.normal(size=SONGS), "y": rng.normal(size=SONGS)})
    sources = places(1)._replace(table=table.cast({"song": pl.UInt32}), at_most=SONGS)
    wide = {f"a column of many {number}": ["word"] for number in range(30)}
    write_exhibit_table(folder / "wide.md", "A wide table", ["About it."], wide, 1)
    listen = prepare(listening(), songs(), USERS)
    html = page(
        data=made._replace(songs=many), places=sources, sections={"Songs": [folder / "wide.md"]}, listen=listen,
        excerpts=dict.fromkeys(HEARD, excerpt()), run="a-name-" * 12,
    )  # fmt: skip
    (folder / "index.html").write_text(html, encoding="utf-8")
    return (folder / "index.html").as_uri()


def opened(browser_page):
    return browser_page.eval_on_selector_all("section > details[open]", "all => all.map(each => each.parentElement.id)")


def at_map(open_page, report, **options):
    shown = open_page(f"{report}#map", **options)
    expect(shown.locator("#map-tool")).to_be_visible()
    return shown


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(open_page, report, screen):
    shown = open_page(report, **screen)
    for state in ("closed", "open", "searched"):
        if state == "open":
            shown.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        if state == "searched":
            shown.get_by_label("popularity").check()
            shown.get_by_role("searchbox").fill("artist 3")
            shown.get_by_role("searchbox").press("Enter")
        found = Axe().run(shown).response["violations"]
        told = [
            f"{one['id']}: {node['html'][:200]}: {node['failureSummary']}" for one in found for node in one["nodes"]
        ]
        assert not told, (state, told)
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), state


def test_sections_open_by_their_anchors(open_page, report):
    shown = open_page(report)
    assert opened(shown) == ["results"]
    links = shown.get_by_role("navigation", name="Contents").get_by_role("link")
    assert links.all_text_contents() == SECTIONS
    for place in (4, 2):
        links.nth(place).click()
        anchor = links.nth(place).get_attribute("href")[1:]
        expect(shown.locator(f"#{anchor} > details")).to_have_attribute("open", "")
        assert shown.url.endswith(f"#{anchor}")
    shown.locator("#map > details > summary").click()
    assert "map" not in opened(shown)
    links.nth(2).click()  # the address is the same
    assert "map" in opened(shown)
    shown = open_page(f"{report}#training")
    assert opened(shown) == ["results", "training"]


def test_print_opens_all_and_closes_it_again(open_page, report):
    shown = open_page(report)
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.locator("details:not([open])").count() == 0
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened(shown) == ["results"]


def test_the_search_counts_marks_and_goes_through_the_matches(open_page, report):
    shown = at_map(open_page, report)
    found, field, said = shown.locator("#map-found"), shown.get_by_role("searchbox"), shown.locator("#map-said")
    expect(found).to_have_text("200 songs")
    field.fill("ARTIST 4 title")
    expected = [song for song in range(SONGS) if song != 7 and ("4" in str(song) or song % 9 == 4)]
    expect(found).to_have_text(f"{len(expected)} of 200 songs")
    expect(shown.locator("#map-plane .match")).to_have_count(len(expected))
    for place, key in enumerate(["Enter", "Enter", "Shift+Enter", "Shift+Enter"]):
        field.press(key)
        song = expected[[0, 1, 0, -1][place]]
        expect(said).to_contain_text(f"of {len(expected)}: Títle {song} – Artist {song % 9}; ")
    field.fill("no such song")
    expect(found).to_have_text("0 of 200 songs")
    field.fill("")
    expect(found).to_have_text("200 songs")
    expect(shown.locator("#map-plane .match")).to_have_count(0)


def test_arrow_keys_reach_songs_in_their_direction(open_page, report):
    shown = at_map(open_page, report)
    said, plane = shown.locator("#map-said"), shown.locator("#map-plane")
    where = "document.querySelector('#map-plane .here').getAttribute('d').match(/[-\\d.]+/g).slice(0, 2).map(Number)"
    plane.focus()
    plane.press("ArrowRight")  # the one in the middle
    for key, axis, sign in (("ArrowRight", 0, 1), ("ArrowDown", 1, 1), ("ArrowLeft", 0, -1), ("ArrowUp", 1, -1)):
        before, words = shown.evaluate(where), said.text_content()
        plane.press(key)
        assert sign * (shown.evaluate(where)[axis] - before[axis]) > 0
        assert said.text_content() != words and re.search(r"Títle \d+ – .*\d+ plays?", said.text_content())
    whole = plane.get_attribute("viewBox")
    plane.press("+")
    assert plane.get_attribute("viewBox") != whole
    plane.press("0")
    assert plane.get_attribute("viewBox") == whole


def test_colours_say_what_they_mean(open_page, report):
    shown = at_map(open_page, report)
    legend = shown.get_by_role("list", name="Colours").get_by_role("listitem")
    assert "rock 50" in legend.all_text_contents()
    for name, words in (("artist", "Artist 0 "), ("popularity", " plays ")):
        shown.get_by_label(name, exact=True).check()
        assert words in legend.first.text_content()
        numbers = [int(text.split()[-1]) for text in legend.all_text_contents()]
        assert sum(numbers) == SONGS


def test_names_are_only_text(open_page, report):
    shown = at_map(open_page, report)
    shown.get_by_role("searchbox").fill("alert")
    shown.get_by_role("searchbox").press("Enter")
    expect(shown.locator("#map-said")).to_contain_text(HOSTILE)
    assert shown.locator("img, script:not([type]):not(:last-of-type)").count() == 0


def test_one_excerpt_plays_at_a_time(open_page, report):
    shown = open_page(f"{report}#listen")
    one, other = (shown.locator(f'#listen button.play[data-song="{song}"]').first for song in HEARD)
    expect(one).to_have_attribute("aria-pressed", "false")
    one.click()
    expect(one).to_have_attribute("aria-pressed", "true")
    assert shown.evaluate("!sound.paused")
    other.click()
    expect(one).to_have_attribute("aria-pressed", "false")
    expect(other).to_have_attribute("aria-pressed", "true")
    other.click()
    expect(other).to_have_attribute("aria-pressed", "false")
    assert shown.evaluate("sound.paused")
    one.press("Enter")
    shown.keyboard.press("Escape")
    expect(one).to_have_attribute("aria-pressed", "false")
    one.click()
    expect(one).to_have_attribute("aria-pressed", "true")
    expect(one).to_have_attribute("aria-pressed", "false", timeout=15_000)  # it has ended


def test_a_song_of_the_map_plays_or_says_that_it_cannot(open_page, report):
    shown = at_map(open_page, report)
    field, plane, play = shown.get_by_role("searchbox"), shown.locator("#map-plane"), shown.locator("#map-play")
    field.fill("title 3")
    field.press("Enter")
    expect(play).to_have_accessible_name("Play Títle 3 by Artist 3")
    plane.focus()
    plane.press("Enter")
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(shown.locator('#listen button.play[data-song="3"]').first).to_have_attribute("aria-pressed", "true")
    plane.press("Escape")
    expect(play).to_have_attribute("aria-pressed", "false")
    field.fill("title 100")
    field.press("Enter")
    expect(play).to_be_hidden()
    place = shown.evaluate(
        "() => { const box = document.querySelector('#map-plane .here').getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2] }"
    )
    shown.mouse.move(*place)
    expect(shown.locator("#map-tip")).to_contain_text("Títle 100 – Artist 1")
    shown.mouse.click(*place)
    expect(shown.locator("#map-said")).to_contain_text("there is no excerpt of it")


def test_without_script_the_figure_and_the_sections_are_there(open_page, report):
    shown = open_page(report, java_script_enabled=False)
    shown.locator("#map > details > summary").click()
    expect(shown.locator("#map > details")).to_have_attribute("open", "")
    expect(shown.locator("#map noscript svg")).to_be_visible()
    expect(shown.locator("#map noscript figcaption")).to_have_text("The static map.")
    expect(shown.locator("#map-tool")).to_be_hidden()
    shown.locator("#listen > details > summary").click()
    expect(shown.locator("#listen button.play").first).to_be_hidden()


def test_the_first_tab_skips_to_the_content(open_page, report):
    shown = open_page(report)
    shown.keyboard.press("Tab")
    expect(shown.get_by_role("link", name="Skip to the content")).to_be_focused()
    shown.keyboard.press("Enter")
    expect(shown.locator("main")).to_be_focused()
