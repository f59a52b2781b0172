"""A small finished run that has kept its log-mels, with models of every kind that hears."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

import coldwave
from coldwave.audio.index import INDEX
from coldwave.bow.mfcc import mfcc
from coldwave.files import write_array, write_table
from coldwave.models.cnn.network import LAYERS, SongEnsemble, SongNetwork
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import Heard as HeardSongs
from coldwave.models.names.prediction import fit_names, predict_names
from coldwave.models.weights import write_weights
from coldwave.use.hearing import NAMED, Heard
from coldwave.use.models import Model, find_model
from coldwave.use.predicting import predict
from coldwave.wmf.gram import score_metric
from tests.coldwave.use.small_runs import FACTORS, MODELS, SEED, change_config, write_run

AUDIO = {"sample_rate": 22050, "window": 1024, "hop": 512, "mel_bands": 128, "duration": 30.0, "offset": 2.0,
         "min_seconds": 1.0, "timeout": 60.0, "shards": 1}  # fmt: skip
WORDS, FEATURES, WINDOW = 12, 10, 50
HIDDEN = 8
NETWORK = {"window": WINDOW, "channels": [6], "kernel": 4, "pool": 4, "pooling": "flatten", "dense": [5],
           "normalization": "none", "blocks": "plain", "dilations": [], "dropout": 0.0}  # fmt: skip
HEARING = {
    **{name: MODELS[name] for name in ("linear", "knn", "metric", "random")},
    "mlp": {"kind": "mlp", "features": "bow"},
    "cnn": {"kind": "cnn", "accelerator": "cpu", "members": 2, **NETWORK},
    "names": {"kind": "names", "audio": "linear", "refit": False},
    "given": {"kind": "linear", "features": "table", "refit": False},
}


def write_heard_run(folder: Path, log_mels: dict[int, np.ndarray]) -> Path:
    """Write a run of 60 songs, of which those in ``log_mels``, float16 [frames, 128], have been heard."""
    rng = np.random.default_rng(7)
    write_run(folder, models=HEARING | {"mlp": {"kind": "usage"}, "cnn": {"kind": "usage"}, "names": {"kind": "usage"}})
    frames = np.concatenate([mfcc(log_mel, 13) for log_mel in log_mels.values()]) / 10
    arrays = {
        "codebook": frames[rng.choice(len(frames), WORDS, replace=False)],
        "pca_components": rng.normal(size=(FEATURES, WORDS)),
        "frame_scale": np.full(39, 10),
        "pca_mean": np.full(WORDS, 1 / WORDS),
    }
    for name, array in arrays.items():
        write_array(folder / f"bow/{name}.npy", array.astype(np.float32))
    change_config(folder, audio=AUDIO, bow={"coefficients": 13}, models=HEARING)
    ends = dict(zip(log_mels, np.cumsum([len(one) for one in log_mels.values()]), strict=True))
    rows = [(song, "000", ends[song] - len(log_mels[song]), len(log_mels[song]), 0.0, "ok", "") if song in log_mels
            else (song, None, 0, 0, 0.0, "unreadable", "it is noise") for song in range(60)]  # fmt: skip
    write_table(folder / "audio/index.parquet", pl.DataFrame(rows, schema=INDEX, orient="row"), INDEX)
    write_array(folder / "audio/log_mel/000.npy", np.concatenate(list(log_mels.values())))
    _write_mlp(folder, rng)
    _write_cnn(folder)
    _predict(folder, log_mels)
    return folder


def _write_mlp(folder: Path, rng: np.random.Generator) -> None:
    arrays = {"feature_mean": rng.normal(size=FEATURES), "feature_scale": np.ones(FEATURES),
              "layer_0.weight": rng.normal(size=(HIDDEN, FEATURES)), "layer_0.bias": rng.normal(size=HIDDEN),
              "layer_1.weight": rng.normal(size=(FACTORS, HIDDEN)), "layer_1.bias": rng.normal(size=FACTORS),
              "target_mean": rng.normal(size=FACTORS), "target_scale": np.ones(FACTORS)}  # fmt: skip
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    write_weights(folder / f"models/mlp/{SEED}.safetensors", arrays, HEARING["mlp"])


def _write_cnn(folder: Path) -> None:
    torch.manual_seed(0)
    statistics = {"band_mean": np.full(128, -8.0), "band_scale": np.full(128, 4.0), "target_mean": np.ones(FACTORS),
                  "target_map": np.eye(FACTORS)}  # fmt: skip
    network = SongEnsemble([SongNetwork(**{name: NETWORK[name] for name in LAYERS}, **statistics) for _ in range(2)])
    write_weights(folder / f"models/cnn/{SEED}.safetensors", network.arrays(), HEARING["cnn"])


def _write_names(folder: Path) -> None:
    run = coldwave.load(folder)
    x, y = (np.asarray(run.files.array(f"wmf/{name}_factors.npy")) for name in ("user", "song"))
    linear = np.asarray(run.files.array(f"predictions/linear/{SEED}.npy"))
    heard = HeardSongs(linear, np.zeros(len(y), dtype=bool))
    groups, known = find_groups(run.songs), run.files.training
    names = fit_names(groups, y, known, score_metric(x), heard)
    tensors = names.tensors(heard)
    write_weights(folder / f"models/names/{SEED}.safetensors", tensors, HEARING["names"])
    write_array(folder / f"predictions/names/{SEED}.npy", predict_names(groups, y, known, names, heard))


def predicted(log_mel: np.ndarray, model: Model) -> np.ndarray:
    """Predict log-mels, float16 [frames, bands], as those of a song without names."""
    return predict(Heard(model.files, pl.DataFrame([[None]] * len(NAMED), schema=NAMED), [log_mel]), model)[0]


def _predict(folder: Path, log_mels: dict[int, np.ndarray]) -> None:
    """Replace the predictions of the songs heard by what the models make of their log-mels."""
    files = coldwave.load(folder).files
    for name in ("linear", "knn", "metric", "mlp", "cnn"):
        predictions = np.array(files.array(f"predictions/{name}/{SEED}.npy"))
        for song, log_mel in log_mels.items():
            predictions[song] = predicted(log_mel, find_model(files, name))
        write_array(folder / f"predictions/{name}/{SEED}.npy", predictions)
    _write_names(folder)
