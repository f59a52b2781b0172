"""Decode the wanted part of an audio file to mono, at one sample rate.

The order saves time and memory: read the wanted part alone, block by block; average its channels; resample once.
libsndfile reads wav, flac, ogg (vorbis, opus), mp3, aiff and more; ffmpeg, if installed, reads what it cannot open.
"""

import mmap
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import soundfile
import soxr

from coldwave.audio import ffmpeg
from coldwave.audio.file_check import check_file
from coldwave.audio.flac import flac_begins, length_stated, states_length
from coldwave.audio.mapped import Part, mapped
from coldwave.audio.mp3 import SLACK, count_frames, length_header
from coldwave.audio.ogg import ends_within_a_page, ogg_links
from coldwave.audio.signal_check import SILENCE, Mono, check_delivery, check_length, check_signal
from coldwave.audio.status import AudioError

# Outside this range a header is damaged, and resampling would need absurd amounts of memory.
SAMPLE_RATES = (1_000, 1_000_000)

QUALITY = "HQ"  # of soxr's resampling

# libsndfile gives 2**63 - 1 frames where a stream does not state its length.
UNKNOWN_FRAMES = 2**62

# The first frames after a jump into an mp3 are wrong, as they depend on earlier ones (the bit reservoir and the
# overlap of blocks): begin 16 frames of 1152 samples early and drop them.
MP3_PREROLL = 16 * 1152

BLOCK_SAMPLES = 2**18

# Most files joined into one: each keeps a decoder open.
MOST_STREAMS = 1000

# Longest signal in memory: 1.7 hours at 44,100 Hz, 1 GiB.
MOST_SAMPLES = 2**28

# Formats that libsndfile reads: a file with such a suffix that it cannot open is damaged, not of another format.
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
    """Return the wanted part of a file as a float32 [samples] mono signal at ``sample_rate`` Hz.

    The part lasts ``duration`` seconds (None: to the end). It begins ``offset`` seconds into the file, or is its
    ``"middle"``; a shorter file gives what it has. ``timeout`` (seconds) limits ffmpeg alone: a library cannot be
    interrupted from within its process.

    Joined files are read as one if they are mp3, Ogg or FLAC of one sample rate. A truncated file cannot be told from
    a short one where the format does not state the length: an mp3 without a Xing header, or an Ogg that ends with a
    whole page.

    A constant signal is silent. So is one whose channels cancel each other out when they are averaged.

    Raises
    ------
    AudioError
        With one of ``coldwave.audio.status.STATUSES``. Nothing else is raised, whatever the file holds.
    """
    check_file(path)
    with np.errstate(all="ignore"):
        mono, rate = _read(os.fspath(path), offset, duration, timeout)
        check_signal(mono)
        signal = mono.signal
        if rate != sample_rate:
            signal = soxr.resample(signal, rate, sample_rate, quality=QUALITY)
    check_length(len(signal), sample_rate, min_seconds)
    return signal


def _read(path: str, offset: float | str, duration: float | None, timeout: float | None) -> tuple[Mono, int]:
    """Return the wanted part, averaged over channels, and its sample rate in Hz."""
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, TypeError, ValueError, OSError) as error:  # TypeError: headerless formats
        reason = _reason(error)
        if reason.startswith("File does not exist"):  # libsndfile's words for an mp3 without a frame
            reason = "No audio is found in it."
        return _read_with_ffmpeg(path, offset, duration, timeout, reason)
    with file:
        if not SAMPLE_RATES[0] <= file.samplerate <= SAMPLE_RATES[1]:
            raise AudioError("unsupported", f"a sample rate of {file.samplerate} Hz")
        if read := {"MP3": _read_mp3, "OGG": _read_ogg, "FLAC": _read_flac}.get(file.format):
            try:
                with mapped(path) as data:
                    mono = read(file, data, offset, duration)
            except (OSError, ValueError) as error:  # gone or emptied since it was opened
                raise AudioError("unreadable", str(error)) from error
            if mono is not None:
                return mono, file.samplerate
        length, promised = _length(file)
        if length is None and offset == "middle" and duration is not None:
            length = _count_frames(path)
        return _read_part([file], length, promised, offset, duration), file.samplerate


def _reason(error: Exception) -> str:
    """Why a file cannot be opened, in the decoder's words, without its path."""
    return str(getattr(error, "error_string", error)).strip() or type(error).__name__


def _read_mp3(file: soundfile.SoundFile, data: mmap.mmap, offset: float | str, duration: float | None) -> Mono:
    """Read an mp3 by the number of its frames, whatever its header says; it is truncated if that promises more."""
    frames = count_frames(data)
    if frames is None:
        return _read_part([file], file.frames, False, offset, duration)
    if frames.mixed:
        seconds = frames.samples / file.samplerate
        raise AudioError("unsupported", f"after {seconds:.2f} s its sample rate or its number of channels changes")
    more = frames.samples - file.frames
    if more <= SLACK if frames.stated else abs(more) <= SLACK:
        return _read_part([file], file.frames, frames.stated, offset, duration)
    whole = Part(data, frames.begin, len(data), length_header(data, frames, len(data) - frames.begin))
    with soundfile.SoundFile(whole) as counted:
        return _read_part([counted], counted.frames, True, offset, duration)


def _read_ogg(file: soundfile.SoundFile, data: mmap.mmap, offset: float | str, duration: float | None) -> Mono:
    """Read an Ogg file, or all the streams that are chained in one."""
    if ends_within_a_page(data):
        raise AudioError("truncated", f"its last Ogg page is cut ({file.frames / file.samplerate:.2f} s are left)")
    links = ogg_links(data)
    if len(links) < 2:
        return _read_part([file], file.frames, True, offset, duration)
    return _read_joined([Part(data, *link) for link in links], file.samplerate, offset, duration)


def _read_flac(file: soundfile.SoundFile, data: mmap.mmap, offset: float | str, duration: float | None) -> Mono | None:
    """Read FLAC files that were joined end to end; None if there is only one."""
    begins = list(islice(flac_begins(data), MOST_STREAMS + 1))
    if len(begins) < 2:
        return None
    parts = []
    for begin, end in pairwise([*begins, len(data)]):
        part = Part(data, begin, end)
        if not states_length(data, begin):
            head = length_stated(data, begin, _count_frames(part))
            part = Part(data, begin + len(head), end, head)
        parts.append(part)
    return _read_joined(parts, file.samplerate, offset, duration)


def _read_joined(parts: Sequence[Part], rate: int, offset: float | str, duration: float | None) -> Mono:
    """Read consecutive streams of a file as one; each states its length."""
    if len(parts) > MOST_STREAMS:
        raise AudioError("unsupported", f"more than {MOST_STREAMS:,} streams are chained in it")
    streams = []
    try:
        for part in parts:
            streams.append(soundfile.SoundFile(part))
        if any(stream.samplerate != rate for stream in streams):
            raise AudioError("unsupported", "the streams chained in it have different sample rates")
        return _read_part(streams, sum(stream.frames for stream in streams), True, offset, duration)
    except soundfile.SoundFileError as error:
        which = f"stream {len(streams) + 1} of {len(parts)} chained in it"
        raise AudioError("unreadable", f"{which}: {_reason(error)}") from error
    finally:
        for stream in streams:
            stream.close()


def _read_with_ffmpeg(
    path: str, offset: float | str, duration: float | None, timeout: float | None, reason: str
) -> tuple[Mono, int]:
    if ffmpeg.installed():
        signal, rate, wanted = ffmpeg.read_part(path, offset, duration, timeout, MOST_SAMPLES + 1)
        check_most(signal.size, rate)
        if wanted is not None:
            check_delivery(signal.size, wanted, rate)
        return Mono(signal), rate
    suffix = Path(path).suffix.lower()
    if suffix in NATIVE_SUFFIXES:
        raise AudioError("unreadable", f"{reason} (ffmpeg, which might read it, is not installed)")
    raise AudioError("unsupported", f"{suffix or 'this format'} needs ffmpeg, which is not installed ({reason})")


def _read_part(
    files: Sequence[soundfile.SoundFile],
    length: int | None,
    promised: bool,
    offset: float | str,
    duration: float | None,
) -> Mono:
    """Read the wanted part of consecutive streams: ``length`` frames in all, or None if unknown."""
    rate = files[0].samplerate
    want = None if duration is None else round(duration * rate)
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
        if want > MOST_SAMPLES:
            delivered = _count_from(files[0], start) if len(files) == 1 else want
            check_most(delivered, rate)
            if promised:
                check_delivery(delivered, want, rate)
    mono = _read_mono(files[0], start, want) if len(files) == 1 else _read_chain(files, start, want)
    if promised:
        check_delivery(mono.signal.size, want, rate)
    elif mono.signal.size == 0 and start > 0:
        raise AudioError("too_short", f"it ends before {start / rate:g} s, where the part wanted begins")
    elif mono.signal.size == 0:
        raise AudioError("unreadable", "the decoder finds no audio in it")
    return mono


def _read_chain(files: Sequence[soundfile.SoundFile], start: int, want: int) -> Mono:
    parts, passed = [], 0
    for file in files:
        first, last = max(start - passed, 0), min(start + want - passed, file.frames)
        if first < last:
            parts.append(_read_mono(file, first, last - first))
        passed += file.frames
    return Mono(np.concatenate([part.signal for part in parts]), max(part.loudest for part in parts))


def check_most(samples: int, rate: int) -> None:
    """Raise ``AudioError`` (too_long) if a signal does not fit the memory."""
    if samples > MOST_SAMPLES:
        raise AudioError("too_long", f"more than {MOST_SAMPLES / rate:,.0f} s at once: set audio.duration")


def _length(file: soundfile.SoundFile) -> tuple[int | None, bool]:
    """Return the length in frames (None if it is not stated), and whether the header promises it."""
    if file.frames >= UNKNOWN_FRAMES:
        return None, False
    # libsndfile quietly corrects the length of a cut wav or aiff, except in its own log.
    if file.format == "AIFF" and (stated := re.search(r"^\s*Frames\s*: (\d+)", file.extra_info, re.MULTILINE)):
        return max(file.frames, int(stated[1])), True
    # Sizes near the largest possible are those of a wav that was written without knowing its length.
    cut = re.search(r"^data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if cut and 0 < int(cut[2]) < int(cut[1]) < 0x7FFF0000:
        return round(file.frames * int(cut[1]) / int(cut[2])), True
    return file.frames, True


def _count_from(file: soundfile.SoundFile, start: int) -> int:
    """Count the frames that a file delivers from ``start`` on, up to more than fits: a header may lie."""
    try:
        file.seek(start)
    except soundfile.SoundFileError:
        return 0
    delivered = sum(len(block) for block in _blocks(file, MOST_SAMPLES + 1))
    with suppress(soundfile.SoundFileError):  # after the end of a damaged stream
        file.seek(0)
    return delivered


def _count_frames(path: str | Part) -> int:
    """Count the frames of a stream that does not state its length, without keeping them."""
    with soundfile.SoundFile(path) as file:
        return sum(len(block) for block in _blocks(file, None))


def _read_mono(file: soundfile.SoundFile, start: int, want: int | None) -> Mono:
    """Read up to ``want`` frames from ``start`` on (None: all), averaged over channels.

    Memory grows with what the decoder delivers, never with what the header claims.
    """
    skip = min(start, MP3_PREROLL) if file.format == "MP3" else 0
    try:
        if start > skip:
            file.seek(start - skip)
    except soundfile.SoundFileError:
        return Mono(np.empty(0, np.float32))
    parts, samples, loudest = [], 0, 0.0
    for block in _blocks(file, None if want is None else skip + want):
        mono = block[:, 0].copy() if block.shape[1] == 1 else block[:, 0] + block[:, 1]
        for channel in range(2, block.shape[1]):  # one at a time: ten times as fast as a mean over the short axis
            mono += block[:, channel]
        mono /= block.shape[1]
        if block.shape[1] > 1 and np.ptp(mono) < 2 * SILENCE:
            loudest = max(loudest, float(np.abs(block).max()))
        parts.append(mono)
        samples += len(mono)
        check_most(samples, file.samplerate)
    return Mono(np.concatenate(parts)[skip:] if parts else np.empty(0, np.float32), loudest)


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
