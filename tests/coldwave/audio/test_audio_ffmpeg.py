"""The fallback, with stand-ins for ffmpeg and ffprobe: what they are asked, and what is made of their answers."""

import json
import sys
import time

import numpy as np
import pytest
import soundfile

from coldwave.audio import ffmpeg
from coldwave.audio.decode import decode
from coldwave.audio.status import AudioError

# "ffmpeg" gives a ramp: each sample is its own place in the file, in millionths, so that a part tells where it began.
FAKE = """#!{python} -S
import json, pathlib, sys, time
here = pathlib.Path(__file__).parent
behaviour = json.loads((here / "behaviour.json").read_text())
arguments = sys.argv[1:]
name = pathlib.Path(__file__).name
with (here / "calls.txt").open("a") as calls:
    calls.write(json.dumps([name, *arguments]) + "\\n")
time.sleep(behaviour.get(name + "_sleep", 0))
if name + "_error" in behaviour:
    print(behaviour[name + "_error"], file=sys.stderr)
    sys.exit(1)
if name == "ffprobe":
    print(json.dumps(behaviour["probe"]))
else:
    from array import array
    rate, length = behaviour["rate"], behaviour["samples"]
    start = round(float(arguments[arguments.index("-ss") + 1]) * rate)
    stop = length
    if "-t" in arguments:
        stop = min(length, start + round(float(arguments[arguments.index("-t") + 1]) * rate))
    sys.stdout.buffer.write(array("f", [place / 1e6 for place in range(start, stop)]).tobytes())
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("ffmpeg", "ffprobe"):
        (folder / name).write_text(FAKE.format(python=sys.executable))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    (tmp_path / "music").mkdir()
    monkeypatch.chdir(tmp_path / "music")

    def install(seconds="10.0", samples=80_000, format_name="mov,mp4,m4a", **behaviour):
        stream = {"sample_rate": "8000", "channels": 2, "duration": seconds}
        probe = {"streams": [stream], "format": {"format_name": format_name}}
        behaviour = {"probe": probe, "rate": 8000, "samples": samples} | behaviour
        (folder / "behaviour.json").write_text(json.dumps(behaviour))
        return folder / "calls.txt"

    (tmp_path / "music" / "-song.m4a").write_bytes(b"not a format of libsndfile")
    return install


def ramp(start, stop):
    return np.arange(start, stop, dtype=np.float32) / np.float32(1e6)


def failure(**settings):
    with pytest.raises(AudioError) as caught:
        decode("-song.m4a", sample_rate=8000, **settings)
    return caught.value


def test_gives_the_wanted_part(fake):
    fake()
    np.testing.assert_allclose(decode("-song.m4a", sample_rate=8000), ramp(0, 80_000))
    np.testing.assert_allclose(decode("-song.m4a", sample_rate=8000, duration=4), ramp(24_000, 56_000))
    np.testing.assert_allclose(decode("-song.m4a", sample_rate=8000, offset=9), ramp(72_000, 80_000))
    assert len(decode("-song.m4a", sample_rate=4000, duration=4)) == 16_000


def test_a_path_is_never_an_option_and_channels_are_averaged(fake):
    calls = fake()
    decode("-song.m4a", sample_rate=8000, duration=4)
    probe, reading = map(json.loads, calls.read_text().splitlines())
    for call in (probe, reading):
        assert call[call.index("-i") + 1] == "file:-song.m4a"
        assert "-song.m4a" not in call
        # what is no song, such as a script that names other files, is not followed
        assert call[call.index("-protocol_whitelist") + 1] == "file,pipe"
        formats = call[call.index("-format_whitelist") + 1].split(",")
        assert {"mov", "asf", "aac", "matroska"} <= set(formats)
        assert not {"concat", "hls", "dash", "image2", "lavfi", "sdp", "tedcaptions", "vobsub"} & set(formats)
    assert reading[reading.index("-af") + 1] == "pan=mono|c0=0.5*c0+0.5*c1"
    assert reading[reading.index("-f") + 1] == "f32le"


def test_the_middle_of_a_stream_without_length(fake):
    fake(seconds="N/A")
    np.testing.assert_allclose(decode("-song.m4a", sample_rate=8000, duration=4), ramp(24_000, 56_000))


def test_truncated_where_the_header_promises_more(fake):
    fake(samples=40_000)
    assert failure(duration=8).status == "truncated"
    fake(samples=40_000, format_name="aac")  # a guess from the bit rate is no promise
    assert len(decode("-song.m4a", sample_rate=8000)) == 40_000


def test_begins_after_the_end(fake):
    fake()
    assert failure(offset=11.0).status == "too_short"


def test_more_than_fits_is_neither_asked_for_nor_taken(fake, monkeypatch):
    monkeypatch.setattr("coldwave.audio.decode.MOST_SAMPLES", 8000)
    calls = fake()
    assert failure().status == "too_long"
    assert failure(duration=4).status == "too_long"
    assert len(decode("-song.m4a", sample_rate=8000, duration=0.5)) == 4000
    asked = [json.loads(line) for line in calls.read_text().splitlines()]
    assert all(float(call[call.index("-t") + 1]) <= 8001 / 8000 for call in asked if call[0] == "ffmpeg")


@pytest.mark.skipif(not ffmpeg.installed(), reason="ffmpeg is not installed")
@pytest.mark.parametrize("script", ["ffconcat version 1.0\nfile 'a.flac'\n", "#EXTM3U\n#EXTINF:1,\na.flac\n"])
def test_a_script_by_the_name_of_a_song_reads_no_other_file(tmp_path, script):
    soundfile.write(tmp_path / "a.flac", np.random.default_rng(0).uniform(-0.5, 0.5, 22050), 22050)
    (tmp_path / "song.m4a").write_text(script)
    with pytest.raises(AudioError, match="unreadable"):
        decode(tmp_path / "song.m4a", sample_rate=22050)


@pytest.mark.parametrize("program", ["ffmpeg", "ffprobe"])
def test_an_error_of_ffmpeg(fake, program):
    fake(**{f"{program}_error": "first line\nInvalid data found when processing input"})
    error = failure()
    assert error.status == "unreadable"
    assert error.detail == f"{program}: Invalid data found when processing input"


@pytest.mark.parametrize(
    "probe", [{}, {"streams": []}, [], {"streams": [{"sample_rate": "0", "channels": 2}]}, {"streams": [{}]}]
)
def test_no_audio_in_it(fake, probe):
    fake(probe=probe)
    assert failure().status == "unreadable"


@pytest.mark.parametrize("program", ["ffmpeg", "ffprobe"])
def test_hangs(fake, program):
    fake(**{f"{program}_sleep": 60})
    begin = time.monotonic()
    assert failure(timeout=0.3).status == "too_slow"
    assert time.monotonic() - begin < 50  # it was ended, not waited for


def test_cannot_be_started(fake, tmp_path):
    fake()
    (tmp_path / "bin" / "ffprobe").write_bytes(b"\x7fELF garbage")
    assert failure().status == "unreadable"


def test_one_of_the_two_is_not_enough(fake, tmp_path):
    fake()
    (tmp_path / "bin" / "ffprobe").unlink()
    assert failure().status == "unsupported"
