"""Files that are handed to the page of `coldwave serve`: audio, and listening histories."""

import base64

import pytest
import soundfile as sf
from playwright.sync_api import expect

import coldwave
from tests.browser.served_runs import RATE, sound

LISTENS = {
    ("Artist 1", "Title 1"): 4,
    ("Artist 3", "Title 17"): 2,
    ("Artist 2", "Title 23"): 9,
    ("Nobody", "Nowhere"): 3,
}
PLAYS = {"S001": 4, "S017": 2, "S023": 9}


@pytest.fixture(scope="module")
def audio(tmp_path_factory):
    """A file that the run does not know, with a name that markup could be."""
    path = tmp_path_factory.mktemp("audio") / "<b>new & loud<b>.flac"
    sf.write(path, sound(99), RATE)
    return path


def titles(page, label):
    """The titles of the list with a name, in order."""
    return page.get_by_role("list", name=label, exact=True).locator("a.title").all_inner_texts()


def check_neighbours(page, server, audio):
    """Compare what is shown with what the library says of the file."""
    expect(page.get_by_role("heading", level=2, name=f"Near {audio.name}")).to_be_focused()
    run = coldwave.load(server.folder)
    placed = run.place(audio, 20)
    for by in ("sound", "usage"):
        expected = placed.similar.filter(by=by)["song"].to_list()
        assert titles(page, f"Near by {by}") == run.songs[expected]["title"].to_list()
    stands_out = placed.listeners["user_id"][:6].to_list()
    assert page.locator("main a[href^='#user=']").all_inner_texts() == stands_out


def test_a_file_that_is_chosen_is_heard(open_page, server, audio):
    page = open_page(f"{server.address}#file")
    page.get_by_label("Choose an audio file").set_input_files(audio)
    check_neighbours(page, server, audio)
    page.get_by_role("list", name="Near by sound").locator("a.title").first.click()
    expect(page.locator(".zone")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", level=2, name=f"Near {audio.name}")).to_be_visible()


def test_a_file_that_is_dropped_is_heard(open_page, server, audio):
    page = open_page(f"{server.address}#file")
    content = base64.b64encode(audio.read_bytes()).decode()
    dropped = page.evaluate_handle(
        """([content, name]) => {
            const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name));
            return transfer;
        }""",
        [content, audio.name],
    )
    page.locator(".zone").dispatch_event("dragover", {"dataTransfer": dropped})
    expect(page.locator(".zone.over")).to_have_count(1)
    page.locator(".zone").dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.locator(".zone.over")).to_have_count(0)
    check_neighbours(page, server, audio)


def test_a_file_without_audio_is_told_and_another_is_taken(open_page, server, audio, tmp_path, seen):
    (tmp_path / "letter.mp3").write_text("Dear all,\n" * 100)
    page = open_page(f"{server.address}#file")
    page.get_by_label("Choose an audio file").set_input_files(tmp_path / "letter.mp3")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_role("alert").locator("p").inner_text().strip() not in ("", "undefined")
    assert "does not answer" not in page.get_by_role("alert").inner_text()
    assert len(seen.errors) == 1 and "the server responded with a status of 4" in seen.errors[0]
    seen.errors.clear()
    page.get_by_label("Choose an audio file").set_input_files(audio)
    check_neighbours(page, server, audio)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_file_that_is_too_large_is_told(open_page, server, tmp_path, seen):
    with (tmp_path / "large.wav").open("wb") as file:
        file.truncate(60 << 20)  # the server takes 50 MB
    page = open_page(f"{server.address}#file")
    page.get_by_label("Choose an audio file").set_input_files(tmp_path / "large.wav")
    expect(page.get_by_role("alert")).to_contain_text("MB")
    seen.errors.clear()


def test_an_upload_can_be_stopped(open_page, server, audio):
    page, held = open_page(f"{server.address}#file"), []
    page.route("**/api/place?*", lambda route: held.append(route))
    with page.expect_request("**/api/place?*"):
        page.get_by_label("Choose an audio file").set_input_files(audio)
    expect(page.get_by_role("progressbar", name=f"Upload of {audio.name}")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_history_is_recommended_songs(open_page, server, tmp_path):
    every = [pair for pair, count in LISTENS.items() for _ in range(count)]
    rows = [f"2026-01-{day + 1:02} 10:00:00,{artist},{title}" for day, (artist, title) in enumerate(every)]
    (tmp_path / "mine.csv").write_text("\n".join(["time,artist,title", *rows]))
    page = open_page(f"{server.address}#users")
    page.get_by_label("Choose a listening history").set_input_files(tmp_path / "mine.csv")
    expect(page.get_by_role("heading", level=3, name="For mine.csv")).to_be_focused()
    expect(page.get_by_text("3 of its 4 tracks are songs of the run, with 15 of 18 plays.")).to_be_visible()
    run = coldwave.load(server.folder)
    assert titles(page, "Recommended songs") == run.recommend(plays=PLAYS).table["title"].to_list()
    with page.expect_response("**/api/recommendations?*among=nobody*"):
        page.get_by_label("Among").focus()
        page.get_by_label("Among").select_option("nobody")  # the same file once more
    expected = run.recommend(plays=PLAYS, among="nobody").table["title"].to_list()
    expect(page.get_by_role("list", name="Recommended songs").locator("a.title")).to_have_text(expected)
    expect(page.get_by_label("Among")).to_be_focused()


def test_a_history_of_several_users_is_that_of_the_one_who_is_named(open_page, server, tmp_path, seen):
    whose = ["anna", "anna", "anna", "ben"]
    rows = [f"2026-01-01 10:0{n}:00,Artist {n},Title {n},{user}" for n, user in enumerate(whose, start=1)]
    (tmp_path / "both.csv").write_text("\n".join(["time,artist,title,user", *rows]))
    page = open_page(f"{server.address}#users")
    page.get_by_label("Choose a listening history").set_input_files(tmp_path / "both.csv")
    expect(page.get_by_role("alert")).to_contain_text("listens of 2 users (anna, ben): name one of them")
    seen.errors.clear()
    page.get_by_label("User, if the file is of several").fill("anna")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("3 of its 3 tracks are songs of the run, with 3 of 3 plays.")).to_be_visible()


def test_a_file_that_is_no_history_is_told(open_page, server, audio, seen):
    page = open_page(f"{server.address}#users")
    page.get_by_label("Choose a listening history").set_input_files(audio)
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(seen.errors) == 1 and "the server responded with a status of 4" in seen.errors[0]
    seen.errors.clear()
