"""Read with an installed ffmpeg what libsndfile cannot open: m4a, wma, video files, ..."""

import json
import shutil
import subprocess
import time
from typing import NamedTuple

import numpy as np

from coldwave.audio.status import AudioError

# Bare streams state no length: ffprobe guesses it from the bit rate, so it is no promise.
GUESSED_LENGTHS = {"aac", "ac3", "amr", "dts", "eac3", "mp3"}

# Only files are opened, and only formats that hold audio themselves: a playlist or a script named like a song would
# make ffmpeg read other files.
SAFE = ["-protocol_whitelist", "file,pipe", "-format_whitelist"] + [
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,ogg,rm,shn,"
    "tak,tta,w64,wav,webm,wv,xwma"
]


class Stream(NamedTuple):
    """A file's first audio stream: sample rate in Hz, channels, seconds (None where not stated)."""

    rate: int
    channels: int
    seconds: float | None
    promised: bool


def installed() -> bool:
    """Return whether both ``ffmpeg`` and ``ffprobe`` are on the PATH."""
    return bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))


def read_part(
    path: str, offset: float | str, duration: float | None, timeout: float | None, most: int
) -> tuple[np.ndarray, int, int | None]:
    """Read a part of a file, averaged over channels, within ``timeout`` seconds, and at most ``most`` samples of it.

    Returns the float32 [samples] signal, its sample rate in Hz, and how many samples the header promises of this
    part (None where it promises nothing). ``offset`` and ``duration`` are those of ``coldwave.audio.decode``.

    Raises
    ------
    AudioError
        unreadable, too_slow or too_short.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    stream = _probe(path, deadline)
    cut_middle = offset == "middle" and duration is not None and stream.seconds is None
    if offset != "middle":
        start = float(offset)
    else:
        start = 0.0 if duration is None or stream.seconds is None else max(0.0, (stream.seconds - duration) / 2)
    if stream.seconds is not None and start >= stream.seconds:
        raise AudioError("too_short", f"{stream.seconds:.2f} s long, and the part wanted begins at {start:g} s")
    most_seconds = most / stream.rate
    wanted = most_seconds if cut_middle or duration is None else min(duration, most_seconds)
    signal = _decode(path, stream, start, wanted, deadline)
    if cut_middle:
        want = round(duration * stream.rate)
        begin = max(0, (signal.size - want) // 2)
        signal = signal[begin : begin + want].copy()
    if not stream.promised:
        return signal, stream.rate, None
    seconds = stream.seconds - start if duration is None else min(duration, stream.seconds - start)
    return signal, stream.rate, round(seconds * stream.rate)


def _probe(path: str, deadline: float | None) -> Stream:
    entries = "stream=sample_rate,channels,duration:format=duration,format_name"
    output = _run(
        # "file:" keeps a path from being taken for an option, a URL or another protocol.
        ["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", entries, "-of", "json"]
        + [*SAFE, "-i", f"file:{path}"],
        deadline,
    )
    try:
        found = json.loads(output)
        stream, container = found["streams"][0], found.get("format", {})
        rate, channels = int(stream["sample_rate"]), int(stream["channels"])
        seconds = _seconds(stream.get("duration")) or _seconds(container.get("duration"))
        if rate <= 0 or channels <= 0:
            raise ValueError(f"{rate} Hz, {channels} channels")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise AudioError("unreadable", "ffprobe finds no audio in it") from error
    guessed = GUESSED_LENGTHS & set(str(container.get("format_name", "")).split(","))
    return Stream(rate, channels, seconds, seconds is not None and not guessed)


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:  # "N/A"
        return None
    return seconds if 0 < seconds < float("inf") else None


def _decode(path: str, stream: Stream, start: float, duration: float, deadline: float | None) -> np.ndarray:
    # The plain mean of the channels, as for every other format; ffmpeg's own downmix weights them.
    mean = "+".join(f"{1 / stream.channels:.9g}*c{channel}" for channel in range(stream.channels))
    command = ["ffmpeg", "-nostdin", "-v", "error", "-ss", f"{start:.6f}", *SAFE, "-i", f"file:{path}"]
    command += ["-map", "0:a:0", "-t", f"{duration:.6f}", "-af", f"pan=mono|c0={mean}"]
    command += ["-ar", str(stream.rate), "-f", "f32le", "pipe:1"]
    output = _run(command, deadline)
    return np.frombuffer(output[: len(output) // 4 * 4], "<f4").astype(np.float32)


def _run(command: list[str], deadline: float | None) -> bytes:
    """Return the standard output of a program, even if it failed after writing some."""
    left = None if deadline is None else max(0.01, deadline - time.monotonic())
    program = shutil.which(command[0]) or command[0]
    try:
        done = subprocess.run(
            [program, *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=left, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise AudioError("too_slow", f"{command[0]} was not done within the time limit") from error
    except (OSError, ValueError) as error:
        raise AudioError("unreadable", f"{command[0]} cannot be started: {error}") from error
    if done.returncode != 0 and not done.stdout:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1][:200] if lines else f"exit code {done.returncode}"
        raise AudioError("unreadable", f"{command[0]}: {reason}")
    return done.stdout
