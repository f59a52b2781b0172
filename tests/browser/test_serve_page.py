"""The page of `coldwave serve` in a browser, beside what the library says of the same run."""

import re
from contextlib import nullcontext

import polars as pl
import pytest
from playwright.sync_api import expect

import coldwave
from coldwave.use.journeys import path
from tests.browser.conftest import Server, settle
from tests.browser.served_runs import BARE, MARKED, MARKUP, WITHOUT_AUDIO


@pytest.fixture(scope="module")
def run(server):
    """The run that is served, open."""
    return coldwave.load(server.folder)


@pytest.fixture(scope="module")
def table(server):
    """Its songs table, the most played songs first."""
    return pl.read_parquet(server.folder / "plays/songs.parquet").sort("plays", descending=True, maintain_order=True)


def titles(page, label):
    """The titles of the list with a name, in order."""
    return page.get_by_role("list", name=label, exact=True).locator("a.title").all_inner_texts()


def test_a_search_finds_what_the_songs_table_holds(open_page, server, table):
    page = open_page(server.address)
    assert titles(page, "Songs found") == table["title"][:20].to_list()
    page.get_by_label("Search the songs").fill("artist 3")
    words = table.select(pl.concat_str("title", "artist", "album", separator=" ", ignore_nulls=True).str.to_lowercase())
    expected = [title for title, (text,) in zip(table["title"], words.iter_rows(), strict=True)
                if all(re.search(rf"\b{word}", text) for word in ("artist", "3"))]  # fmt: skip
    expect(page.locator("#status")).to_have_text(f"{len(expected)} songs for “artist 3”.")
    assert sorted(titles(page, "Songs found")) == sorted(expected)
    page.get_by_label("Search the songs").fill("nothing of the sort")
    expect(page.get_by_text("No song of the run has all of these words")).to_be_visible()


def test_more_songs_are_listed_when_asked_for(open_page, server, run):
    page = open_page(server.address)
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("list", name="Songs found").locator(".song")).to_have_count(run.songs.height)
    expect(page.get_by_role("button", name="More", exact=True)).to_have_count(0)
    expect(page.get_by_role("list", name="Songs found").locator("a.title").nth(20)).to_be_focused()


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(open_page, server):
    page, held = open_page(server.address), []
    page.route("**/api/songs?q=Title+1&*", lambda route: held.append(route))
    search = page.get_by_label("Search the songs")
    with page.expect_request("**/api/songs?q=Title+1&*"):
        search.fill("Title 1")
    search.fill("Title 23")
    expect(page.get_by_text("1 song for “Title 23”.", exact=True).first).to_be_attached()
    held[0].fulfill(json={"songs": [], "total": 0})
    assert titles(page, "Songs found") == ["Title 23"]


def test_the_arrow_keys_lead_from_the_search_through_the_songs(open_page, server, run):
    page = open_page(server.address)
    page.get_by_label("Search the songs").press("ArrowDown")
    found = page.get_by_role("list", name="Songs found").locator("a.title")
    expect(found.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(found.nth(1)).to_be_focused()
    name = found.nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=name)).to_be_focused()


def test_a_song_is_shown_with_what_is_near_it(open_page, server, run):
    page = open_page(f"{server.address}#song=12")
    expect(page).to_have_title("Title 12 · sounding · Coldwave")
    near = run.similar("S012", 20)
    for by in ("sound", "usage"):
        listed = near.filter(by=by)
        named = run.songs[listed["song"].to_list()]["title"].to_list()
        assert titles(page, f"Near by {by}") == named and len(named) == 20
        shown = page.get_by_role("list", name=f"Near by {by}").locator(".measure").all_inner_texts()
        assert [float(re.search(r"-?\d\.\d\d", text)[0]) for text in shown] == pytest.approx(
            listed["cosine"], abs=0.0051
        )


def test_links_and_the_back_button_lead_from_view_to_view(open_page, server):
    page = open_page(f"{server.address}#q=title%2023")
    page.get_by_role("link", name="Near Title 23 by").click()
    expect(page.get_by_role("heading", level=1, name="Title 23")).to_be_focused()
    second = page.locator("a.title").first.inner_text()
    page.locator("a.near").first.click()
    expect(page.get_by_role("heading", level=1, name=second, exact=True)).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Title 23")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Search the songs")).to_have_value("title 23")
    expect(page.get_by_role("link", name="Songs")).to_have_attribute("aria-current", "page")


def test_markup_in_the_data_is_text(open_page, server):
    page = open_page(f"{server.address}#song={MARKED}")
    assert page.get_by_role("heading", level=1).inner_text() == MARKUP
    assert page.locator("main img, main h1 b").count() == 0


def test_a_song_or_user_that_is_not_there_is_told(open_page, server, seen):
    page = open_page(f"{server.address}#song=4000")
    expect(page.get_by_role("alert")).to_contain_text("there is no song 4000: the run has 60, from 0 on")
    page.goto(f"{server.address}#user=400")
    expect(page.get_by_role("alert")).to_contain_text("there is no user 400: the run has 90, from 0 on")
    assert len(seen.errors) == 2 and all("Failed to load resource" in error for error in seen.errors)
    seen.errors.clear()


def test_recommendations_are_those_of_the_library(open_page, server, run):
    page = open_page(f"{server.address}#users")
    page.get_by_label("Search 90 users").fill("u0007")
    expect(page.get_by_role("list", name="Users found").get_by_role("link")).to_have_count(1)
    page.get_by_role("link", name="u0007").click()
    expect(page.get_by_role("heading", level=1, name="For u0007")).to_be_focused()
    plays = run.plays_of("u0007")
    expect(page.get_by_text(f"who has played {len(plays)} songs, {sum(plays.values())} times in all")).to_be_visible()
    for among in ("unheard", "nobody", "all"):
        answered = page.expect_response(f"**/recommendations?*among={among}&*")
        with answered if among != "unheard" else nullcontext():  # what is chosen at first
            page.get_by_label("Among").select_option(among)
        settle(page)
        expected = run.recommend("u0007", among=among).table
        assert titles(page, "Recommended songs") == expected["title"].to_list()
        assert page.locator(".why").all_inner_texts() == expected["why"].drop_nulls().to_list()
    with page.expect_response("**/recommendations?*per_artist=1"):
        page.get_by_label("Songs of one artist, at most").fill("1")
        page.keyboard.press("Enter")
    settle(page)
    assert (
        titles(page, "Recommended songs") == run.recommend("u0007", among="all", per_artist=1).table["title"].to_list()
    )
    page.reload()  # the address has kept the choices
    settle(page)
    expect(page.get_by_label("Among")).to_have_value("all")
    expect(page.get_by_label("Songs of one artist, at most")).to_have_value("1")


def test_a_path_is_found_between_two_songs_that_are_chosen_by_keys(open_page, server, run):
    page = open_page(f"{server.address}#path")
    page.get_by_role("button", name="Find the path").click()
    expect(page.get_by_role("alert")).to_contain_text("From: choose a song")
    start = page.get_by_role("combobox", name="From")
    expect(start).to_be_focused()
    start.press_sequentially("title 14")
    expect(page.get_by_role("option")).to_have_text([r"Title 14 by Artist 0"])
    start.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_attribute("aria-selected", "true")
    start.press("Enter")
    expect(start).to_have_value("Title 14 by Artist 0")
    page.get_by_role("combobox", name="To").fill("title 31")
    page.get_by_role("option", name="Title 31").click()
    page.get_by_label("Songs, with both ends").fill("6")
    page.get_by_role("button", name="Find the path").click()
    expect(page.get_by_role("heading", level=2, name="6 songs")).to_be_visible()
    expected = path(14, 31, run.sound_vectors(), 6)
    assert titles(page, "The path") == run.songs[expected.tolist()]["title"].to_list()
    expect(page.get_by_role("combobox", name="To")).to_have_value("Title 31 by Artist 3")


def test_where_nothing_can_be_heard_nothing_is_offered(open_page, silent_server):
    page = open_page(silent_server.address)
    expect(page.locator(".song")).to_have_count(20)
    expect(page.get_by_role("button", name=re.compile("^Play "))).to_have_count(0)
    page.get_by_role("link", name="A file").click()
    expect(page.get_by_text("Nothing in this run can hear a file")).to_be_visible()
    expect(page.locator(".zone")).to_have_count(0)
    expect(page.get_by_text(re.compile("^(Drop|Hear) "))).to_have_count(0)


def test_a_song_without_names_and_tags_goes_by_its_id(open_page, silent_server):
    page = open_page(f"{silent_server.address}#song={BARE}")
    songs = coldwave.load(silent_server.folder).songs
    expect(page.get_by_role("heading", level=1)).to_have_text(songs["song_id"][BARE])
    expect(page.get_by_text("artist not known")).to_be_visible()
    assert not re.search("null|undefined|false|NaN", page.get_by_role("main").inner_text())


def test_a_server_that_has_ended_is_told_until_it_is_back(open_page, mortal_server: Server, seen):
    page = open_page(mortal_server.address)
    mortal_server.end()
    page.locator("a.title").first.click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    answer = {"songs": [], "total": 0}
    page.get_by_role("link", name="Songs").click()
    expect(page.get_by_role("alert")).to_contain_text("start it again with `coldwave serve`")
    page.route("**/api/songs?*", lambda route: route.fulfill(json=answer))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("0 songs in this run.")).to_be_visible()
    assert seen.errors and all("Failed to load resource: net::ERR_CONNECTION" in error for error in seen.errors)
    seen.errors.clear()


def test_songs_that_have_audio_are_those_that_can_be_played(open_page, server):
    page = open_page(f"{server.address}#q=title")
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.locator(".song")).to_have_count(59)  # one title is markup
    played = {
        int(number) for number in page.locator("[data-play]").evaluate_all("all => all.map((one) => one.dataset.play)")
    }
    assert played == {song for song in range(60) if song % 10 < WITHOUT_AUDIO} - {MARKED}
