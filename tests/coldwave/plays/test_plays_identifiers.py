"""Identifiers and durations from the tags of audio files, in each format of tags."""

import struct
import uuid

import mutagen
import mutagen.asf
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest
import soundfile

from coldwave.plays.audio_folder import read_tags

RECORDING, OTHER = "b9ad642e-b012-41c7-b72a-42cf4911f9ff", "c7d0bf6e-0a5b-4f21-9a29-f0e1d2c3b4a5"
TRACK, ISRC = "11111111-2222-4333-8444-555555555555", "GBAYE8100053"


def atom(name, content=b""):
    return struct.pack(">I4s", 8 + len(content), name) + content


def mp4(path):
    """A file without sound whose header tells a length of 2.5 s."""
    length = bytes(4) + struct.pack(">4I", 0, 0, 1000, 2500) + bytes(80)
    path.write_bytes(atom(b"ftyp", b"M4A \0\0\0\0M4A ") + atom(b"moov", atom(b"mvhd", length)) + atom(b"mdat"))


def asf(path):
    """A header without sound that tells a length of 2.5 s."""
    properties = bytes(40) + struct.pack("<QQQ", 25_000_000, 0, 0) + bytes(16)
    inner = uuid.UUID("8CABDCA1-A947-11CF-8EE4-00C00C205365").bytes_le + struct.pack("<Q", 24 + len(properties))
    inner += properties
    outer = uuid.UUID("75B22630-668E-11CF-A6D9-00AA0062CE6C").bytes_le
    path.write_bytes(outer + struct.pack("<QL", 30 + len(inner), 1) + b"\1\2" + inner)


def sound(path):
    soundfile.write(path, np.zeros(55125), 22050)


def vorbis(path):
    sound(path)
    file = mutagen.File(path)
    file["MUSICBRAINZ_TRACKID"] = [RECORDING, OTHER]
    file["MUSICBRAINZ_RELEASETRACKID"] = TRACK
    file["ISRC"] = ISRC
    file.save()


def id3(path):
    sound(path)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(mutagen.id3.UFID(owner="http://musicbrainz.org", data=RECORDING.encode()))
    file.tags.add(mutagen.id3.TXXX(encoding=3, desc="MusicBrainz Release Track Id", text=[TRACK]))
    file.tags.add(mutagen.id3.TSRC(encoding=3, text=[ISRC]))
    file.save()


def apple(path):
    mp4(path)
    file = mutagen.mp4.MP4(path)
    named = {"MusicBrainz Track Id": RECORDING, "MusicBrainz Release Track Id": TRACK, "ISRC": ISRC}
    for name, value in named.items():
        file[f"----:com.apple.iTunes:{name}"] = [mutagen.mp4.MP4FreeForm(value.encode())]
    file.save()


def windows(path):
    asf(path)
    file = mutagen.asf.ASF(path)
    file["MusicBrainz/Track Id"] = RECORDING
    file["MusicBrainz/Release Track Id"] = TRACK
    file["WM/ISRC"] = ISRC
    file.save()


@pytest.mark.parametrize(
    ("name", "write"),
    [("x.flac", vorbis), ("x.ogg", vorbis), ("x.mp3", id3), ("x.wav", id3), ("x.aiff", id3), ("x.m4a", apple),
     ("x.wma", windows)],
)  # fmt: skip
def test_identifiers_of_each_format(tmp_path, name, write):
    write(tmp_path / name)
    tags = read_tags(tmp_path / name)
    assert tags.recording == RECORDING
    assert tags.recordings == ((RECORDING, OTHER) if write is vorbis else (RECORDING,))
    assert (tags.release_tracks, tags.isrcs) == ((TRACK,), (ISRC,))
    assert tags.seconds == pytest.approx(2.5, abs=0.1)  # an MP3 ends with a whole frame


def test_a_file_without_tags_has_a_length_only(tmp_path):
    sound(tmp_path / "x.wav")
    tags = read_tags(tmp_path / "x.wav")
    assert (tags.recording, tags.recordings, tags.release_tracks, tags.isrcs) == (None, (), (), ())
    assert tags.seconds == 2.5


def test_an_unreadable_file_has_neither(tmp_path):
    (tmp_path / "x.mp3").write_bytes(b"no sound")
    assert read_tags(tmp_path / "x.mp3") == read_tags(tmp_path / "x.mp3")._replace(seconds=None, recordings=())
    asf(tmp_path / "zero.wma")
    content = bytearray((tmp_path / "zero.wma").read_bytes())
    content[-40:-32] = bytes(8)
    (tmp_path / "zero.wma").write_bytes(content)
    assert read_tags(tmp_path / "zero.wma").seconds is None
