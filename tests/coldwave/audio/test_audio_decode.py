import os
import struct

import librosa
import numpy as np
import pytest
import soundfile as sf
from sound_files import without_length

from coldwave.audio.decode import decode
from coldwave.audio.status import STATUSES, AudioError

RATE = 44100
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", None),
    "aiff": ("AIFF", "PCM_16"),
}


def music(seconds=4.0, rate=RATE, channels=2, seed=0):
    """A loud tone with a moving envelope and some noise, different in each channel."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    tones = [np.sin(2 * np.pi * (220 + 110 * c) * time) * (0.6 + 0.4 * np.sin(3 * time + c)) for c in range(channels)]
    return (0.4 * np.stack(tones, 1) + 0.05 * rng.standard_normal((len(time), channels))).astype(np.float32)


def write(path, audio=None, rate=RATE, **settings):
    name = path.name.split(".", 1)[1]
    format, subtype = FORMATS[name]
    rate = 48000 if name == "opus" else rate
    with sf.SoundFile(
        path, "w", rate, (music() if audio is None else audio).shape[1], subtype, format=format, **settings
    ) as f:
        f.write(music() if audio is None else audio)
    return path


def status_of(path, **settings):
    with pytest.raises(AudioError) as caught:
        decode(path, sample_rate=22050, **settings)
    assert caught.value.detail
    return caught.value.status


@pytest.mark.parametrize("suffix", FORMATS)
def test_equals_librosa(tmp_path, suffix):
    path = write(tmp_path / f"song.{suffix}")
    expected, _ = librosa.load(path, sr=22050, mono=True)
    decoded = decode(path, sample_rate=22050)
    assert decoded.dtype == np.float32
    assert abs(len(decoded) - len(expected)) <= 1
    n = min(len(decoded), len(expected))
    np.testing.assert_allclose(decoded[:n], expected[:n], atol=1e-5)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("duration", [1.0, 1.7])
def test_the_middle_is_exactly_the_middle(tmp_path, suffix, duration):
    path = write(tmp_path / f"song.{suffix}")
    whole, rate = sf.read(path, dtype="float32", always_2d=True)
    want = round(duration * rate)
    begin = (len(whole) - want) // 2
    expected = whole[begin : begin + want].mean(axis=1)
    np.testing.assert_allclose(decode(path, sample_rate=rate, duration=duration), expected, atol=1e-6)


@pytest.mark.parametrize("suffix", FORMATS)
def test_offset_in_seconds(tmp_path, suffix):
    path = write(tmp_path / f"song.{suffix}")
    whole, rate = sf.read(path, dtype="float32", always_2d=True)
    expected = whole.mean(axis=1)[round(2.5 * rate) :]
    np.testing.assert_allclose(decode(path, sample_rate=rate, offset=2.5), expected, atol=1e-6)
    np.testing.assert_allclose(decode(path, sample_rate=rate, offset=2.5, duration=60), expected, atol=1e-6)
    np.testing.assert_allclose(
        decode(path, sample_rate=rate, offset=2.5, duration=0.5), expected[: rate // 2], atol=1e-6
    )


def test_a_shorter_file_gives_what_it_has(tmp_path):
    path = write(tmp_path / "song.wav")
    assert len(decode(path, sample_rate=RATE, duration=30)) == 4 * RATE
    assert len(decode(path, sample_rate=RATE)) == 4 * RATE
    assert len(decode(path, sample_rate=22050, duration=1)) == 22050


def test_averages_the_channels(tmp_path):
    audio = music(channels=5)
    path = write(tmp_path / "song.float.wav", audio)
    np.testing.assert_allclose(decode(path, sample_rate=RATE), audio.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("suffix", ["flac", "mp3"])
def test_reads_the_wanted_part_only(tmp_path, suffix, monkeypatch):
    path = write(tmp_path / f"song.{suffix}", music(12.0, channels=1))
    read, original = [], sf.SoundFile.read

    def counting(self, *args, **kwargs):
        block = original(self, *args, **kwargs)
        read.append(len(block))
        return block

    monkeypatch.setattr(sf.SoundFile, "read", counting)
    decode(path, sample_rate=22050, duration=2)
    assert 2 * RATE <= sum(read) <= 2 * RATE + 20_000


# Files that give no audio


def test_missing(tmp_path):
    assert status_of(tmp_path / "no.mp3") == "missing"
    assert status_of(tmp_path / "no\0.mp3") == "missing"
    assert status_of("") == "missing"
    (tmp_path / "file").write_text("x")
    assert status_of(tmp_path / "file" / "song.mp3") == "missing"


def test_not_a_file(tmp_path):
    assert status_of(tmp_path) == "not_a_file"
    os.mkfifo(tmp_path / "pipe.mp3")
    assert status_of(tmp_path / "pipe.mp3") == "not_a_file"


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "wav"])
def test_no_bytes(tmp_path, suffix):
    (tmp_path / f"song.{suffix}").touch()
    assert status_of(tmp_path / f"song.{suffix}") == "empty"


@pytest.mark.parametrize("suffix", ["flac", "wav"])
def test_no_samples(tmp_path, suffix):
    assert status_of(write(tmp_path / f"song.{suffix}", np.zeros((0, 2), np.float32))) == "empty"


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "opus", "wav", "aiff"])
@pytest.mark.parametrize("content", [b"This is no music at all.\n" * 200, np.random.default_rng(3).bytes(20_000)])
def test_no_audio_in_it(tmp_path, suffix, content, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no ffmpeg
    (tmp_path / f"song.{suffix}").write_bytes(content)
    assert status_of(tmp_path / f"song.{suffix}") == "unreadable"


@pytest.mark.parametrize("name", ["song.m4a", "song.wma", "song", "song.raw"])
def test_a_format_that_needs_ffmpeg(tmp_path, name, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / name).write_bytes(b"\0\0\0\x20ftypM4A " + bytes(5000))
    with pytest.raises(AudioError, match="needs ffmpeg, which is not installed") as caught:
        decode(tmp_path / name, sample_rate=22050)
    assert caught.value.status == "unsupported"


@pytest.mark.parametrize("suffix", ["flac", "mp3", "wav", "aiff", "ogg", "opus"])
@pytest.mark.parametrize("share", [0.35, 0.8])
def test_truncated(tmp_path, suffix, share):
    path = write(tmp_path / f"song.{suffix}", music(8.0))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert status_of(path) == "truncated"


@pytest.mark.parametrize("suffix", ["flac", "mp3", "wav", "aiff"])
def test_a_truncated_file_whose_wanted_part_is_whole_is_used(tmp_path, suffix):
    path = write(tmp_path / f"song.{suffix}", music(8.0))
    whole = decode(path, sample_rate=22050, duration=2)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.85)])
    np.testing.assert_array_equal(decode(path, sample_rate=22050, duration=2), whole)
    path.write_bytes(content[: int(len(content) * 0.3)])
    assert status_of(path, duration=2) == "truncated"


def test_a_few_samples_less_than_promised_are_no_truncation(tmp_path):
    path = write(tmp_path / "song.wav")
    path.write_bytes(path.read_bytes()[:-4000])  # 0.02 s
    assert len(decode(path, sample_rate=RATE)) == 4 * RATE - 1000


def test_not_finite(tmp_path):
    audio = music(channels=1)
    for bad in (np.nan, np.inf):
        audio[1000] = bad
        assert status_of(write(tmp_path / "song.float.wav", audio)) == "not_finite"


def test_silent(tmp_path):
    assert status_of(write(tmp_path / "song.flac", np.zeros((RATE, 2), np.float32))) == "silent"
    assert status_of(write(tmp_path / "quiet.float.wav", music() * 1e-4)) == "silent"
    assert decode(write(tmp_path / "loud.float.wav", music() * 1e-3), sample_rate=22050).any()


def test_too_short(tmp_path):
    path = write(tmp_path / "song.flac")
    assert status_of(path, min_seconds=4.1) == "too_short"
    assert status_of(path, min_seconds=2.0, duration=1.0) == "too_short"
    assert status_of(path, offset=5.0) == "too_short"
    for rate in (22050, 22051, 7919):
        assert len(decode(path, sample_rate=rate, min_seconds=4.0)) >= 4 * rate - 1


# Headers that do not say how long the file is, or lie


def test_flac_of_unknown_length(tmp_path):
    audio = music(3.3)
    known = write(tmp_path / "known.flac", audio)
    unknown = tmp_path / "unknown.flac"
    unknown.write_bytes(without_length(known.read_bytes()))
    assert sf.info(unknown).frames > 2**62
    for settings in ({}, {"duration": 1}, {"duration": 60}, {"offset": 1.5}, {"offset": 0.5, "duration": 1}):
        np.testing.assert_array_equal(
            decode(unknown, sample_rate=22050, **settings), decode(known, sample_rate=22050, **settings)
        )
    assert status_of(unknown, offset=9.0) == "too_short"


def test_flac_that_claims_days(tmp_path):
    path = write(tmp_path / "song.flac")
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4
    path.write_bytes(content)
    assert status_of(path) == "truncated"
    assert status_of(path, duration=30) == "truncated"
    assert len(decode(path, sample_rate=RATE, offset=1, duration=2)) == 2 * RATE


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF])
def test_wav_written_without_knowing_its_length(tmp_path, size):
    path = write(tmp_path / "song.wav")
    content = bytearray(path.read_bytes())
    data = content.find(b"data")
    struct.pack_into("<I", content, data + 4, size)
    path.write_bytes(content)
    assert len(decode(path, sample_rate=RATE)) == 4 * RATE


def test_mp3_without_a_length_is_not_called_truncated(tmp_path):
    audio = music(8.0, channels=1)
    audio[: 4 * RATE] = np.random.default_rng(0).uniform(-0.9, 0.9, (4 * RATE, 1))  # so that the bit rate varies
    path = write(tmp_path / "song.mp3", audio[::-1], bitrate_mode="VARIABLE", compression_level=0.3)
    content = path.read_bytes()
    second = content.find(content[:2], 4)
    assert b"Xing" in content[:second]
    path.write_bytes(content[second:])
    assert len(decode(path, sample_rate=RATE)) > RATE
    path.write_bytes(content[second : len(content) // 2])
    assert len(decode(path, sample_rate=RATE)) > RATE


def test_absurd_sample_rates(tmp_path):
    for rate in (1, 3_000_000):
        path = tmp_path / "song.wav"
        sf.write(path, music(channels=1), rate)
        assert status_of(path) == "unsupported"


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_damage_gives_a_status_or_finite_audio(tmp_path, suffix):
    content = write(tmp_path / f"song.{suffix}", music(0.5)).read_bytes()
    rng = np.random.default_rng(7)
    for trial in range(25):
        damaged = bytearray(content)
        reach = 200 if trial % 2 else len(damaged)  # headers, or anywhere
        for place in rng.integers(0, min(reach, len(damaged)), 1 + trial % 5):
            damaged[place] = rng.integers(256)
        path = tmp_path / f"damaged.{suffix}"
        path.write_bytes(damaged)
        try:
            audio = decode(path, sample_rate=22050, duration=1)
        except AudioError as error:
            assert error.status in STATUSES
        else:
            assert audio.dtype == np.float32 and 0 < len(audio) <= 22050 and np.isfinite(audio).all()


def test_the_vocabulary_is_closed():
    with pytest.raises(ValueError):
        AudioError("odd", "no such status")


def test_names_with_odd_characters(tmp_path):
    path = write(tmp_path / "a b'c\"d-é-音-%s-#\n.flac")
    assert len(decode(path, sample_rate=RATE)) == len(decode(str(path), sample_rate=RATE)) == 4 * RATE
