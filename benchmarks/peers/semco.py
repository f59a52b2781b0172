"""SEMCo (gmeehan96/SEMCo): songs' features are projected, and a user is the mean of the songs played."""

from argparse import Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.exported import Exported

FUNCTIONS = ("sparsemax", "softmax", "entmax15")
MODELS = (*FUNCTIONS, *(f"{name}+artist" for name in FUNCTIONS))
# main_SEMCo.py, of the music data set `onion`
PUBLISHED = {
    "sparsemax": {"reg": 0.0001, "sm_scale": 10},
    "softmax": {"reg": 0.01, "sm_scale": 0.1},
    "entmax15": {"reg": 0.0005, "sm_scale": 2},
}
# its README
SCALES = {
    "sparsemax": (6, 8, 10, 12, 14, 16, 18, 20),
    "softmax": (0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5),
    "entmax15": (1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5),
}
PENALTIES = (0.0, 0.00001, 0.0001, 0.0005, 0.001)
SHARED = {"decay_lr_epoch": (True, 15), "lr": 0.001, "bs": 2048, "emb_sizes": (192, 64), "emb_size": 64}
# read by its class, and not set by its script
LACKING = {"model": "SEMCo", "dataset": "run", "topN": "20", "epochs": 15, "patience": 10, "eval_batch_size": 2048}


def published(model: str, exported: Exported) -> dict[str, Any]:
    """Give the settings that its repository publishes for music."""
    return PUBLISHED[model.partition("+")[0]]


def drawn(model: str, exported: Exported, rng: np.random.Generator) -> dict[str, Any]:
    """Draw settings from the ranges of its README."""
    return {"reg": float(rng.choice(PENALTIES)), "sm_scale": float(rng.choice(SCALES[model.partition("+")[0]]))}


def fit(
    model: str, settings: dict[str, Any], exported: Exported, seed: int, device: Any, folder: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Train it, and give vectors [users, k] and [songs, k]."""
    import_module("util.utils").set_seed(seed, False)
    function, _, artist = model.partition("+")
    content = [exported.content]
    if artist:  # the artist as a second modality, one of many
        content.append(np.eye(exported.artists.max() + 1, dtype=np.float32)[exported.artists])
    import_module("util.databuilder").DataBuilder = None  # imported, not used, and not there
    import_module("util.evaluator").Metric.hit_ratio = lambda origin, hits: 0  # not there; for a report alone
    rows = exported.rows
    data = [rows[name] for name in ("train", "warm", "cold_val", "cold_val", "warm", "cold_test", "cold_test")]
    numbers = len(exported.user_ids), len(exported.song_ids)
    users = np.arange(numbers[0])
    trainer = import_module("models.SEMCo").SEMCo(
        Namespace(**LACKING, **SHARED, **settings, fn=function),
        *data, *numbers, users, exported.warm, [], exported.cold, device, item_content=content,
    )  # fmt: skip
    trainer.train()
    return trainer.user_emb.detach().cpu().numpy(), trainer.item_emb.detach().cpu().numpy()
