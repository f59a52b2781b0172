"""Measure how long an mp3 is by counting its frames.

Only a first frame that describes the others (a Xing or Info header) states a length. Without one, decoders guess it
from the size and the first bit rate; in joined mp3s, it is that of the first. Either way they silently drop the rest.
So the frames are counted, and a header with their number is put in front.
"""

import mmap
from functools import lru_cache
from typing import NamedTuple

# Decoders cut off what the encoder added at both ends, which is less than this: two frames and their delay.
SLACK = 4608  # samples

_KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # Hz, by the version's bits
_LAYER_3 = 1
_MONO = 3
_IN_A_ROW = 3  # frames that must follow each other after bytes that belong to none


class Frame(NamedTuple):
    """What a frame's header says: size in bytes, samples per channel, and what must not change within a stream."""

    size: int
    samples: int
    rate: int
    mono: bool


class Frames(NamedTuple):
    """The frames of a file, without the one that states the length (``stated``: whether there is one)."""

    begin: int  # byte of the first frame
    number: int
    samples: int  # per channel, of all frames
    stated: bool
    mixed: bool  # whether frames of another sample rate or number of channels follow


def frame_at(data: mmap.mmap | bytes, place: int) -> Frame | None:
    """Read the header of a layer III frame with a stated bit rate; None if there is none."""
    return _frame_of(data[place : place + 4])


@lru_cache(maxsize=1024)  # a file has few different ones
def _frame_of(head: bytes) -> Frame | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version not in _RATES or layer != _LAYER_3 or bit_rate in (0, 15) or rate == 3:
        return None
    first = version == 3
    hertz = _RATES[version][rate]
    size = (144 if first else 72) * _KBITS[first][bit_rate - 1] * 1000 // hertz + (head[2] >> 1 & 1)
    return Frame(size, 1152 if first else 576, hertz, head[3] >> 6 == _MONO)


def count_frames(data: mmap.mmap | bytes) -> Frames | None:
    """Count a file's whole frames; None if there are none."""
    place = _next_frame(data, _after_tag(data))
    if place is None:
        return None
    first = frame_at(data, place)
    stated = _describes(data, place, first)
    place += first.size if stated else 0
    kind, begin, number, mixed = first[1:], place, 0, False
    while place is not None and place < len(data):
        frame = frame_at(data, place)
        if frame is None:
            place = _next_frame(data, place)
        elif frame[1:] == kind:
            number += place + frame.size <= len(data)
            place += frame.size
        elif _in_a_row(data, place):
            mixed = True
            break
        else:
            place = _next_frame(data, place + 1)
    return Frames(begin, number, number * first.samples, stated, mixed)


def length_header(data: mmap.mmap | bytes, frames: Frames, size: int) -> bytes:
    """Make the frame that states the length, to go before the first frame; ``size`` bytes follow it."""
    head = bytearray(data[frames.begin : frames.begin + 4])
    head[1] |= 1  # no checksum
    head[2] = 9 << 4 | head[2] & 0x0C  # 128 or 80 kbit/s, not padded: large enough for the header
    frame = frame_at(bytes(head), 0)
    header = bytearray(frame.size)
    header[:4] = head
    place = _description(frame)
    header[place : place + 4] = b"Xing"
    header[place + 4 : place + 8] = (3).to_bytes(4, "big")  # the number of frames and that of bytes follow
    header[place + 8 : place + 12] = frames.number.to_bytes(4, "big")
    header[place + 12 : place + 16] = (size + frame.size).to_bytes(4, "big")
    return bytes(header)


def _description(frame: Frame) -> int:
    """The place of the Xing or Info header in a frame."""
    first = frame.samples == 1152
    return 4 + ((17 if frame.mono else 32) if first else (9 if frame.mono else 17))


def _describes(data: mmap.mmap | bytes, place: int, frame: Frame) -> bool:
    """Return whether a frame states the number of frames."""
    begin = place + _description(frame)
    tag = data[begin : begin + 8]
    return tag[:4] in (b"Xing", b"Info") and len(tag) == 8 and bool(tag[7] & 1)


def _in_a_row(data: mmap.mmap | bytes, place: int) -> bool:
    """Return whether frames of one kind follow each other from here, three or up to the end of the file."""
    kind = None
    for _ in range(_IN_A_ROW):
        if place == len(data) and kind:
            return True
        frame = frame_at(data, place)
        if frame is None or (kind and frame[1:] != kind):
            return False
        kind = frame[1:]
        place += frame.size
    return True


def _after_tag(data: mmap.mmap | bytes) -> int:
    """Return the byte after the ID3 tag at the beginning, if there is one."""
    head = data[:10]
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))


def _next_frame(data: mmap.mmap | bytes, place: int) -> int | None:
    """Find the next frame at or after a place, skipping tags and other bytes; None at the end."""
    while 0 <= place < len(data):
        if _in_a_row(data, place):
            return place
        place = data.find(b"\xff", place + 1)
    return None
