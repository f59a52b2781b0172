"""Time decoding and the log-mel of a 30-second clip, beside librosa's own functions."""

import tempfile
from pathlib import Path

import librosa
import numpy as np
import soundfile
from timing import compare

from coldwave.audio.decode import decode
from coldwave.audio.log_mel import log_mel

RATE = 22050

rng = np.random.default_rng(0)
with tempfile.TemporaryDirectory() as folder:
    for suffix in ("mp3", "flac", "ogg"):
        path = Path(folder) / f"clip.{suffix}"
        noise = 0.1 * rng.standard_normal((30 * 44100, 2))
        with soundfile.SoundFile(path, "w", 44100, 2) as file:
            for begin in range(0, len(noise), 44100):  # libsndfile has crashed on long Vorbis buffers
                file.write(noise[begin : begin + 44100])
        compare(
            f"decode 30 s of stereo {suffix} at 44.1 kHz to mono at 22,050 Hz",
            {
                "coldwave": lambda path=path: decode(path, sample_rate=RATE),
                "librosa.load": lambda path=path: librosa.load(path, sr=RATE),
            },
        )
    signal = decode(path, sample_rate=RATE)
    compare(
        "log-mel of 30 s",
        {
            "coldwave": lambda: log_mel(signal, RATE, 1024, 512, 128),
            "librosa": lambda: np.log(
                np.maximum(1e-10, librosa.feature.melspectrogram(y=signal, sr=RATE, n_fft=1024, hop_length=512))
            ),
        },
    )
