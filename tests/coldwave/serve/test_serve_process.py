"""The command as it runs: where it answers, many clients at once, how it ends, and what stops it from beginning."""

import asyncio
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from coldwave.command import cli
from coldwave.command.cli import main
from coldwave.serve.server import bind
from coldwave.serve.settings import Settings
from tests.coldwave.serve.places import listens

SCRIPTS = Path(cli.__file__).parents[2]
PROGRAM = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); from coldwave.command.cli import main; sys.exit(main())"
LIMIT = 120  # seconds in which a busy machine has started, answered or ended
CLIENTS, QUESTIONS = 100, 5


@contextmanager
def served(place, *options, first="pass"):
    """Start the command; gives its process and address. It is killed in the end if it has not ended.

    ``first`` is a program that runs before it.
    """
    program = PROGRAM.replace("sys.exit", f"{first}; sys.exit")
    command = [sys.executable, "-c", program, "serve", "small", "--port", "0", *options]
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        found = re.search(r"http://\S+/", line)
        assert found, line + process.stderr.read()
        yield process, found[0]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def family(process):
    """The process and all that it has started."""
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def port_of(address):
    return int(re.search(r":(\d+)/", address)[1])


def post(address, body):
    request = urllib.request.Request(address, body, {"Content-Type": "application/octet-stream"})
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return json.load(answer)


def heads_and_bodies(port, *addresses):
    """Ask for the heads alone, all on one connection: statuses, and bytes that came in place of a body."""
    connection, found = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT), []
    for address in addresses:
        connection.request("HEAD", address)
        answer = connection.getresponse()
        assert int(answer.headers["content-length"]) > 0
        found.append((answer.status, len(answer.read())))
    connection.close()
    return found


async def client(port, number, song):
    """Ask one question after the other on one connection; gives the statuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for question in range(QUESTIONS):
        asked = ("songs?q=title", f"songs/{song}", f"songs/{song}/similar?n=5", f"path?start={song}&end=5&n=4",
                 f"users/{number % 90}/recommendations?n=5")[(number + question) % 5]  # fmt: skip
        writer.write(f"GET /api/{asked} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        found.append(int(head.split(b" ", 2)[1]))
        length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
        await reader.readexactly(length)
    writer.close()
    return found


async def crowd(port):
    """Let many clients ask at once; gives all statuses."""
    songs = [number % 60 if number % 60 not in (4, 5) else 6 for number in range(CLIENTS)]  # 4 has no audio
    clients = (client(port, number, song) for number, song in enumerate(songs))
    return sum(await asyncio.wait_for(asyncio.gather(*clients), LIMIT), [])


def end(process, *signals):
    """Tell the command to end, perhaps twice: it does, without an error, and leaves no process."""
    members = family(process)
    assert len(members) > 1, "uploads have processes of their own"
    for number in signals:
        process.send_signal(number)
    assert process.wait(LIMIT) == 0
    assert psutil.wait_procs(members, LIMIT)[1] == []


def test_a_hundred_clients_get_their_answers_and_then_it_ends(place):
    with served(place) as (process, address):
        assert asyncio.run(crowd(port_of(address))) == [200] * CLIENTS * QUESTIONS
        assert post(f"{address}api/recommendations?n=3", listens([("Artist 1", "Title 1", 3)]))["songs"]
        assert heads_and_bodies(port_of(address), "/", "/api/songs/1", "/api/songs/1/audio", "/nothing") == [
            (200, 0), (200, 0), (200, 0), (404, 0)
        ]  # fmt: skip
        end(process, signal.SIGINT)
        assert process.stderr.read() == ""


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_it_ends_while_an_upload_is_under_way_and_leaves_no_file(place, tmp_path, monkeypatch, signals):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with (
        served(place) as (process, address),
        socket.create_connection(("127.0.0.1", port_of(address)), LIMIT) as half,
    ):
        half.sendall(b"POST /api/place HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf")
        latest = time.monotonic() + LIMIT
        while not list(tmp_path.glob("coldwave-upload-*/upload")):
            assert time.monotonic() < latest, "the upload does not begin"
            time.sleep(0.05)
        end(process, *signals)
    assert not list(tmp_path.glob("coldwave-upload-*"))


HEAD = "POST /api/playlists HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"


def test_requests_that_do_not_come_end(place):
    parts = "", HEAD, HEAD + "\r\n{"
    soon = "import coldwave.serve.server as server; server.HEAD_SECONDS = server.BODY_SECONDS = 2"
    with served(place, first=soon) as (_, address), ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", port_of(address)), LIMIT)) for _ in parts]
        for one, part in zip(idle, parts, strict=True):
            one.sendall(part.encode())
        assert [one.recv(1000) for one in idle] == [b""] * len(parts)
        with urllib.request.urlopen(f"{address}healthz", timeout=LIMIT) as answer:
            assert answer.status == 200


def test_connections_beyond_all_bounds_are_closed_and_fill_no_log(place):
    few = "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (64, r.getrlimit(r.RLIMIT_NOFILE)[1])); "
    few += "import coldwave.serve.server as server; server.MOST_CONNECTIONS = 50"
    with served(place, first=few) as (process, address), ExitStack() as opened:
        port = int(re.search(r":(\d+)/", address)[1])
        idle = [opened.enter_context(socket.create_connection(("127.0.0.1", port), LIMIT)) for _ in range(101)]
        assert idle[-1].recv(1000) == b""
        opened.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
        assert process.stderr.read() == ""


def test_a_port_in_use_is_told(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "small", "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: 127.0.0.1, port {port}: Address already in use; name another with --port")


def test_a_body_does_not_wait_until_the_head_has_been_confirmed():
    with bind(Settings(port=0)) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_is_wrong_is_told_before_anything_starts(place, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(place)
    (tmp_path / "empty").write_text("")
    for options, words in (
        (["nothing"], "no run 'nothing'"),
        (["small", "--subsonic-user", "anna"], "go together"),
        (["small", "--subsonic-user", "anna", "--subsonic-password-file", str(tmp_path / "none")], "cannot be read"),
        (["small", "--subsonic-user", "anna", "--subsonic-password-file", str(tmp_path / "empty")], "is empty"),
        (["small", "--audio-root", "none"], "no such folder"),
        (["small", "--host", "host.invalid"], "host.invalid, port 8765"),
    ):
        assert main(["serve", *options]) == 1
        assert words in capsys.readouterr().err


def test_the_command_alone_imports_no_server():
    program = f"{PROGRAM.replace('sys.exit(main())', '')}\nimport coldwave.command.serve\n"
    program += "print([name for name in ('fastapi', 'starlette', 'uvicorn', 'pebble') if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
