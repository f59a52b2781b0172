"""What axe finds on the page of `coldwave serve`: nothing, in every state, in light and dark, on a desk and a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import settle

SCREENS = {
    "desk": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}


def check(page, state):
    """Let axe look, and see that nothing is wider than the screen."""
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
    found = Axe().run(page).response["violations"]
    told = [f"{one['id']}: {node['html'][:200]}: {node['failureSummary']}" for one in found for node in one["nodes"]]
    assert not told, (state, told)


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())
def test_axe_finds_nothing(open_page, server, tmp_path, seen, screen):
    page = open_page(server.address, **screen)
    check(page, "start")
    page.get_by_label("Search the songs").fill("artist 3")
    expect(page.locator("#status")).to_contain_text("for “artist 3”")
    check(page, "results")
    page.locator("[data-play]").first.click()
    expect(page.get_by_role("complementary", name="Player")).to_be_visible()
    check(page, "playing")
    page.locator("[data-keep]").nth(1).click()
    page.locator("[data-keep]").nth(2).click()
    for state in (
        "song=12",
        "song=8",
        "song=9999",
        "users",
        "user=3",
        "file",
        "path",
        "path&start=3&end=17&n=6",
        "list",
    ):
        page.goto(f"{server.address}#{state}")
        expect(page.locator("main .view")).to_have_attribute("data-view", state.split("=")[0].split("&")[0])
        check(page, state)
    page.goto(f"{server.address}#path")
    page.get_by_role("combobox", name="From").fill("title")
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("combobox", name="From").press("ArrowDown")
    check(page, "options")
    (tmp_path / "letter.mp3").write_text("Dear all")
    page.goto(f"{server.address}#file")
    page.get_by_label("Choose an audio file").set_input_files(tmp_path / "letter.mp3")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "an upload that failed")
    page.route("**/api/place?*", lambda route: None)  # never answered
    with page.expect_request("**/api/place?*"):
        page.get_by_label("Choose an audio file").set_input_files(tmp_path / "letter.mp3")
    expect(page.get_by_role("progressbar")).to_be_visible()
    check(page, "an upload under way")
    page.route("**/api/songs?*", lambda route: route.abort())
    page.goto(f"{server.address}#songs")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    check(page, "a server that has ended")
    seen.errors.clear()  # of the song and the file that are none, and of the server


@pytest.mark.parametrize("view", ["songs", "file", "users", "path", "list"])
def test_axe_finds_nothing_in_a_run_without_audio(open_page, silent_server, view):
    check(open_page(f"{silent_server.address}#{view}"), view)


def test_all_can_be_reached_by_the_tab_key(open_page, server):
    page = open_page(f"{server.address}#song=12")
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")
        )
    assert reached == ["Skip to the content", "Songs", "A file", "Users", "A path", "My list",
                           "Play Title 12 by Artist 5", "Add to my list", "Path from here"]  # fmt: skip
    page.reload()
    settle(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert page.url.endswith("#song=12")
