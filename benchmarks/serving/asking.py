"""Ask a server over HTTP, from many clients at once, and measure how long answers take."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Question = Callable[[int], bytes]  # from a number to a whole request


class Asked(NamedTuple):
    """What came of it: seconds of each answer, and how many answers were errors."""

    seconds: list[float]
    errors: int

    def milliseconds(self, percent: float) -> float:
        """A percentile of the answers' times."""
        return 1000 * float(np.percentile(self.seconds, percent))


def request(address: str, body: bytes = b"") -> bytes:
    """Write a request: a GET, or with a body a POST."""
    head = f"{'POST' if body else 'GET'} {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body:
        head += f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def ask(port: int, question: Question, clients: int, seconds: float, pause: float = 0.0) -> Asked:
    """Let ``clients`` ask, each on one connection, for so many ``seconds``; ``pause`` after each answer."""
    return asyncio.run(_ask(port, question, clients, seconds, pause))


async def _ask(port: int, question: Question, clients: int, seconds: float, pause: float) -> Asked:
    end, taken, errors, number = time.perf_counter() + seconds, [], 0, 0

    async def client(first: int) -> None:
        nonlocal errors, number
        await asyncio.sleep(pause * first / clients)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            number += 1
            begin = time.perf_counter()
            writer.write(question(number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]))
            taken.append(time.perf_counter() - begin)
            errors += head.split(b" ", 2)[1] != b"200"
            await asyncio.sleep(pause)
        writer.close()

    await asyncio.gather(*(client(first) for first in range(clients)))
    return Asked(taken, errors)
