"""How fast `coldwave serve` answers: p50 and p99 of each address, and errors, with few clients and with many.

    python benchmarks/load.py                  # 400,000 songs with 50 factors, 50,000 users: about 7 minutes
    python benchmarks/load.py --songs 20000 --seconds 2

A run is made up in a folder for temporary files (`benchmarks/serving/made_up_run.py`). The server is a process of its
own. "At rest" is 1 client, and then 2, who pause a tenth of a second after each answer; "busy" is --clients at once
without any pause. No song, user or word is asked for twice as long as there are others, so that answers kept by the
server help little. The last row is a loop that asks nobody: what the machine itself adds to a 99th percentile.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import psutil
import soundfile

sys.path.append(str(Path(__file__).parents[1]))  # benchmarks are not installed

from benchmarks.serving.asking import Asked, Question, ask, request
from benchmarks.serving.made_up_run import write_run
from coldwave.command import cli

PROGRAM = (
    f"import sys; sys.path.insert(0, {str(Path(cli.__file__).parents[2])!r}); "
    "from coldwave.command.cli import main; sys.exit(main())"
)
AT_REST, PAUSE = (1, 2), 0.1  # clients, and seconds
REST = 2  # times as long is asked at rest, as answers are few then
LOOP = 700_000  # steps of a loop, some 15 ms
STEP = 7919  # songs are asked for in an order that jumps
RATE = 22050
UPLOADS = 4  # clients at once who upload


def questions(songs: int, users: int, words: list[str]) -> dict[str, Question]:
    """From what is asked for, in words, to the requests."""

    def song(number: int) -> int:
        return STEP * number % songs

    def user(number: int) -> int:
        return STEP * number % users

    return {
        "a page of songs by words": lambda n: request(f"/api/songs?q={words[n % len(words)]}"),
        "one song": lambda n: request(f"/api/songs/{song(n)}"),
        "nearest songs": lambda n: request(f"/api/songs/{song(n)}/similar"),
        "recommendations for a user": lambda n: request(f"/api/users/{user(n)}/recommendations"),
        "songs nobody has played, for a user": lambda n: request(f"/api/users/{user(n)}/recommendations?among=nobody"),
        "a path of 12 songs": lambda n: request(f"/api/path?start={song(n)}&end={song(n + 1)}"),
        "OpenSubsonic's nearest songs": lambda n: request(f"/rest/getSonicSimilarTracks?id=S{song(n):07}&f=json"),
    }


def uploads(history: bytes) -> dict[str, Question]:
    """The same of uploads: 30 s of FLAC, and a history."""
    file = io.BytesIO()
    noise = np.random.default_rng(0).normal(size=30 * RATE) / 10
    soundfile.write(file, noise, RATE, format="FLAC")
    return {
        "a file of 30 s placed": lambda n: request("/api/place", file.getvalue()),
        "recommendations for a history": lambda n: request("/api/recommendations", history),
    }


def main() -> None:
    """Make the run, serve it, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=400_000)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--played", type=int, default=100, help="songs that a user has played, about")
    parser.add_argument("--factors", type=int, default=50)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=8.0, help="for which each question is asked")
    parser.add_argument("--folder", type=Path, help="where the run is made, and found again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run = (options.folder or Path(temporary)) / "results/made_up"
        if not (run / "provenance.json").is_file():
            write_run(run, options.songs, options.users, options.played, options.factors)
        measure(run, options)


def measure(run: Path, options: argparse.Namespace) -> None:
    """Serve the run, ask, and print the table."""
    some = pl.read_parquet(run / "plays/songs.parquet").sample(500, seed=0)
    titles = [title.rpartition(" ")[0].replace(" ", "+") for title in some["title"]]
    tracks = [
        {"artist_name": artist, "track_name": title} for artist, title in some.select("artist", "title").iter_rows()
    ]
    lines = [{"listened_at": 1_700_000_000 + 1000 * place, "track_metadata": one} for place, one in enumerate(tracks)]
    history = "\n".join(map(json.dumps, lines)).encode()
    begin = time.perf_counter()
    command = [sys.executable, "-c", PROGRAM, "serve", str(run), "--port", "0", "--upload-seconds", "120"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r":(\d+)/", server.stdout.readline())[1])
        started = time.perf_counter() - begin
        print(f"{options.songs:,} songs, {options.users:,} users, {options.factors} factors")
        print(f"ready after {started:.0f} s\n")
        rest = " | ".join(f"{number} at rest: p50 | p99" for number in AT_REST)
        print(f"| what | {rest} | {options.clients} busy: p50 | p99 | answers a second | errors |")
        print("| --- |" + " ---: |" * 8)
        for what, question in questions(options.songs, options.users, titles).items():
            _row(what, port, question, options.clients, options.seconds)
        for what, question in uploads(history).items():
            ask(port, question, 1, 0.1)  # the first one waits for the worker to read the run
            _row(what, port, question, UPLOADS, options.seconds)
        loop = Asked(_loops(REST * options.seconds), 0)
        print(f"| a loop without a server | {_shown(loop)} | | | | | | |")
        members = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        memory = [member.memory_info().rss / 2**20 for member in members]
        print(f"\nmemory: server {memory[0]:,.0f} MB, largest worker {max(memory[1:]):,.0f} MB")
    finally:
        server.terminate()
        server.wait(60)


def _row(what: str, port: int, question: Question, clients: int, seconds: float) -> None:
    rest = [
        ask(port, lambda number, place=place: question(number + 10_000 * place), number, REST * seconds, PAUSE)
        for place, number in enumerate(AT_REST)
    ]
    busy = ask(port, lambda number: question(number + 10_000 * len(AT_REST)), clients, seconds)
    name = what if clients > UPLOADS else f"{what} ({clients} clients)"
    shown = " | ".join(_shown(asked) for asked in (*rest, busy))
    errors = sum(asked.errors for asked in (*rest, busy))
    print(f"| {name} | {shown} | {len(busy.seconds) / seconds:,.0f} | {errors} |", flush=True)


def _shown(asked: Asked) -> str:
    times = asked.milliseconds(50), asked.milliseconds(99)
    return " | ".join(f"{one:,.0f} ms" if one >= 10 else f"{one:.1f} ms" for one in times)


def _loops(seconds: float) -> list[float]:
    """Time a loop again and again, with pauses."""
    end, taken = time.perf_counter() + seconds, []
    while time.perf_counter() < end:
        begin = time.perf_counter()
        for _ in range(LOOP):
            pass
        taken.append(time.perf_counter() - begin)
        time.sleep(PAUSE)
    return taken


if __name__ == "__main__":
    main()
