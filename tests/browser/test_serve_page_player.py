"""The player of the page of `coldwave serve`, and the list of one's own."""

import json
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle
from tests.browser.served_runs import SECONDS

PLAYED = "() => document.getElementById('position').valueAsNumber > 0.3"


def test_a_song_is_heard_and_the_next_one_follows(open_page, server):
    page = open_page(f"{server.address}#q=title")
    expect(page.get_by_role("complementary", name="Player")).to_be_hidden()
    songs = [button.get_attribute("data-name") for button in page.locator("[data-play]").all()]
    page.get_by_role("button", name=f"Play {songs[0]}", exact=True).click()
    player = page.get_by_role("complementary", name="Player")
    page.wait_for_function(PLAYED)
    expect(player.locator("#length")).to_have_text(f"0:0{SECONDS}")
    expect(page.get_by_role("button", name=f"Pause {songs[0]}", exact=True)).to_be_visible()
    expect(player.get_by_role("button", name="Previous song")).to_be_disabled()
    player.get_by_role("button", name="Next song").click()
    expect(player.locator("#now")).to_have_text(songs[1].split(" by ")[0])
    player.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name=f"Play {songs[1]}", exact=True)).to_be_visible()
    page.get_by_role("link", name="Users").click()
    expect(player).to_be_visible()  # it goes on while other views are looked at


def test_the_end_of_a_song_leads_to_the_next(open_page, server):
    page = open_page(f"{server.address}#q=title")
    page.locator("[data-play]").first.click()
    name = page.locator("#now").inner_text()
    page.wait_for_function(PLAYED)
    position = page.get_by_role("slider", name="Position")
    for _ in range(SECONDS // 2):
        position.press("ArrowRight")
    expect(page.locator("#now")).not_to_have_text(name)


def test_the_keyboard_moves_position_and_volume(open_page, server):
    page = open_page(f"{server.address}#song=11")
    page.get_by_role("button", name="Play Title 11").first.press("Enter")
    page.wait_for_function(PLAYED)
    expect(page.get_by_role("button", name="Pause Title 11").first).to_have_text("Pause")  # to the eye as well
    toggle = page.locator("#toggle")
    toggle.press("Space")
    expect(toggle).to_have_attribute("aria-label", "Play")
    position = page.get_by_role("slider", name="Position")
    before = position.evaluate("one => one.valueAsNumber")
    position.press("ArrowRight")
    page.wait_for_function(f"() => document.getElementById('position').valueAsNumber > {before} + 1.9")
    assert position.get_attribute("aria-valuetext") == f"0:0{int(before + 2)} of 0:0{SECONDS}"
    position.press("ArrowLeft")
    page.wait_for_function(f"() => document.getElementById('position').valueAsNumber < {before} + 0.1")
    volume = page.get_by_role("slider", name="Volume")
    volume.press("ArrowLeft")
    expect(volume).to_have_attribute("aria-valuetext", "95 %")
    page.get_by_role("button", name="Mute").press("Enter")
    expect(volume).to_have_attribute("aria-valuetext", "0 %")
    expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")


def test_audio_that_has_gone_is_told(open_page, server, seen):
    page = open_page(f"{server.address}#song=11")
    page.route("**/audio", lambda route: route.fulfill(status=404, json={"detail": "no audio of song 11 is there"}))
    page.get_by_role("button", name="Play Title 11").first.click()
    expect(page.get_by_role("complementary", name="Player")).to_contain_text(
        "cannot be played: no audio of song 11 is there"
    )
    expect(page.locator("#status")).to_contain_text("Title 11 cannot be played")
    said = page.locator("#now-artist")
    assert said.evaluate("one => one.scrollWidth <= one.clientWidth"), "it is cut off"
    expect(page.locator("#toggle")).to_have_attribute("aria-label", "Play")  # nothing plays
    page.unroute("**/audio")
    page.locator("#toggle").click()  # the file has come back
    page.wait_for_function(PLAYED)
    expect(said).to_be_empty()  # as the song has no artist
    assert seen.errors and all("404" in error for error in seen.errors)
    seen.errors.clear()


@pytest.fixture
def listed(open_page, server):
    """A page with the songs 10, 12 and 13 in the list."""
    page = open_page(f"{server.address}#songs")
    for number in (10, 12, 13):
        page.get_by_label("Search the songs").fill(f"title {number}")
        page.get_by_role("button", name=f"Add Title {number} by").click()
    page.get_by_role("link", name="My list (3)").click()
    return page


def order(page):
    """The titles of the list."""
    return page.get_by_role("list", name="My list").locator("a.title").all_inner_texts()


def test_the_list_is_ordered_by_keys_and_stays(listed):
    page = listed
    assert order(page) == ["Title 10", "Title 12", "Title 13"]
    up = page.get_by_role("button", name="Move up Title 13 by Artist 6")
    up.press("Enter")
    assert order(page) == ["Title 10", "Title 13", "Title 12"]
    expect(page.get_by_role("button", name="Move up Title 13 by Artist 6")).to_be_focused()
    expect(page.locator("#status")).to_have_text("Moved to place 2 of 3.")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # it is the first: nothing moves, and the focus stays
    assert order(page) == ["Title 13", "Title 10", "Title 12"]
    page.reload()
    settle(page)
    assert order(page) == ["Title 13", "Title 10", "Title 12"]
    page.get_by_role("button", name="Take out Title 10 by").press("Enter")
    assert order(page) == ["Title 13", "Title 12"]
    expect(page.get_by_role("button", name="Take out Title 12")).to_be_focused()
    page.get_by_role("button", name="Empty the list").click()
    expect(page.get_by_text("The list is empty.")).to_be_visible()
    expect(page.get_by_role("link", name="My list", exact=True)).to_be_visible()


def test_a_list_follows_songs_to_their_new_numbers_and_leaves_out_what_has_gone(listed):
    page = listed
    page.evaluate("""() => {
        const key = Object.keys(localStorage)[0];
        const [one, two, three] = JSON.parse(localStorage.getItem(key));
        localStorage.setItem(key, JSON.stringify([{ ...one, song: 3 }, { ...two, song_id: "gone" }, three]));
    }""")
    page.reload()
    settle(page)
    assert order(page) == ["Title 10", "Title 13"]
    expect(page.locator("#status")).to_have_text("1 song of my list is no longer in the run.")


@pytest.mark.parametrize("suffix", ["m3u8", "xspf"])
def test_the_list_is_downloaded_as_a_playlist(listed, server, suffix):
    page = listed
    page.get_by_label("Name").fill("Winter, 2026 / ünï")
    page.get_by_label("Format").select_option(suffix)
    with page.expect_download() as found:
        page.get_by_role("button", name="Download the playlist").click()
    assert found.value.suggested_filename == f"Winter, 2026 - ünï.{suffix}"
    text = Path(found.value.path()).read_text()
    audio = pl.read_parquet(server.folder / "plays/songs.parquet")["audio"]
    places = [text.find(audio[song]) for song in (10, 12, 13)]
    assert places == sorted(places) and places[0] > 0


def test_a_playlist_that_cannot_be_made_is_told(listed, seen):
    page = listed
    page.get_by_label("Format").select_option("jspf")  # no song of the run has a recording at MusicBrainz
    page.get_by_role("button", name="Download the playlist").click()
    expect(page.get_by_role("alert")).to_contain_text("none of the 3 songs can be written as jspf")
    assert len(seen.errors) == 1 and "422" in seen.errors[0]
    seen.errors.clear()


def test_a_browser_that_keeps_nothing_shows_the_page_all_the_same(open_page, server):
    page = open_page(f"{server.address}#song=11")
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    page.get_by_role("button", name="Add to my list").click()
    expect(page.get_by_role("link", name="My list (1)")).to_be_visible()


STRANGE = [
    "{not JSON",
    "null",
    '{"length": 1}',
    '[null, 3, {"song": 8}, {"song": 8, "song_id": {}}, {"song_id": "S008"}]',
]


def test_a_list_of_something_else_in_the_browser_is_left(open_page, server):
    page = open_page(server.address)
    for text in STRANGE:
        page.evaluate(f"() => localStorage.setItem('coldwave list of sounding', {json.dumps(text)})")
        page.reload()
        settle(page)
        expect(page.get_by_role("link", name="My list", exact=True)).to_be_visible()


def test_a_song_that_has_gone_is_left_out_however_long_its_id(open_page, server):
    page = open_page(server.address)
    text = json.dumps([{"song": 8, "song_id": "x" * 300}, {"song": 11, "song_id": "S011"}])
    page.evaluate(f"() => localStorage.setItem('coldwave list of sounding', {json.dumps(text)})")
    page.reload()
    settle(page)
    expect(page.get_by_role("link", name="My list (1)")).to_be_visible()


def test_another_tab_may_write_anything(open_page, server):
    page = open_page(f"{server.address}#song=11")
    page.get_by_role("button", name="Add to my list").click()
    for text in STRANGE:
        page.evaluate(f"""() => window.dispatchEvent(new StorageEvent(
            "storage", {{ key: "coldwave list of sounding", newValue: {json.dumps(text)} }}))""")
        expect(page.get_by_role("link", name="My list", exact=True)).to_be_visible()
