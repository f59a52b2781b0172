"""Checks of the settings of audio and of the bag of words against each other, and against what gives the audio."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow.wording import Keys, short


def _given_mels(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    """Where mel-spectrograms are given, there is no audio to decode."""
    if config["audio"]["source"] != "mel":
        return
    if config["world"] is not None:
        yield ("audio", "source"), "mel, but the songs of the demo world are audio files: write file, or world: null"
    songs = config["plays"]["songs"]["path"]
    if songs and Path(songs).is_dir():
        yield (
            ("plays", "songs", "path"),
            f"{short(songs)} is a folder of audio, and audio.source: mel takes a songs table: name the NPY files in "
            "its column audio, or by plays.songs.audio_pattern",
        )
    for name, model in config["models"].items():
        if model.get("features") in config["encoders"]:
            yield (
                ("models", name, "features"),
                f"{model['features']} is an encoder, which hears audio, and audio.source: mel has none: take bow or an "
                "embedding",
            )


def _audio_pattern(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for keys, songs in ((("plays", "songs"), config["plays"]["songs"]), (("new_songs",), config["new_songs"])):
        if songs["audio_pattern"] and "audio" in songs["columns"]:
            where = ".".join(keys)
            yield (
                (*keys, "audio_pattern"),
                f"{short(songs['audio_pattern'])} takes the place of a column: leave out {where}.columns.audio",
            )


def _frame(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    window, hop = config["audio"]["window"], config["audio"]["hop"]
    if window < hop and config["audio"]["source"] == "file":
        yield ("audio", "window"), f"{window} is below audio.hop ({hop}), which would skip samples"


def _mel_bands(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    bands, bins = config["audio"]["mel_bands"], config["audio"]["window"] // 2 + 1
    if bands > bins and config["audio"]["source"] == "file":
        yield ("audio", "mel_bands"), f"{bands} is more than the {bins} frequencies of an audio.window"


def _duration(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    duration, shortest = config["audio"]["duration"], config["audio"]["min_seconds"]
    if duration is not None and duration < shortest:
        yield (
            ("audio", "duration"),
            f"{duration} is below audio.min_seconds ({shortest}): every song would be set aside",
        )


def _coefficients(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    coefficients, bands = config["bow"]["coefficients"], config["audio"]["mel_bands"]
    if coefficients > bands:
        yield ("bow", "coefficients"), f"{coefficients} is more than audio.mel_bands ({bands})"


def _codebook(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    words, frames = config["bow"]["words"], config["bow"]["sample_frames"]
    if frames < words:
        yield ("bow", "sample_frames"), f"{frames} is below bow.words ({words}): k-means needs a frame for each word"


CHECKS = (_given_mels, _audio_pattern, _frame, _mel_bands, _duration, _coefficients, _codebook)
