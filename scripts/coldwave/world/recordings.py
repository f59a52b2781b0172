"""The songs of the demo world as audio files, rendered in parallel processes."""

import os
import zlib
from pathlib import Path

import numpy as np
import soundfile
from joblib import Parallel, delayed

from coldwave.files import replacing
from coldwave.progress import track
from coldwave.world.styles import Style
from coldwave.world.synthesis import RATE, render

FORMATS = {"ogg": ("OGG", "VORBIS"), "flac": ("FLAC", "PCM_16"), "wav": ("WAV", "PCM_16")}
"""Container and coding by file suffix, as soundfile names them."""

BLOCK = 8192  # samples that one call encodes: the Vorbis encoder of libsndfile overflows its stack on long ones


def render_songs(
    folder: Path, names: list[str], styles: list[Style], seconds: float, audio_format: str, seed: int, threads: int
) -> None:
    """Synthesise every song and write ``folder/NAME.FORMAT``, in as many processes as there are threads.

    Each song has a random generator of its own, made from the seed and the song's place, so that the number
    of processes changes nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = (
        delayed(_render_song)(folder / f"{name}.{audio_format}", style, seconds, seed, song)
        for song, (name, style) in enumerate(zip(names, styles, strict=True))
    )
    done = Parallel(n_jobs=threads, return_as="generator_unordered")(jobs)
    for _ in track(done, "songs rendered", total=len(names)):
        pass
    os.sync()  # all songs at once: waiting for the disk at each took a seventh of the time


def _render_song(path: Path, style: Style, seconds: float, seed: int, song: int) -> None:
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, song)))
    write_audio(path, render(style, seconds, generator), RATE, serial=song)


def write_audio(path: Path, samples: np.ndarray, rate: int, serial: int = 0) -> None:
    """Encode mono samples as the path's suffix says: one of ``FORMATS``.

    Parameters
    ----------
    samples
        [n] within ±1.
    serial
        Serial number of the stream in an Ogg file. The encoder draws it from the clock, which would make
        every file different from the last.
    """
    container, coding = FORMATS[path.suffix.removeprefix(".")]
    with replacing(path, flush=False) as temporary:
        with soundfile.SoundFile(temporary, "w", rate, channels=1, format=container, subtype=coding) as file:
            for begin in range(0, len(samples), BLOCK):
                file.write(samples[begin : begin + BLOCK])
        if container == "OGG":
            temporary.write_bytes(with_serial(temporary.read_bytes(), serial))


def with_serial(stream: bytes, serial: int) -> bytes:
    """Replace the serial number in every page of an Ogg file, and the pages' checksums with it (RFC 3533)."""
    pages = bytearray(stream)
    begin = 0
    while begin < len(pages):
        if pages[begin : begin + 4] != b"OggS":
            raise ValueError(f"no Ogg page at byte {begin}")
        segments = pages[begin + 26]
        end = begin + 27 + segments + sum(pages[begin + 27 : begin + 27 + segments])
        pages[begin + 14 : begin + 18] = serial.to_bytes(4, "little")
        pages[begin + 22 : begin + 26] = bytes(4)
        pages[begin + 22 : begin + 26] = _ogg_checksum(bytes(pages[begin:end])).to_bytes(4, "little")
        begin = end
    return bytes(pages)


REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_checksum(page: bytes) -> int:
    """CRC-32 with zlib's polynomial, but most significant bit first, from zero and not inverted at the end."""
    mirrored = zlib.crc32(page.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
