"""Files that were put together, and mp3s that do not state their length, against their parts decoded alone."""

import io

import mutagen.flac
import numpy as np
import pytest
import soundfile as sf
from sound_files import encoded, without_first_frame, without_length

from coldwave.audio.decode import decode
from coldwave.audio.flac import flac_begins
from coldwave.audio.mp3 import SLACK, count_frames
from coldwave.audio.ogg import ogg_links
from coldwave.audio.status import AudioError

RATE = 44100


def music(seconds, seed, rate=RATE):
    """First quiet, then loud, so that a variable bit rate varies a lot."""
    times = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).uniform(-0.8, 0.8, len(times))
    return np.where(times < seconds / 2, 0.05 * np.sin(2 * np.pi * 440 * times), noise).astype(np.float32)


def vbr(audio, rate=RATE):
    return encoded(audio, "MP3", rate=rate, bitrate_mode="VARIABLE", compression_level=0.3)


def placed(part, whole):
    """Where a signal lies in another, and their correlation there."""
    size = 1 << int(np.ceil(np.log2(len(part) + len(whole))))
    found = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)))
    place = int(np.argmax(found[: len(whole)]))
    piece = whole[place : place + len(part)]
    return place, float(np.corrcoef(part[: len(piece)], piece)[0, 1])


@pytest.mark.parametrize("rate", [44100, 22050, 8000])
@pytest.mark.parametrize("backwards", [False, True])
def test_an_mp3_that_does_not_state_its_length_is_read_whole(tmp_path, rate, backwards):
    audio = music(6.0, 0, rate)
    mp3 = vbr(audio[::-1] if backwards else audio, rate)
    (tmp_path / "stated.mp3").write_bytes(mp3)
    (tmp_path / "unstated.mp3").write_bytes(without_first_frame(mp3))
    stated = decode(tmp_path / "stated.mp3", sample_rate=rate)
    unstated = decode(tmp_path / "unstated.mp3", sample_rate=rate)
    assert 0 <= len(unstated) - len(stated) <= SLACK
    place, correlation = placed(stated, unstated)
    assert place < SLACK / 2 and correlation > 0.999
    middle = decode(tmp_path / "unstated.mp3", sample_rate=rate, duration=1.5)
    begin = (len(unstated) - len(middle)) // 2
    np.testing.assert_allclose(middle, unstated[begin : begin + len(middle)], atol=1e-5)


def test_libsndfile_alone_would_read_a_part_and_say_nothing(tmp_path):
    (tmp_path / "a.mp3").write_bytes(without_first_frame(vbr(music(6.0, 0))))
    assert len(sf.read(tmp_path / "a.mp3")[0]) < 5 * RATE
    assert len(decode(tmp_path / "a.mp3", sample_rate=RATE)) >= 6 * RATE


@pytest.mark.parametrize(
    "between", [b"", b"TAG" + bytes(125), b"ID3\x04\0\0\0\0\x01\x7e" + b"\xff\xfb\x90\0" * 62 + bytes(6)]
)
@pytest.mark.parametrize("second_states", [True, False])
def test_joined_mp3s_are_read_one_after_the_other(tmp_path, between, second_states):
    first, second = vbr(music(2.0, 1)), vbr(music(3.0, 2))
    alone = []
    for content in (first, second):
        (tmp_path / "alone.mp3").write_bytes(content)
        alone.append(decode(tmp_path / "alone.mp3", sample_rate=RATE))
    (tmp_path / "joined.mp3").write_bytes(first + between + (second if second_states else without_first_frame(second)))
    joined = decode(tmp_path / "joined.mp3", sample_rate=RATE)
    assert 5 * RATE <= len(joined) <= 5 * RATE + 2 * SLACK
    places = [placed(part, joined) for part in alone]
    assert all(correlation > 0.99 for _, correlation in places)
    assert places[0][0] < SLACK and 2 * RATE <= places[1][0] < 2 * RATE + 2 * SLACK
    end = decode(tmp_path / "joined.mp3", sample_rate=RATE, offset=4.0)
    np.testing.assert_allclose(end, joined[4 * RATE :], atol=1e-5)


@pytest.mark.parametrize("other", [{"rate": 48000}, {"rate": 22050}, {"channels": 2}])
def test_joined_mp3s_that_differ_have_a_status(tmp_path, other):
    audio = music(2.0, 1)
    second = np.stack([audio] * other.get("channels", 1), 1)
    joined = vbr(audio) + vbr(second, other.get("rate", RATE))
    (tmp_path / "joined.mp3").write_bytes(joined)
    with pytest.raises(AudioError, match=r"after 2\.\d+ s its sample rate or its number of channels changes") as caught:
        decode(tmp_path / "joined.mp3", sample_rate=RATE)
    assert caught.value.status == "unsupported"


def test_bytes_that_are_no_frames_are_not_counted():
    mp3 = vbr(music(2.0, 1))
    frames = count_frames(mp3)
    assert frames.stated and not frames.mixed
    assert count_frames(mp3 + b"\xff" * 5000) == frames
    assert count_frames(mp3 + np.random.default_rng(0).bytes(100_000)) == frames
    assert count_frames(bytes(100) + mp3)[1:] == frames[1:]
    assert count_frames(mp3[: frames.begin + 3000]).number < frames.number
    assert count_frames(b"") is None and count_frames(b"\xff\xfb\x90\0") is None
    assert count_frames(without_first_frame(mp3)) == frames._replace(begin=0, stated=False)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_chained_ogg_is_read_to_its_end(tmp_path, subtype):
    contents = [
        encoded(music(seconds, seed, 48000), "OGG", subtype, 48000) for seed, seconds in enumerate((2.0, 1.0, 1.5))
    ]
    alone = []
    for content in contents:
        (tmp_path / "alone.ogg").write_bytes(content)
        alone.append(decode(tmp_path / "alone.ogg", sample_rate=48000))
    path = tmp_path / "chain.ogg"
    path.write_bytes(b"".join(contents))
    whole = np.concatenate(alone)
    np.testing.assert_array_equal(decode(path, sample_rate=48000), whole)
    np.testing.assert_array_equal(decode(path, sample_rate=48000, duration=1.2), whole[79200:136800])
    np.testing.assert_array_equal(decode(path, sample_rate=48000, offset=2.2, duration=0.5), whole[105600:129600])
    assert ogg_links(path.read_bytes()) == list(
        zip(np.cumsum([0, *map(len, contents[:2])]).tolist(), np.cumsum([*map(len, contents)]).tolist(), strict=True)
    )
    path.write_bytes(b"".join(contents)[:-100])
    with pytest.raises(AudioError, match="truncated"):
        decode(path, sample_rate=48000)


def test_a_chain_of_other_rates_or_with_a_damaged_link_has_a_status(tmp_path):
    first, path = encoded(music(1.0, 0), "OGG", "VORBIS"), tmp_path / "chain.ogg"
    path.write_bytes(first + encoded(music(1.0, 0, 22050), "OGG", "VORBIS", 22050))
    with pytest.raises(AudioError, match="unsupported: .*different sample rates"):
        decode(path, sample_rate=RATE)
    damaged = bytearray(first)
    damaged[28:200] = bytes(172)
    path.write_bytes(first + damaged)
    with pytest.raises(AudioError, match="unreadable: stream 2 of 2"):
        decode(path, sample_rate=RATE)


def flac(seconds, seed, rate=RATE, channels=1):
    audio = np.stack([music(seconds, seed + 10 * channel, rate) for channel in range(channels)], 1)
    return encoded(audio, "FLAC", "PCM_16", rate)


@pytest.mark.parametrize("between", [b"", bytes(4096), b"TAG" + bytes(125), b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)])
@pytest.mark.parametrize("unstated", [(), (0,), (1,), (0, 2), (0, 1, 2)])
def test_joined_flacs_are_read_one_after_the_other(tmp_path, between, unstated):
    contents = [flac(seconds, seed, channels=1 + seed % 2) for seed, seconds in enumerate((2.0, 1.0, 1.5))]
    whole = np.concatenate([sf.read(io.BytesIO(content), always_2d=True)[0].mean(1) for content in contents])
    contents = [without_length(content) if place in unstated else content for place, content in enumerate(contents)]
    path = tmp_path / "joined.flac"
    joined = between.join(contents)
    path.write_bytes(between + joined if between[:3] == b"ID3" else joined)
    np.testing.assert_allclose(decode(path, sample_rate=RATE), whole, atol=1e-6)
    middle, end = round(1.65 * RATE), round(2.2 * RATE)
    np.testing.assert_allclose(decode(path, sample_rate=RATE, duration=1.2), whole[middle : middle + 52920], atol=1e-6)
    np.testing.assert_allclose(decode(path, sample_rate=RATE, offset=2.2), whole[end:], atol=1e-6)


def test_joined_flacs_that_differ_or_are_damaged_have_a_status(tmp_path):
    first, path = flac(1.0, 0), tmp_path / "joined.flac"
    for joined, message in (
        (first + flac(1.0, 1, 22050), "unsupported: .*different sample rates"),
        ((first + flac(2.0, 1))[: len(first) + 60_000], r"truncated: only [12]\.\d+ s of the 3\.00 s"),
        (first + first[:42], r"truncated: only 1\.00 s of the 2\.00 s"),
        (first + first[:42] * 3, "unreadable: stream 2 of 2 chained in it: [^<]*$"),
        (first + (b"fLaC\x80" + first[5:42]) * 1500, "unsupported: more than 1,000 streams"),
    ):
        path.write_bytes(joined)
        with pytest.raises(AudioError, match=message):
            decode(path, sample_rate=RATE)


def test_the_mark_of_a_flac_within_its_audio_is_no_second_one(tmp_path):
    noise = np.random.default_rng(0).integers(-(2**15), 2**15, 3 * RATE).astype(np.int16)
    stream = flac(1.0, 0)[:42]
    words = stream[:7] + b"\x21" + stream[8:] + b"fLaC\0\0\0\x22" + bytes(34)  # 33 bytes of it; blocks of no samples
    noise[5000 : 5000 + len(words) // 2] = np.frombuffer(words, ">i2")
    content = encoded(noise, "FLAC", "PCM_16")
    assert content.count(b"fLaC") == 3  # it is stored as it is, for noise cannot be compressed
    assert list(flac_begins(content)) == [0]
    (tmp_path / "noise.flac").write_bytes(content)
    np.testing.assert_array_equal(decode(tmp_path / "noise.flac", sample_rate=RATE), noise.astype(np.float32) / 2**15)


def test_a_flac_in_the_picture_of_another_is_no_second_one(tmp_path):
    path = tmp_path / "cover.flac"
    content = flac(1.0, 0)
    path.write_bytes(content)
    pictured, picture = mutagen.flac.FLAC(path), mutagen.flac.Picture()
    picture.data = flac(2.0, 1)
    pictured.add_picture(picture)
    pictured.save()
    assert path.read_bytes().count(b"fLaC") == 2
    assert list(flac_begins(path.read_bytes())) == [0]
    assert len(decode(path, sample_rate=RATE)) == RATE
    assert list(flac_begins(path.read_bytes() + content)) == [0, path.stat().st_size]
    assert list(flac_begins(content[:41])) == list(flac_begins(b"")) == []
