"""Decodes the wanted part of an audio file: to mono, at one sample rate.

In this order, for speed and memory: read the wanted part alone, block by block; average its channels; resample
once. libsndfile reads wav, flac, ogg (vorbis, opus), mp3, aiff and more; what it cannot open is left to an
installed ffmpeg.
"""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from coldwave.audio import ffmpeg
from coldwave.audio.status import AudioError

# Digital silence, and the dither that some encoders add to it: -80 dB of full scale.
SILENCE = 1e-4

# Delivering less than the header promises is truncation from 0.1 s and 1 % on: encoders pad, and round.
MISSING_SECONDS = 0.1
MISSING_SHARE = 0.01

# Beyond these a header is damaged, and resampling would ask for absurd amounts of memory.
SAMPLE_RATES = (1_000, 1_000_000)

# libsndfile gives 2**63 - 1 frames where a stream does not state its length.
UNKNOWN_FRAMES = 2**62

# The first frames after a jump into an mp3 are wrong, as they lean on earlier ones (the bit reservoir and the
# overlap of blocks): begin 16 frames of 1152 samples early and drop them.
MP3_PREROLL = 16 * 1152

BLOCK_SAMPLES = 2**18

# What libsndfile reads by the suffix: where such a file cannot be opened it is damaged, not foreign.
NATIVE_SUFFIXES = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64"}


def decode(
    path: str | Path,
    *,
    sample_rate: int,
    offset: float | str = "middle",
    duration: float | None = None,
    min_seconds: float = 0.0,
    timeout: float | None = None,
) -> np.ndarray:
    """Give the wanted part of a file as a float32 [samples] mono signal at ``sample_rate`` Hz.

    ``duration`` is in seconds, None for all there is. It begins ``offset`` seconds into the file, or is its
    ``"middle"``; a file that is shorter gives what it has. ``timeout`` (seconds) binds ffmpeg alone: a library
    cannot be interrupted from within its process.

    Where a format does not state its length, a truncated file cannot be told from a short one: an mp3 without a
    Xing header (its length is a guess from the size, and nothing is read beyond that guess), and an Ogg that
    ends with a whole page.

    Raises
    ------
    AudioError
        With one of ``coldwave.audio.status.STATUSES``, and nothing else, whatever the file holds.
    """
    check_file(path)
    with np.errstate(all="ignore"):
        signal, rate = _read(os.fspath(path), offset, duration, timeout)
        _check_signal(signal)
        if rate != sample_rate:
            signal = soxr.resample(signal, rate, sample_rate, quality="HQ")
    check_length(len(signal), sample_rate, min_seconds)
    return signal


def check_file(path: str | Path) -> None:
    """Check that there is a regular file with something in it, without opening it (a pipe would wait for ever).

    Raises
    ------
    AudioError
        missing, not_a_file, empty or unreadable.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - takes a str as it is
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise AudioError("missing", "no such file") from error
    except OSError as error:
        raise AudioError("unreadable", f"{error.strerror or error}") from error
    if not stat.S_ISREG(found.st_mode):
        raise AudioError("not_a_file", "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file")
    if found.st_size == 0:
        raise AudioError("empty", "the file has no bytes")
    if not os.access(path, os.R_OK):
        raise AudioError("unreadable", "permission denied")


def _check_signal(signal: np.ndarray) -> None:
    if signal.size == 0:
        raise AudioError("empty", "the file has no samples")
    if not np.isfinite(signal).all():
        raise AudioError("not_finite", f"{np.count_nonzero(~np.isfinite(signal)):,} samples are not finite")
    peak = float(np.abs(signal).max())
    if peak < SILENCE:
        level = f"{20 * np.log10(peak):.0f} dB of full scale" if peak > 0 else "0"
        raise AudioError("silent", f"the highest peak is {level}")


def check_length(samples: int, sample_rate: int, min_seconds: float) -> None:
    """Raise ``AudioError`` (too_short) where there is less audio than needed, by more than resampling may round."""
    if samples + 1 < min_seconds * sample_rate:
        raise AudioError("too_short", f"{samples / sample_rate:.2f} s of audio, {min_seconds:g} s are needed")


def _read(path: str, offset: float | str, duration: float | None, timeout: float | None) -> tuple[np.ndarray, int]:
    """Give the wanted part as float32 [samples], averaged over channels, and its sample rate in Hz."""
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, TypeError, ValueError, OSError) as error:  # TypeError: headerless formats
        reason = str(getattr(error, "error_string", error)).strip() or type(error).__name__
        return _read_with_ffmpeg(path, offset, duration, timeout, reason)
    with file:
        if not SAMPLE_RATES[0] <= file.samplerate <= SAMPLE_RATES[1]:
            raise AudioError("unsupported", f"a sample rate of {file.samplerate} Hz")
        return _read_part(file, path, offset, duration), file.samplerate


def _read_with_ffmpeg(
    path: str, offset: float | str, duration: float | None, timeout: float | None, reason: str
) -> tuple[np.ndarray, int]:
    if ffmpeg.installed():
        signal, rate, wanted = ffmpeg.read_part(path, offset, duration, timeout)
        if wanted is not None:
            check_delivery(signal.size, wanted, rate)
        return signal, rate
    suffix = Path(path).suffix.lower()
    if suffix in NATIVE_SUFFIXES:
        raise AudioError("unreadable", f"{reason} (ffmpeg, which might read it, is not installed)")
    raise AudioError("unsupported", f"{suffix or 'this format'} needs ffmpeg, which is not installed ({reason})")


def _read_part(file: soundfile.SoundFile, path: str, offset: float | str, duration: float | None) -> np.ndarray:
    rate = file.samplerate
    length, promised = _length(file, path)
    want = None if duration is None else round(duration * rate)
    if length is None and offset == "middle" and want is not None:
        length = _count_frames(path)
    if length == 0:
        raise AudioError("empty", "the file has no samples")
    if offset != "middle":
        start = round(float(offset) * rate)
    else:
        start = 0 if want is None or length is None else max(0, (length - want) // 2)
    if length is not None:
        if start >= length:
            raise AudioError("too_short", f"{length / rate:.2f} s long, and the part wanted begins at {offset:g} s")
        want = length - start if want is None else min(want, length - start)
    signal = _read_mono(file, start, want)
    if promised:
        check_delivery(signal.size, want, rate)
    elif signal.size == 0 and start > 0:
        raise AudioError("too_short", f"it ends before {start / rate:g} s, where the part wanted begins")
    elif signal.size == 0:
        raise AudioError("unreadable", "the decoder finds no audio in it")
    return signal


def check_delivery(delivered: int, promised: int, rate: int) -> None:
    """Raise ``AudioError`` (truncated) where clearly fewer frames came than the header promised."""
    missing = promised - delivered
    if missing > MISSING_SECONDS * rate and missing > MISSING_SHARE * promised:
        raise AudioError(
            "truncated", f"only {delivered / rate:.2f} s of the {promised / rate:.2f} s that its header promises"
        )


def _length(file: soundfile.SoundFile, path: str) -> tuple[int | None, bool]:
    """Give the length in frames, None where it is not stated, and whether the header promises it."""
    if file.frames >= UNKNOWN_FRAMES:
        return None, False
    if file.format == "MP3":
        return file.frames, _has_xing_header(path)
    if file.format == "OGG" and _ends_within_a_page(path):
        raise AudioError("truncated", f"its last Ogg page is cut ({file.frames / file.samplerate:.2f} s are left)")
    # libsndfile quietly corrects the length of a cut wav or aiff, except in its own log.
    if file.format == "AIFF" and (stated := re.search(r"^\s*Frames\s*: (\d+)", file.extra_info, re.MULTILINE)):
        return max(file.frames, int(stated[1])), True
    # Sizes near the largest possible are those of a wav that was written without knowing its length.
    cut = re.search(r"^data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if cut and 0 < int(cut[2]) < int(cut[1]) < 0x7FFF0000:
        return round(file.frames * int(cut[1]) / int(cut[2])), True
    return file.frames, True


def _has_xing_header(path: str) -> bool:
    """Tell whether an mp3 states its number of frames; without, its length is a guess from the file's size."""
    with open(path, "rb") as file:  # noqa: PTH123 - takes a str as it is
        head = file.read(10)
        if head[:3] == b"ID3" and len(head) == 10:
            size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
            file.seek(10 + size)
        first = file.read(4096)
    return b"Xing" in first or b"Info" in first


def _ends_within_a_page(path: str) -> bool:
    """Tell whether an Ogg file stops before its last page does (a page has at most 65,307 bytes)."""
    with open(path, "rb") as file:  # noqa: PTH123 - takes a str as it is
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65_307))
        tail = file.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if page[:4] != b"OggS":
        return False
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return 27 + page[26] + sum(page[27 : 27 + page[26]]) > len(page)


def _count_frames(path: str) -> int:
    """Count the frames of a stream that does not state its length, keeping none of them."""
    with soundfile.SoundFile(path) as file:
        return sum(len(block) for block in _blocks(file, None))


def _read_mono(file: soundfile.SoundFile, start: int, want: int | None) -> np.ndarray:
    """Read at most ``want`` frames from ``start`` on, as many as there are, averaged over channels: float32 [frames].

    Memory grows with what the decoder delivers, never with what the header claims.
    """
    skip = min(start, MP3_PREROLL) if file.format == "MP3" else 0
    try:
        if start > skip:
            file.seek(start - skip)
    except soundfile.SoundFileError:
        return np.empty(0, np.float32)
    parts = []
    for block in _blocks(file, None if want is None else skip + want):
        mono = block[:, 0].copy()  # a channel at a time: ten times as fast as a mean over the short axis
        for channel in range(1, block.shape[1]):
            mono += block[:, channel]
        mono /= block.shape[1]
        parts.append(mono)
    return np.concatenate(parts)[skip:] if parts else np.empty(0, np.float32)


def _blocks(file: soundfile.SoundFile, want: int | None) -> Iterator[np.ndarray]:
    """Yield float32 [frames, channels] blocks, valid until the next one, up to ``want`` frames or the end."""
    buffer = np.empty((max(1, BLOCK_SAMPLES // file.channels), file.channels), np.float32)
    while want is None or want > 0:
        part = buffer if want is None else buffer[:want]
        part.fill(np.nan)
        failed = False
        try:
            block = file.read(out=part)
        except soundfile.SoundFileError:
            # A stream cut or damaged within this block; what was decoded before is in the buffer.
            failed = True
            block = part[: int(np.count_nonzero(~np.isnan(part[:, 0])))]
        if len(block) == 0:
            return
        yield block
        if failed:
            return
        want = None if want is None else want - len(block)
