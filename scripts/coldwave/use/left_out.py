"""What a model makes of a song, in all and without each of its segments."""

from typing import NamedTuple

import numpy as np

from coldwave.errors import InputError
from coldwave.models.knn import unit_length
from coldwave.use.files import RunFiles
from coldwave.use.hearing import NAMED, Heard
from coldwave.use.kinds import BLENDED, BOW, LOG_MELS, PREDICTIONS
from coldwave.use.log_mels import frame_seconds
from coldwave.use.models import Model, stands_on
from coldwave.use.predicting import load_cnn, predict
from coldwave.use.segments import frequencies_without, means_without, segment_ends

LENGTH = 3.0  # seconds of a segment, about

LeftOut = tuple[np.ndarray, np.ndarray]  # the segments' ends, int [n + 1] frames; vectors [1 + n, k]


def features_without(files: RunFiles, log_mel: np.ndarray) -> LeftOut:
    """Make the bag of words of a song at unit length, in all and without each segment."""
    ends, features = _bags(files, log_mel)
    return ends, unit_length(features)


def predicted_without(model: Model, log_mel: np.ndarray, song: int) -> LeftOut:
    """Predict a song of the run, in all and without each segment, with a model that can hear files.

    A segment of a bag of words is about ``LENGTH`` seconds long. That of a network is as many windows as fit best, so
    that what is left is the mean over the others.

    Raises
    ------
    InputError
        The song is too short, or the model hears an encoder, of whose windows the run keeps the mean alone.
    """
    if model.kind.hears == PREDICTIONS:
        return _combined(model, log_mel, song)
    if model.kind.hears == BLENDED:
        return _blended(model, log_mel, song)
    if model.kind.hears == LOG_MELS:
        return _by_windows(model, log_mel)
    if model.features != BOW:
        raise InputError(f"{model.name} hears {model.features}, of which the run keeps one vector for the whole song")
    ends, features = _bags(model.files, log_mel)
    named = model.files.songs.select(list(NAMED))[[song] * len(features)]
    return ends, predict(Heard(model.files, named, [], {BOW: features}), model)


def _bags(files: RunFiles, log_mel: np.ndarray) -> LeftOut:
    from scipy.sparse import csr_matrix

    from coldwave.bow.codebook import nearest_words
    from coldwave.bow.features import project
    from coldwave.bow.mfcc import mfcc

    learnt = files.bag_of_words()
    ends = segment_ends(len(log_mel), LENGTH / frame_seconds(files))
    frames = mfcc(log_mel, files.config[BOW]["coefficients"]) / learnt["frame_scale"]
    words = nearest_words(frames, learnt["codebook"])
    shares = frequencies_without(words, ends, len(learnt["codebook"]))
    return ends, project(csr_matrix(shares), learnt["pca_mean"], learnt["pca_components"])


class _Segments(NamedTuple):
    """The segments of one song, as a source of windows."""

    log_mel: np.ndarray
    begins: np.ndarray

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        begins = self.begins[songs] + starts
        return np.stack([self.log_mel[begin : begin + length] for begin in begins]).astype(np.float32)


def _by_windows(model: Model, log_mel: np.ndarray) -> LeftOut:
    from coldwave.models.cnn.prediction import predict as predict_windows
    from coldwave.models.devices import best_device

    network, settings = load_cnn(model)
    window = settings["window"]
    each = max(1.0, LENGTH / frame_seconds(model.files) / window)
    ends = segment_ends(len(log_mel) // window, each)
    source = _Segments(log_mel, ends[:-1] * window)
    sizes = np.diff(ends)
    means = predict_windows(network, source, sizes * window, window, best_device(settings["accelerator"]))
    return ends * window, means_without(means, sizes)


def _combined(model: Model, log_mel: np.ndarray, song: int) -> LeftOut:
    """A model on names and audio moves as what is heard: names are added to it."""
    (on,) = stands_on(model)
    ends, heard = predicted_without(on, log_mel, song)
    return ends, model.songs[song] + heard - on.songs[song]


def _blended(model: Model, log_mel: np.ndarray, song: int) -> LeftOut:
    """A blend moves as all of its parts that listen, if they hear segments of the same lengths."""
    parts = stands_on(model)
    found = [predicted_without(one, log_mel, song) if one.kind else None for one in parts]
    ends, *others = (one[0] for one in found if one)
    if not all(np.array_equal(ends, other) for other in others):
        raise InputError(f"the models that {model.name} blends hear segments of different lengths")
    still = (np.repeat(one.songs[[song]], len(ends), axis=0) for one in parts)
    return ends, model.blend.songs([own if one is None else one[1] for one, own in zip(found, still, strict=True)])
