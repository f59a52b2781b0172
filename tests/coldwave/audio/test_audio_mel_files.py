"""Mel-spectrograms that others have made, against librosa's own conversions and plain slices."""

import io
import os
import struct

import librosa
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.audio.extraction import TABLE, Settings, extract_shard, extract_song, log_mels_of, worker_pool
from coldwave.audio.mel_files import Mels
from coldwave.audio.status import STATUSES, AudioError

OPTIONS = {
    "source": "mel",
    "sample_rate": 16000,
    "hop": 256,
    "mel_bands": 48,
    "mel_unit": "db",
    "duration": None,
    "offset": "middle",
    "min_seconds": 1.0,
    "timeout": 60,
}
RNG = np.random.default_rng(5)


def mels(**changes):
    return Mels.of(OPTIONS | changes)


def saved(folder, array, name="1.npy"):
    np.save(folder / name, array, allow_pickle=True)
    return folder / name


def power(frames=100):
    return RNG.gamma(0.3, 1.0, (48, frames)).astype(np.float32) + np.float32(1e-4)


def test_every_unit_gives_the_same_log_mels(tmp_path):
    mel = power()
    written = {"db": librosa.power_to_db(mel, top_db=None), "ln": np.log(mel), "power": mel}
    for unit, array in written.items():
        for kind in ("<f4", ">f4", "<f8"):
            for order in ("C", "F"):
                rows, seconds = mels(mel_unit=unit).read(saved(tmp_path, np.asarray(array, kind, order=order)))
                assert rows.dtype == np.float16 and rows.shape == (100, 48) and rows.flags.c_contiguous
                np.testing.assert_allclose(rows, np.log(mel).T, atol=0.01)
                assert seconds == pytest.approx(99 * 256 / 16000)


def test_either_axis_may_hold_the_bands(tmp_path):
    mel = librosa.power_to_db(power())
    first, _ = mels().read(saved(tmp_path, mel))
    np.testing.assert_array_equal(mels().read(saved(tmp_path, mel.T))[0], first)
    square = librosa.power_to_db(power(48))
    np.testing.assert_array_equal(mels(min_seconds=0.1).read(saved(tmp_path, square))[0], stored_db(square.T))


def stored_db(mel):
    return np.maximum(mel * np.log(10) / 10, np.log(1e-10)).astype(np.float32).astype(np.float16)


def test_thirty_seconds_of_audio_have_the_frames_that_the_melon_dataset_has():
    assert mels()._frames(30.0) == 1876


@given(
    frames=st.integers(64, 300),
    duration=st.one_of(st.none(), st.floats(1.0, 6.0)),
    offset=st.one_of(st.just("middle"), st.floats(0, 1.0)),
)
def test_the_part_that_is_taken(tmp_path_factory, frames, duration, offset):
    mel = np.tile(np.arange(frames, dtype=np.float32) / 100, (48, 1))
    path = saved(tmp_path_factory.mktemp("mel"), mel)
    settings = mels(mel_unit="ln", duration=duration, offset=offset, min_seconds=0.01)
    wanted = frames if duration is None else min(frames, 1 + int(round(duration * 16000, 6)) // 256)
    begin = (frames - wanted) // 2 if offset == "middle" else round(offset * 62.5)
    if begin >= frames:
        return
    rows, _ = settings.read(path)
    np.testing.assert_array_equal(rows[:, 0], (mel[0, begin : begin + wanted]).astype(np.float16))


def test_silence_below_the_floor_is_raised_to_it(tmp_path):
    mel = librosa.power_to_db(power(), top_db=None)
    mel[:, 3] = -np.inf
    rows, _ = mels().read(saved(tmp_path, mel))
    assert (rows[3] == np.float16(np.log(1e-10))).all()


def header(text):
    text = text.encode("latin1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def npz():
    file = io.BytesIO()
    np.savez(file, mel=np.zeros((48, 100)))
    return file.getvalue()


BYTES = {
    "empty": (b"", "empty"),
    "not npy": (b"RIFF" + bytes(1000), "unreadable"),
    "half": (None, "unreadable"),
    "archive": (npz(), "unreadable"),
    "only magic": (b"\x93NUMPY", "unreadable"),
    "terabytes": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (48, 9999999999999), }\n"), "unreadable"),
    "negative": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (48, -5), }\n") + bytes(99), "unreadable"),
    "code": (header("__import__('os').system('touch pwned')\n") + bytes(99), "unreadable"),
    "deep": (header("[" * 5000 + "\n") + bytes(99), None),
    "strange type": (
        header("{'descr': 'O', 'fortran_order': False, 'shape': (48, 9), }\n") + bytes(9999),
        "unreadable",
    ),
}


@pytest.mark.parametrize("name", BYTES)
def test_hostile_files_are_a_status(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)  # where a shell would write
    content, status = BYTES[name]
    path = saved(tmp_path, np.zeros((48, 100), np.float32))
    path.write_bytes(path.read_bytes()[:900] if content is None else content)
    found = extract_song(str(path), None, mels(), tmp_path, "")
    assert found.rows is None and found.status in STATUSES
    assert found.status == (status or found.status), found.detail
    assert not (tmp_path / "pwned").exists()


ARRAYS = {
    "objects": (np.array([{"a": 1}, None], dtype=object), "unreadable"),
    "bands": (np.zeros((96, 100)), "unsupported"),
    "cube": (np.zeros((1, 48, 100)), "unsupported"),
    "number": (np.float32(1), "unsupported"),
    "text": (np.full((48, 100), "a"), "unsupported"),
    "complex": (np.ones((48, 100), complex), "unsupported"),
    "no frames": (np.zeros((48, 0), np.float32), None),
    "nan": (np.full((48, 100), np.nan), "not_finite"),
    "infinite": (np.where(np.eye(48, 100), np.inf, 0), "not_finite"),
    "huge": (np.where(np.eye(48, 100), 1e30, 0), "not_finite"),
    "constant": (np.full((48, 100), -80.0), "silent"),
    "short": (RNG.normal(size=(48, 60)), "too_short"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_are_no_mel_spectrogram(tmp_path, name):
    array, status = ARRAYS[name]
    found = extract_song(str(saved(tmp_path, array)), None, mels(), tmp_path, "")
    assert found.rows is None and found.status in STATUSES
    assert found.status == (status or found.status), found.detail


def test_a_power_below_0_tells_of_the_unit(tmp_path):
    with pytest.raises(AudioError, match=r"is audio\.mel_unit right"):
        mels(mel_unit="power").read(saved(tmp_path, RNG.normal(size=(48, 100))))


def test_a_file_that_is_too_long_is_not_taken_into_memory(tmp_path):
    path = tmp_path / "long.npy"
    with path.open("wb") as file:
        file.write(header("{'descr': '<f2', 'fortran_order': False, 'shape': (6000000, 48), }\n"))
        file.truncate(file.tell() + 6_000_000 * 96)
    assert extract_song(str(path), None, mels(), tmp_path, "").status == "too_long"


def test_audio_in_such_a_run_is_told_why_it_cannot_be_heard(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "song.wav", RNG.normal(size=44100) * 0.1, 22050)
    found = extract_song(str(tmp_path / "song.wav"), None, mels(), tmp_path, "")
    assert found.status == "unreadable" and "audio.source: mel" in found.detail


def test_a_shard_of_mels_good_and_bad(tmp_path):
    mel = librosa.power_to_db(power())
    good, bad = saved(tmp_path, mel, "1.npy"), saved(tmp_path, mel[:7], "2.npy")
    again, missing = saved(tmp_path, mel[:, ::-1], "3.npy"), tmp_path / "4.npy"
    os.mkfifo(tmp_path / "5.npy")
    paths = [good, bad, again, missing, tmp_path / "5.npy"]
    manifest = pl.DataFrame(
        {"song_id": list("12345"), "audio": list(map(str, paths)), "digest": ["x"] * 5},
        schema={"song_id": pl.String, "audio": pl.String, "digest": pl.String},
    )
    with worker_pool(2) as pool:
        table = extract_shard(manifest, tmp_path / "shard.npy", mels(), tmp_path / "cache", pool, 2)
    assert table.schema == pl.Schema(TABLE)
    assert table["status"].to_list() == ["ok", "unsupported", "ok", "missing", "not_a_file"]
    frames = np.load(tmp_path / "shard.npy")
    np.testing.assert_array_equal(frames[:100], frames[100:][::-1])
    assert not (tmp_path / "cache").exists()  # reading again is as quick


def test_the_source_decides_how_log_mels_are_made():
    assert log_mels_of(OPTIONS) == mels()
    audio = OPTIONS | {"source": "file", "window": 512}
    assert log_mels_of(audio) == Settings.of(audio)
    del audio["source"]  # of a run that was made before there was a choice
    assert log_mels_of(audio) == Settings.of(audio)
