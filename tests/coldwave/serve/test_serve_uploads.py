"""Uploads may be anything: each is answered in words, within its bounds, and nothing of it stays."""

import asyncio
import bz2
import gzip
import io
import lzma
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
import pytest

from coldwave.serve import work
from tests.coldwave.audio import sound_files
from tests.coldwave.serve.places import HERE, OCTETS, client_of, crash, devour, fail, hang, listens, nap, panic

RATE = 22050
BOMB = 1 << 26  # bytes, unpacked
MEMORY = 1 << 29


def flac(seconds=2.0):
    sound = 0.4 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)
    return sound_files.encoded(sound[:, None], "FLAC", "PCM_16", RATE)


def wav(samples, stated=None):
    """A wav whose header may state another size than it has."""
    content = bytearray(sound_files.encoded(samples, "WAV", "PCM_16", RATE))
    if stated is not None:
        content[40:44] = stated.to_bytes(4, "little")
    return bytes(content)


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("listens.jsonl", content)
    return file.getvalue()


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path, monkeypatch):
    """Whatever is asked, no temporary file stays."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []


def detail(answer, *statuses):
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert tempfile.gettempdir() not in answer.text and "Traceback" not in answer.text
    return answer.json()["detail"]


BAD_AUDIO = {
    "text": b"You are listening to nothing. " * 200,
    "noise": np.random.default_rng(1).bytes(30_000),
    "cut": flac()[: len(flac()) // 2],
    "header only": flac()[:40],
    "huge header": wav(np.zeros((100, 1)), 0x7FFFFFF0),
    "silence": wav(np.zeros((RATE * 2, 1))),
    "short": flac(0.2),
    "not finite": sound_files.encoded(np.full((RATE * 2, 1), np.nan), "WAV", "FLOAT", RATE),
    "zip": zipped(flac()),
    "playlist": b"#EXTM3U\n/etc/passwd\n",
    "concat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
}


@pytest.mark.parametrize("name", BAD_AUDIO)
def test_bad_audio_is_told(client, name):
    said = detail(client.post("/api/place", content=BAD_AUDIO[name], headers=OCTETS), 422)
    assert "the upload" in said


BAD_HISTORIES = {
    "text": b"hello",
    "zip of text": zipped(b"hello"),
    "cut zip": zipped(listens([("Artist 1", "Title 1", 3)]))[:60],
    "other songs": listens([("Nobody", "Nothing", 3)]),
    "deep json": b"[" * 100_000,
    "long line": b'{"listened_at": ' + b"1" * 1_000_000,
    "audio": flac(),
}


@pytest.mark.parametrize("name", BAD_HISTORIES)
def test_bad_histories_are_told(client, name):
    detail(client.post("/api/recommendations", content=BAD_HISTORIES[name], headers=OCTETS), 422)


@pytest.fixture(scope="module")
def tight(place):
    """A server that gives uploads little."""
    with client_of(place, upload_bytes=2 << 20, upload_seconds=10.0, upload_memory=MEMORY) as found:
        yield found


@pytest.mark.parametrize("packed", [zipped, gzip.compress, bz2.compress, lzma.compress])
def test_bombs_are_bounded(tight, packed):
    line = listens([("Artist 1", "Title 1", 1)]) + b"\n"
    bomb = packed(line + b" " * BOMB + line)
    detail(tight.post("/api/recommendations", content=bomb, headers=OCTETS), 422, 504)
    after = tight.post("/api/recommendations", content=listens([("Artist 1", "Title 1", 3)]), headers=OCTETS)
    assert after.status_code == 200, "the next upload is read"


def test_too_long_bodies_are_refused_while_they_come(tight):
    sent = 0

    def endless():
        nonlocal sent
        for _ in range(1000):
            sent += 1 << 20
            yield bytes(1 << 20)

    assert "2 MB" in detail(tight.post("/api/place", content=bytes(3 << 20), headers=OCTETS), 413)
    assert "2 MB" in detail(tight.post("/api/place", content=endless(), headers=OCTETS), 413)


def test_empty_bodies_and_forms_are_refused(client):
    assert "empty" in detail(client.post("/api/place", content=b"", headers=OCTETS), 422)
    form = client.post("/api/place", files={"file": ("a.flac", flac())})
    assert "not a form" in detail(form, 415)


@pytest.mark.parametrize(("what", "statuses", "words"), [(hang, [504], "more than 10 s"), (crash, [422], "fail"),
                                                        (fail, [422], "fail"), (panic, [422], "fail"),
                                                        (devour, [422], "memory")])  # fmt: skip
def test_a_worker_that_hangs_dies_or_devours_is_replaced(tight, monkeypatch, what, statuses, words):
    with monkeypatch.context() as patch:
        patch.setattr(work, "place", what)
        answer = tight.post("/api/place", content=flac(), headers=OCTETS)
    assert words in detail(answer, *statuses)
    assert tight.post("/api/place", content=flac(), headers=OCTETS).status_code == 200


def test_a_worker_that_is_killed_while_it_waits_is_replaced(place):
    with client_of(place) as client:
        assert client.post("/api/place", content=flac(), headers=OCTETS).status_code == 200
        pool = client.app.state.uploads._pool
        for worker in psutil.Process().children(recursive=True):
            if worker.pid in pool._pool_manager.worker_manager.workers:
                worker.kill()
                worker.wait()
        for _ in range(100):
            if not pool.active:
                break
            time.sleep(0.1)
        assert client.post("/api/place", content=flac(), headers=OCTETS).status_code == 200


async def answered(app, parts, pause=0.0, whole=True):
    """Ask an app to place a body that comes part by part; then, if it is not ``whole``, the client leaves.

    Gives the status, None without an answer, and the headers.
    """
    parts, started = list(parts), {}
    headers = [(b"host", HERE.removeprefix("http://").encode()), (b"content-type", b"application/octet-stream")]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
             "path": "/api/place", "raw_path": b"/api/place", "query_string": b"", "root_path": "", "headers": headers,
             "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8765)}  # fmt: skip

    async def receive():
        if not parts:
            return {"type": "http.disconnect"}
        await asyncio.sleep(pause)
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts) or not whole}

    async def send(message):
        if message["type"] == "http.response.start":
            started.update(message)

    await app(scope, receive, send)
    return started.get("status"), {name.decode(): value.decode() for name, value in started.get("headers", [])}


def test_slow_bodies_and_cut_ones_end(place):
    with client_of(place, receive_seconds=5.0) as client:
        assert client.portal.call(answered, client.app, [b"a"] * 10, 1.5)[0] == 408
        assert client.portal.call(answered, client.app, [b"fLaC"], 0.0, False)[0] is None, "nobody is there any more"
        assert client.post("/api/place", content=flac(), headers=OCTETS).status_code == 200


def test_the_end_of_the_server_is_told(client, caplog):
    async def ended():
        task = asyncio.create_task(answered(client.app, [b"a"], 600.0))
        while not list(Path(tempfile.gettempdir()).iterdir()):  # it is being received
            await asyncio.sleep(0.01)
        task.cancel()
        return await task

    assert client.portal.call(ended)[0] == 503
    assert not caplog.records


def test_so_many_uploads_at_once(place, tmp_path, monkeypatch):
    morning = tmp_path / "morning"
    monkeypatch.setattr(work, "place", nap)
    with client_of(place, upload_workers=1, upload_queue=2) as client:

        async def crowd():
            tasks = [asyncio.create_task(answered(client.app, [flac()])) for _ in range(8)]
            while sum(task.done() for task in tasks) < 5:  # those admitted wait until the others have been refused
                await asyncio.sleep(0.05)
            morning.touch()
            return await asyncio.gather(*tasks)

        found = client.portal.call(crowd)
    morning.unlink()
    statuses = [status for status, _ in found]
    assert statuses.count(503) == 5 and statuses.count(422) == 3
    assert {headers["retry-after"] for status, headers in found if status == 503} == {"5"}
