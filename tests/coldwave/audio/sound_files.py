"""Sound files made for the tests, as bytes, and what is cut out of them."""

import io

import numpy as np
import soundfile


def encoded(audio: np.ndarray, format: str, subtype: str | None = None, rate: int = 44100, **settings) -> bytes:
    """The bytes of a file of float [samples] or [samples, channels]."""
    buffer, channels = io.BytesIO(), 1 if audio.ndim == 1 else audio.shape[1]
    with soundfile.SoundFile(buffer, "w", rate, channels, subtype, format=format, **settings) as file:
        file.write(audio)
    return buffer.getvalue()


def without_first_frame(mp3: bytes) -> bytes:
    """An mp3 without the frame that tells its length."""
    begin = mp3.find(mp3[:2], 4)
    assert b"Xing" in mp3[:begin] or b"Info" in mp3[:begin]
    return mp3[begin:]


def without_length(flac: bytes) -> bytes:
    """A FLAC whose STREAMINFO states no number of samples, as of one written to a pipe."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]
