"""Every kind of bad audio in one folder, through the whole stage: each file has its status, and the run goes on."""

import faulthandler
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

import mutagen
import mutagen.flac
import mutagen.id3
import numpy as np
import polars as pl
import pytest
import sound_files
from sound_files import without_first_frame, without_length

from coldwave.audio import extraction
from coldwave.audio.digests import content_digests
from coldwave.audio.extraction import Settings, extract_shard, worker_pool
from coldwave.audio.manifests import MANIFEST, shard_manifests
from coldwave.plays.audio_folder import BAD_NAME, NO_FILE, read_tags
from coldwave.plays.catalogue import read_catalogue

SCRIPTS = Path(__file__).parents[3] / "scripts"
RATE = 22050
SETTINGS = Settings(
    sample_rate=RATE, window=1024, hop=512, mel_bands=16, duration=None, offset="middle", min_seconds=0.6, timeout=6
)


def tone(seconds=1.2, rate=RATE, channels=1):
    """Sound that differs from channel to channel, with noise, so that its bit rate varies."""
    times = np.arange(round(seconds * rate)) / rate
    tones = [0.4 * np.sin(2 * np.pi * (300 + 90 * channel) * times) for channel in range(channels)]
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (len(times), channels))
    return np.stack(tones, 1) + noise * (times > 0.5)[:, None]


def encoded(format, subtype=None, audio=None, rate=RATE, **settings):
    """The bytes of a file, of a tone if nothing else is asked for."""
    return sound_files.encoded(tone(rate=rate) if audio is None else audio, format, subtype, rate, **settings)


def compressed_id3(content, size):
    """An ID3v2.3 tag whose title unpacks to ``size`` bytes, before a file's content."""
    title = size.to_bytes(4, "big") + zlib.compress(b"\0" + b"x" * (size - 1), 9)
    frame = b"TIT2" + len(title).to_bytes(4, "big") + b"\x00\x80" + title
    length = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + length + frame + content


def tagged(path, content, *frames):
    """An mp3 with ID3 frames."""
    path.write_bytes(content)
    tags = mutagen.id3.ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)


def sparse(path, size, begin=b""):
    """A file of so many bytes that takes none of the disk."""
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(size)


def all_bad_files(folder):
    """Craft them; gives the status that each has to have by its name."""
    flac, wav = encoded("FLAC", "PCM_16"), encoded("WAV", "PCM_16")
    vbr = encoded("MP3", audio=tone(4.0), bitrate_mode="VARIABLE", compression_level=0.2)
    mp3, ogg = encoded("MP3"), encoded("OGG", "VORBIS")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("song.flac", flac)
    antiphase = np.hstack([tone(), -tone()])
    broken = tone().astype(np.float32)
    broken[100] = np.nan
    infinite = tone().astype(np.float32)
    infinite[100] = -np.inf
    files = {
        "empty.mp3": (b"", "empty"),
        "random.mp3": (np.random.default_rng(1).bytes(30_000), "unreadable"),
        "text.mp3": (b"You are listening to nothing. " * 200, "unreadable"),
        "zip.mp3": (archive.getvalue(), "unreadable"),
        "vbr.mp3": (without_first_frame(vbr), "ok"),
        "joined.mp3": (mp3 + mp3, "ok"),
        "other_rate.mp3": (mp3 + encoded("MP3", rate=44100), "unsupported"),
        "chained.ogg": (ogg + ogg, "ok"),
        "joined.flac": (flac + flac, "ok"),
        "joined_rate.flac": (flac + encoded("FLAC", rate=44100), "unsupported"),
        "joined_cut.flac": ((flac + flac)[: int(1.4 * len(flac))], "truncated"),
        "unknown.flac": (without_length(flac), "ok"),
        "one.flac": (encoded("FLAC", "PCM_16", audio=np.full((1, 1), 0.5)), "silent"),
        "two.flac": (encoded("FLAC", "PCM_16", audio=np.array([[0.5], [-0.5]])), "too_short"),
        "half.flac": (encoded("FLAC", "PCM_16", audio=tone(0.5)), "too_short"),
        "silence.flac": (encoded("FLAC", "PCM_16", audio=np.zeros((RATE, 2))), "silent"),
        "constant.wav": (encoded("WAV", "PCM_16", audio=np.full((RATE, 1), 0.5)), "silent"),
        "offset.wav": (encoded("WAV", "FLOAT", audio=0.5 + 0.5 * tone()), "ok"),
        "antiphase.flac": (encoded("FLAC", "PCM_16", audio=antiphase), "silent"),
        "nan.wav": (encoded("WAV", "FLOAT", audio=broken), "not_finite"),
        "inf.wav": (encoded("WAV", "FLOAT", audio=infinite), "not_finite"),
        "clipped.wav": (encoded("WAV", "PCM_16", audio=(50 * tone()).clip(-1, 1)), "ok"),
        "beyond.wav": (encoded("WAV", "FLOAT", audio=50 * tone()), "ok"),
        "flac_named.mp3": (flac, "ok"),
        "mp3_named.wav": (mp3, "ok"),
        "wav_named.ogg": (wav, "ok"),
        "unpacked.mp3": (compressed_id3(mp3, 1 << 27), "ok"),
        "a name with spaces.flac": (flac, "ok"),
        "-n --help.flac": (flac, "ok"),
        "two\nlines.flac": (flac, "ok"),
        "\x1b[2J 'quoted' $(x) <b>.flac": (flac, "ok"),
        "segfault.flac": (encoded("FLAC", audio=tone(1.1)), "crashed"),
        "hang.flac": (encoded("FLAC", audio=tone(1.3)), "too_slow"),
        "lost.flac": (flac, "missing"),
    }
    for suffix, content in (("wav", wav), ("flac", flac), ("mp3", mp3), ("ogg", ogg)):
        for share in (0.6, 0.85):
            files[f"cut_{share}.{suffix}"] = (content[: int(share * len(content))], "truncated")
        files[f"cut_in_header.{suffix}"] = (content[:20], "unreadable")
    for rate in (8000, 11025, 16000, 32000, 44100, 48000, 96000, 192000):
        files[f"rate_{rate}.wav"] = (encoded("WAV", "PCM_16", rate=rate), "ok")
    for rate in (8000, 11025, 16000, 24000, 48000):
        files[f"rate_{rate}.mp3"] = (encoded("MP3", rate=rate), "ok")
    for channels in range(2, 9):
        files[f"channels_{channels}.flac"] = (encoded("FLAC", "PCM_16", audio=tone(channels=channels)), "ok")
    for subtype in ("PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"):
        files[f"{subtype}.wav"] = (encoded("WAV", subtype), "ok")
    for subtype in ("PCM_S8", "PCM_24"):
        files[f"{subtype}.flac"] = (encoded("FLAC", subtype), "ok")
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    expected = {name: status for name, (_, status) in files.items()}
    cover = np.random.default_rng(2).bytes(8 << 20)
    tagged(folder / "cover.mp3", mp3, mutagen.id3.APIC(encoding=0, mime="image/png", type=3, data=cover))
    (folder / "cover.flac").write_bytes(flac)
    picture = mutagen.flac.Picture()
    picture.data = cover
    pictured = mutagen.flac.FLAC(folder / "cover.flac")
    pictured.add_picture(picture)
    pictured.save()
    tagged(folder / "latin.mp3", mp3, mutagen.id3.TIT2(encoding=0, text=["Motörhead"]))
    tagged(folder / "no_mark.mp3", mp3, mutagen.id3.TIT2(encoding=2, text=["Ünïcode"]))
    tagged(folder / "nul.mp3", mp3, mutagen.id3.TIT2(encoding=3, text=["a\0b"]))
    tagged(folder / "long.mp3", mp3, mutagen.id3.TIT2(encoding=3, text=["x" * (1 << 20)]))
    sparse(folder / "sparse.mp3", 3 << 30, mp3)
    sparse(folder / "sparse.wav", 3 << 30, wav)
    (folder / "link.flac").symlink_to("unknown.flac")
    (folder / "x.mp3").mkdir()
    (folder / "x.mp3" / "inside.flac").write_bytes(flac)
    names = ["cover.mp3", "cover.flac", "latin.mp3", "no_mark.mp3", "nul.mp3", "long.mp3", "link.flac"]
    return expected | dict.fromkeys([*names, "x.mp3/inside.flac"], "ok") | {
        "sparse.mp3": "too_large", "sparse.wav": "too_large",
    }  # fmt: skip


def no_files(folder):
    """What has the name of a song and is no file, by name: the status of a song that a manifest says it is."""
    os.mkfifo(folder / "pipe.mp3")
    (folder / "device.mp3").symlink_to("/dev/zero")
    (folder / "circle.mp3").symlink_to("circle.mp3")
    (folder / "nowhere.mp3").symlink_to("gone.mp3")
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket.mp3")  # in the working directory, for the name of a socket may not be long
    server.close()
    return {
        "pipe.mp3": "not_a_file",
        "device.mp3": "not_a_file",
        "socket.mp3": "not_a_file",
        "circle.mp3": "unreadable",
        "nowhere.mp3": "missing",
    }


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """The folder through the songs table, the digests and the extraction: what was expected, and what came out."""
    folder = tmp_path_factory.mktemp("music")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PATH", str(folder))  # no ffmpeg
        expected, wrong = all_bad_files(folder), no_files(folder)
        Path(os.fsdecode(b"not\xffutf8.flac")).write_bytes(b"")
        songs, rejected = read_catalogue(folder, {"id_from": "path"}, threads=2)
        digests = content_digests(songs["audio"], folder / "cache", 2)
        (manifest,) = shard_manifests(songs, digests, 1)
        named = [(name, str(folder / name), None) for name in [*wrong, "x.mp3"]]
        manifest = pl.concat([manifest, pl.DataFrame(named, schema=MANIFEST, orient="row")])
        (folder / "lost.flac").unlink()
        patch.setattr(extraction, "decode", dangerous(extraction.decode))
        with worker_pool(2) as pool:
            table = extract_shard(manifest, folder / "out" / "000.npy", SETTINGS, folder / "cache", pool, 2)
        frames = np.load(folder / "out" / "000.npy", allow_pickle=False)
    return expected | wrong | {"x.mp3": "not_a_file"}, songs, rejected, digests, table, frames


def dangerous(original):
    """A decoder that dies of one file, and hangs on another."""

    def decode(path, **settings):
        if path.endswith("segfault.flac"):
            faulthandler.disable()  # pytest's, which would report it
            os.kill(os.getpid(), signal.SIGSEGV)
        if path.endswith("hang.flac"):
            time.sleep(600)
        return original(path, **settings)

    return decode


def test_each_file_has_its_status_and_a_reason(outcome):
    expected, _, _, _, table, frames = outcome
    assert dict(table.select("song_id", "status").iter_rows()) == expected
    failed = table.filter(pl.col("status") != "ok")
    assert (failed["detail"].str.len_chars() > 0).all()
    assert failed["frames"].sum() == 0
    assert (table.filter(pl.col("status") == "ok")["detail"] == "").all()
    assert len(frames) == table["frames"].sum() and np.isfinite(frames).all()


def test_the_reason_tells_what_was_found(outcome):
    details = dict(outcome[4].select("song_id", "detail").iter_rows())
    for name, words in {
        "antiphase.flac": "cancel each other out",
        "constant.wav": "a constant of 0.5",
        "silence.flac": "peak is 0",
        "other_rate.mp3": "sample rate or its number of channels changes",
        "sparse.wav": "3.0 GiB",
        "segfault.flac": "SIGSEGV",
        "hang.flac": "within 6 s",
        "zip.mp3": "ffmpeg",
        "half.flac": "0.50 s of audio, 0.6 s are needed",
        "pipe.mp3": "not a regular file",
        "x.mp3": "a folder",
    }.items():
        assert words in details[name], (name, details[name])


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("vbr.mp3", 4.0), ("joined.mp3", 2.4), ("chained.ogg", 2.4), ("unknown.flac", 1.2), ("rate_192000.wav", 1.2)],
)
def test_what_is_decoded_is_whole(outcome, name, seconds):
    found = dict(outcome[4].select("song_id", "seconds").iter_rows())[name]
    assert found == pytest.approx(seconds, abs=0.2)  # an mp3's encoder adds up to 0.1 s at both ends


def test_the_folder_says_what_is_no_song(outcome):
    _, songs, rejected, digests, _, _ = outcome
    reasons = {Path(text).name: reason for reason, text in rejected.select("reason", "text").iter_rows()}
    assert reasons.pop("not\ufffdutf8.flac") == BAD_NAME
    assert reasons == dict.fromkeys(["pipe.mp3", "device.mp3", "socket.mp3", "circle.mp3", "nowhere.mp3"], NO_FILE)
    titles = dict(songs.select("song_id", "title").iter_rows())
    assert (titles["latin.mp3"], titles["no_mark.mp3"], titles["nul.mp3"]) == ("Motörhead", "Ünïcode", "a, b")
    assert len(titles["long.mp3"]) == 1 << 20
    assert titles["unpacked.mp3"] is None  # it unpacks to more than a tag holds
    without = {Path(path).name for path, digest in digests.items() if digest is None}
    assert without == {"sparse.mp3", "sparse.wav"}  # so large a file is not even read


def test_a_compressed_title_of_a_sensible_size_is_read(tmp_path):
    (tmp_path / "a.mp3").write_bytes(compressed_id3(encoded("MP3"), 1000))
    assert read_tags(tmp_path / "a.mp3").title == "x" * 999


MEMORY = """
import re, sys
from pathlib import Path
from coldwave.audio.decode import decode
from coldwave.audio.digests import content_digests
from coldwave.audio.status import AudioError
from coldwave.plays.audio_folder import read_tags

def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

folder = Path(sys.argv[1])
import mutagen.id3
read_tags(folder / "tags.mp3")
before = peak()
for path in sorted(folder.glob("*")):
    read_tags(path)
    for settings in ({}, {"duration": 30}):
        try:
            decode(path, sample_rate=22050, **settings)
            print(path.name, "ok")
        except AudioError as error:
            print(path.name, error.status)
content_digests([str(folder / "three.wav")], folder / "cache")
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process its peak memory")
def test_large_files_do_not_fill_the_memory(tmp_path):
    wav = bytearray(encoded("WAV", "PCM_16"))
    sparse(tmp_path / "three.wav", 3 << 30, bytes(wav))
    for place, size in ((4, (1 << 30) + 36), (wav.find(b"data") + 4, 1 << 30)):
        wav[place : place + 4] = size.to_bytes(4, "little")
    sparse(tmp_path / "one.wav", (1 << 30) + 44, bytes(wav))  # six hours of it
    sparse(tmp_path / "nothing.mp3", 1 << 30)
    (tmp_path / "tags.mp3").write_bytes(compressed_id3(encoded("MP3"), 1 << 27))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path], cwd=SCRIPTS, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    *statuses, megabytes = done.stdout.splitlines()
    assert statuses == [
        "nothing.mp3 unreadable", "nothing.mp3 unreadable", "one.wav too_long", "one.wav silent", "tags.mp3 ok",
        "tags.mp3 ok", "three.wav too_large", "three.wav too_large",
    ]  # fmt: skip
    assert int(megabytes) < 100


NO_PERMISSION = """
import os, sys
from pathlib import Path
from coldwave.audio.decode import decode
from coldwave.audio.digests import content_digests
from coldwave.audio.status import AudioError
from coldwave.errors import InputError
from coldwave.plays.audio_folder import read_folder

folder = Path(sys.argv[1])
if os.geteuid() == 0:
    read_folder(folder, "path")  # imports what the user below may not, in a checkout that is closed to others
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
songs, rejected = read_folder(folder, "path")
print([song["song_id"] for song in songs], [(reason, Path(path).name) for _, reason, path in rejected])
try:
    decode(folder / "closed.flac", sample_rate=22050)
except AudioError as error:
    print(error)
print(content_digests([str(folder / "closed.flac")], folder / "cache"))
try:
    read_folder(folder / "shut", "path")
except InputError as error:
    print(error)
"""


def test_what_may_not_be_read_is_set_aside():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        flac = encoded("FLAC", "PCM_16")
        for path, mode in (("open.flac", 0o644), ("closed.flac", 0)):
            (folder / path).write_bytes(flac)
            (folder / path).chmod(mode)
        (folder / "shut").mkdir()
        (folder / "shut" / "inside.flac").write_bytes(flac)
        (folder / "shut").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", NO_PERMISSION, folder], cwd=SCRIPTS, capture_output=True, text=True, check=False
        )
        (folder / "shut").chmod(0o755)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "['closed.flac', 'open.flac'] [('folder cannot be listed', 'shut')]",
            "unreadable: permission denied",
            f"{{'{folder}/closed.flac': None}}",
            f"{folder}/shut: this folder cannot be listed (Permission denied) (plays.songs.path)",
        ]
