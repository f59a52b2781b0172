"""A browser, and servers of small runs that it asks."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.browser.served_runs import write_silent_run, write_sounding_run

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test-page")
CHROMIUM = Path("/usr/bin/chromium")
WAIT = 15_000  # milliseconds for what a page does on a busy machine


@dataclass(frozen=True)
class Server:
    """A server under way: where it is, the run's folder, and its process."""

    address: str
    folder: Path
    process: subprocess.Popen

    def end(self) -> None:
        """End it, as Ctrl-C does."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Seen:
    """What went wrong on a page: errors of the console, and requests to other machines."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def start(folder: Path, *options: str) -> Server:
    """Serve a run with the command, at any free port."""
    command = [sys.executable, "-m", "coldwave.command.cli", "serve", folder, "--port", "0", *options]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()  # comes once it answers; empty where it has ended
    found = re.search(r"http://\S+", line)
    if not found:
        process.kill()
        pytest.fail(f"the server of {folder} has not started: {line!r}, status {process.wait()}", pytrace=False)
    return Server(found[0], folder, process)


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """Debian's browser, without a window."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        sync_api.expect.set_options(timeout=WAIT)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a run that has audio and hears files. Tests only ask it."""
    under_way = start(write_sounding_run(tmp_path_factory.mktemp("served") / "results/sounding"))
    yield under_way
    under_way.end()


@pytest.fixture(scope="session")
def silent_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a run without audio that hears nothing. Tests only ask it."""
    under_way = start(write_silent_run(tmp_path_factory.mktemp("served") / "results/silent"))
    yield under_way
    under_way.end()


@pytest.fixture
def mortal_server(server: Server, tmp_path: Path) -> Iterator[Server]:
    """A server of the same run, that a test may end."""
    shutil.copytree(server.folder.parents[1], tmp_path / "copy")
    under_way = start(tmp_path / "copy/results" / server.folder.name)
    yield under_way
    under_way.end()


@pytest.fixture
def seen() -> Seen:
    """What goes wrong on the pages of a test. A test that makes an error on purpose empties the list."""
    return Seen()


@pytest.fixture
def open_page(chromium, seen: Seen) -> Iterator[Callable]:
    """Function of an address and options of the browser's context: a page with it. At the end nothing is wrong."""
    contexts = []

    def show(address: str, **options):
        context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options
        )
        contexts.append(context)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and seen.errors.append(message.text))
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        origin = "/".join(address.split("/")[:3])
        own = (f"{origin}/", "data:", f"blob:{origin}/")
        page.on("request", lambda request: request.url.startswith(own) or seen.outside.append(request.url))
        page.goto(address)
        settle(page)
        return page

    yield show
    for context in contexts:
        context.close()
    assert seen == Seen()


def settle(page) -> None:
    """Wait until the view is there with all that it loads."""
    page.wait_for_selector("h1")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
