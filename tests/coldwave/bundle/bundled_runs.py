"""A small finished run with audio, whose models are learnt from it or have weights drawn by chance."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import soundfile
import torch
import yaml

from coldwave.audio.log_mel import log_mel, stored
from coldwave.bow.codebook import count_shard, frame_scale, learn_codebook
from coldwave.bow.features import fit_pca, frequencies, project
from coldwave.bow.mfcc import mfcc
from coldwave.embeddings.reading import COLUMNS
from coldwave.embeddings.scaling import scaled, scaling
from coldwave.files import write_array, write_table
from coldwave.models.cnn.network import LAYERS, SongEnsemble, SongNetwork
from coldwave.models.cnn.prediction import predict
from coldwave.models.contrastive.prediction import predict_contrastive
from coldwave.models.contrastive.starts import from_features
from coldwave.models.knn import mean_played, unit_length
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.mlp.prediction import predict_mlp
from coldwave.models.mlp.training import train_mlp
from coldwave.models.mlr.vectors import embed, metric_users, song_vectors
from coldwave.models.weights import write_weights
from coldwave.plays.tables import write_plays, write_songs, write_users
from coldwave.split.parts import SCHEMA
from coldwave.wmf.als import factorise_songs
from coldwave.wmf.gram import score_metric
from tests.coldwave.export.odd_runs import write_tables
from tests.coldwave.use.small_runs import FACTORS, SEED, WMF, make_plays, songs_table, users_table

USERS, SONGS, SECONDS = 50, 40, 2.0
AUDIO = {
    "sample_rate": 8000,
    "window": 256,
    "hop": 128,
    "mel_bands": 32,
    "duration": None,
    "offset": 0.0,
    "min_seconds": 1.0,
    "timeout": None,
}
EMBEDDED = ["warm", "slow", "même", "d", "e", "f", "10"]  # columns of the embedding
BOW = {"coefficients": 6, "words": 12}
NETWORK = {
    "window": 30,
    "channels": [6, 8],
    "kernel": 4,
    "pool": [3, 2],
    "pooling": "attention",
    "dense": [10],
    "normalization": "batch",
    "blocks": "residual",
    "dilations": [1, 2],
    "dropout": 0.3,
}
MODELS = {
    "linear": {"kind": "linear", "features": "bow"},
    "mlp": {"kind": "mlp", "features": "bow", "hidden": [9], "batch_size": 8, "learning_rate": 0.01,
            "weight_decay": 0.0, "epochs": 3, "patience": 3},
    "knn": {"kind": "knn", "features": "bow"},
    "metric": {"kind": "mlr", "features": "bow", "similarity": "distance"},
    "cosine": {"kind": "mlr", "features": "bow", "similarity": "cosine"},
    "tower": {"kind": "contrastive", "features": "bow"},
    "net": {"kind": "cnn", "members": 2, "accelerator": "cpu", **NETWORK},
    "given": {"kind": "linear", "features": "given"},
    "usage_in_sample": {"kind": "usage", "held_out": False},
}  # fmt: skip
HEARING = [
    name for name, settings in MODELS.items() if settings.get("features") != "given" and "held_out" not in settings
]


def sound(number: int, seconds: float = SECONDS) -> np.ndarray:
    """Make a song of its own: float32 [samples], notes and noise that come and go."""
    rng = np.random.default_rng([SEED, number])
    time = np.arange(int(seconds * AUDIO["sample_rate"])) / AUDIO["sample_rate"]
    notes = rng.uniform(100, 3000, (4, 1)) * (1 + 0.2 * np.sin(2 * np.pi * rng.uniform(0.2, 3, (4, 1)) * time))
    loud = np.abs(np.sin(2 * np.pi * rng.uniform(0.3, 4, (4, 1)) * time)) ** 3 * rng.uniform(0.01, 0.2, (4, 1))
    mixed = (loud * np.sin(2 * np.pi * notes * time)).sum(axis=0) + rng.uniform(0.001, 0.05) * rng.normal(
        size=len(time)
    )
    return mixed.astype(np.float32)


def heard(signal: np.ndarray) -> np.ndarray:
    """Make log-mels as a run keeps them: float16 [frames, bands]."""
    return stored(log_mel(signal, *(AUDIO[name] for name in ("sample_rate", "window", "hop", "mel_bands"))))


def random_network(rng: np.random.Generator, bands: int, factors: int, layers: dict) -> SongNetwork:
    """Make a network whose weights and statistics are all drawn by chance."""
    statistics = {
        "band_mean": rng.normal(-8, 2, bands),
        "band_scale": rng.uniform(1, 3, bands),
        "target_mean": rng.normal(size=factors),
        "target_map": rng.normal(size=(factors, factors)),
    }
    network = SongNetwork(**layers, **statistics)
    state = {}
    for name, tensor in network.state_dict().items():
        values = rng.normal(size=tuple(tensor.shape)) / np.sqrt(max(1, tensor[0].numel() if tensor.dim() > 1 else 4))
        if name in statistics or not tensor.is_floating_point():
            values = tensor.numpy()
        elif tensor.dim() == 1 and name.endswith(("running_var", "weight")):
            values = rng.uniform(0.2, 2, tuple(tensor.shape))
        state[name] = torch.as_tensor(values, dtype=tensor.dtype)
    network.load_state_dict(state)
    return network.eval()


class _Kept:
    """The songs' log-mels, as a source of windows."""

    def __init__(self, log_mels: list[np.ndarray]) -> None:
        self.log_mels = log_mels

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        pairs = zip(songs, starts, strict=True)
        return np.stack([self.log_mels[song][start : start + length] for song, start in pairs]).astype(np.float32)


def write_bundled_run(folder: Path) -> Path:
    """Write a finished run of all kinds of models that can be bundled, and of one that cannot, to ``folder``."""
    rng = np.random.default_rng(SEED)
    plays, _ = make_plays(USERS, SONGS, rng)
    songs = songs_table(plays, SONGS)
    write_songs(folder / "plays/songs.parquet", songs)
    write_users(folder / "plays/users.parquet", users_table(plays, USERS))
    write_plays(folder / "plays/plays.parquet", plays)
    part = np.array(["train"] * 7 + ["validation"] * 2 + ["test"])[np.arange(SONGS) % 10]
    split = pl.DataFrame({"song": range(SONGS), "part": part}, schema=SCHEMA)
    write_table(folder / "split/split.parquet", split, SCHEMA)
    training, validation = part == "train", part == "validation"
    x, y, _ = factorise_songs(plays, training, USERS, iterations=50, solver="exact", seed=1, threads=1, **WMF)
    for name, array in (("user_factors", x), ("song_factors", y), ("fitted_songs", training)):
        write_array(folder / f"wmf/{name}.npy", array)
    log_mels = _write_audio(folder)
    features = {"bow": _write_bag_of_words(folder, log_mels, training, songs["song_id"])}
    features["given"] = _write_embedding(folder, training, rng)
    for name, settings in MODELS.items():
        known, own_users, weights = features.get(settings.get("features")), None, {}
        if settings["kind"] == "linear":
            fit = fit_linear(known, y, training, score_metric(x), [0.1, 1.0])
            vectors = predict_linear(known, fit.weights, fit.intercept, fit.left_out)
            weights = {"weights": fit.weights, "intercept": fit.intercept}
        elif settings["kind"] == "mlp":
            weights, _ = train_mlp(known, y, training, validation, settings, SEED)
            vectors = predict_mlp(known, weights)
        elif settings["kind"] == "knn":
            vectors = unit_length(known)
            own_users = mean_played(plays, vectors, training, USERS)
        elif settings["kind"] == "mlr":
            weights = {
                "mean": rng.normal(size=known.shape[1] - 1) / 50,
                "factor": rng.normal(size=(known.shape[1] - 1, 4)),
            }
            embedded = embed(known, weights["mean"], weights["factor"])
            vectors = song_vectors(embedded, settings["similarity"])
            own_users = metric_users(plays, embedded, training, USERS, settings["similarity"])
        elif settings["kind"] == "contrastive":
            base = from_features(known.shape[1])
            layers = {"hidden": (9, known.shape[1]), "output": (known.shape[1], 9)}
            weights = {"base_weight": base.weight, "base_bias": base.bias}
            for layer, shape in layers.items():
                weights[f"{layer}.weight"] = rng.normal(size=shape).astype(np.float32) / 5
                weights[f"{layer}.bias"] = rng.normal(size=shape[0]).astype(np.float32)
            vectors = predict_contrastive(known, weights)
            own_users = mean_played(plays, vectors, training, USERS)
        elif settings["kind"] == "cnn":
            layers = {layer: settings[layer] for layer in LAYERS}
            networks = [random_network(rng, AUDIO["mel_bands"], FACTORS, layers) for _ in range(settings["members"])]
            ensemble, frames = SongEnsemble(networks), np.array([len(one) for one in log_mels])
            vectors = predict(ensemble, _Kept(log_mels), frames, settings["window"], torch.device("cpu"))
            weights = ensemble.arrays()
        else:
            vectors = y
        write_array(folder / f"predictions/{name}/{SEED}.npy", vectors)
        if own_users is not None:
            write_array(folder / f"predictions/{name}/{SEED}.users.npy", own_users)
        if weights:
            write_weights(folder / f"models/{name}/{SEED}.safetensors", weights, settings, fitted_on=training)
    write_tables(folder, MODELS)
    config = {"run": folder.name, "seed": SEED, "embeddings": {"given": {}}, "wmf": WMF, "models": MODELS}
    config |= {"audio": AUDIO, "bow": BOW, "protocol": "strict", "data_note": "Sounds made of `notes` and noise."}
    record = {"config": yaml.safe_dump(config, sort_keys=False), "seeds": [SEED], "versions": {}, "machine": {}}
    record |= {"inputs": {"plays": {"path": "plays.txt", "sha256": "0" * 64}}, "outputs": {"plays/plays.parquet": ""}}
    (folder / "provenance.json").write_text(json.dumps(record))
    return folder


def _write_audio(folder: Path) -> list[np.ndarray]:
    """Write the songs' log-mels in two shards, and their index."""
    log_mels = [heard(sound(song)) for song in range(SONGS)]
    rows = []
    for shard, begin in (("0", 0), ("1", SONGS // 2)):
        own = log_mels[begin : begin + SONGS // 2]
        starts = np.cumsum([0, *map(len, own)])
        rows += [(begin + place, shard, starts[place], len(one), SECONDS, "ok", "") for place, one in enumerate(own)]
        write_array(folder / f"audio/log_mel/{shard}.npy", np.concatenate(own))
    index = pl.DataFrame(rows, ["song", "shard", "start", "frames", "seconds", "status", "detail"], orient="row")
    index.write_parquet(folder / "audio/index.parquet")
    return log_mels


def _write_bag_of_words(folder: Path, log_mels: list[np.ndarray], training: np.ndarray, ids: pl.Series) -> np.ndarray:
    """Write the bag of words; return its features."""
    frames = np.concatenate([mfcc(one, BOW["coefficients"]) for one in log_mels])
    scale = frame_scale(frames, True)
    codebook = learn_codebook(frames / scale, BOW["words"], SEED)
    starts = np.cumsum([0, *map(len, log_mels)])
    table = pl.DataFrame({"song_id": ids, "start": starts[:-1], "frames": [len(one) for one in log_mels]})
    counts = count_shard(np.concatenate(log_mels), table, codebook, scale, BOW["coefficients"])
    matrix = frequencies(counts, ids, BOW["words"])
    mean, components = fit_pca(matrix[training], 0.99)
    features = project(matrix, mean, components)
    for name, array in (("codebook", codebook), ("frame_scale", scale), ("pca_mean", mean),
                        ("pca_components", components), ("features", features)):  # fmt: skip
        write_array(folder / f"bow/{name}.npy", array)
    return features


def _write_embedding(folder: Path, training: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Write an embedding with a column that does not vary; return its features."""
    vectors = rng.normal(3, 2, (SONGS, len(EMBEDDED))).astype(np.float32)
    vectors[:, 2] = 5
    mean, scale = scaling(vectors, training, True)
    features = scaled(vectors, mean, scale)
    for name, array in (("", vectors), (".mean", mean), (".scale", scale), (".features", features)):
        write_array(folder / f"embeddings/given{name}.npy", array)
    write_table(folder / "embeddings/given.columns.parquet", pl.DataFrame({"column": EMBEDDED}), COLUMNS)
    return features


def write_wave(path: Path, signal: np.ndarray) -> Path:
    """Write a file that decodes to the very samples."""
    soundfile.write(path, signal, AUDIO["sample_rate"], subtype="FLOAT")
    return path
