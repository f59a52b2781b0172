"""ACARec (gmeehan96/ACARec), and the baselines of its repository: factors of new songs, from artist and content.

The class as published does not run: its learner takes and gives another number of values, its base class lacks
``valid``, a file is missing, and names of modules and the order of arguments differ between files. What is needed to
run it is put in place here.
"""

import random
import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from benchmarks.peers.exported import Exported

BASELINES = ("DeepMusic", "GAR", "Heater")  # with and without the artist's mean
MODELS = ("ACARec", *BASELINES, *(f"{name}+artist" for name in BASELINES), "CLCRec")
HEADS = 8
STRANGERS = 50  # training songs, drawn anew in each epoch, that stand for the other songs of a new artist
# main.py and main_baseline.py, of the music data set `m4a_onion`
PUBLISHED = {
    "ACARec": {
        "bs": 1024, "lr": 0.0005, "reg": 0.0, "patience": 15, "n_artist_items": 5, "num_heads": HEADS,
        "use_self_attn": True, "residual": False, "gru_mix": True, "glu_mix": False,
        "content_input": True,
    },
    "DeepMusic": {"bs": 2048, "lr": 0.001, "reg": 0.0},
    "DeepMusic+artist": {"bs": 2048, "lr": 0.001, "reg": 0.000001},
    "GAR": {"bs": 1024, "lr": 0.0001, "reg": 0.000001, "alpha": 1.0, "beta": 0.0},
    "GAR+artist": {"bs": 1024, "lr": 0.0001, "reg": 0.00001, "alpha": 1.0, "beta": 0.6},
    "Heater": {"bs": 1024, "lr": 0.0001, "reg": 0.00001, "alpha": 0.001, "n_dropout": 0.5, "n_expert": 7},
    "Heater+artist": {"bs": 1024, "lr": 0.0001, "reg": 0.00001, "alpha": 0.0001, "n_dropout": 0.5, "n_expert": 5},
    "CLCRec": {
        "bs": 2048, "lr": 0.001, "reg": 0.0001, "patience": 5, "temp_value": 1.0, "lr_lambda": 0.2, "num_sample": 0.9,
        "num_neg": 128,
    },
}  # fmt: skip
# ranges of our own about them, as it publishes none
RANGES = {
    "": {"lr": (0.0001, 0.0003, 0.001, 0.003), "reg": (0.0, 0.000001, 0.00001, 0.0001)},
    "ACARec": {"n_artist_items": (3, 5, 10), "use_self_attn": (True, False)},
    "GAR": {"alpha": (0.5, 0.9, 1.0), "beta": (0.0, 0.6, 0.8)},
    "Heater": {"alpha": (0.00001, 0.0001, 0.001), "n_dropout": (0.5, 0.8), "n_expert": (5, 7)},
    "CLCRec": {"temp_value": (0.5, 1.0, 2.0), "lr_lambda": (0.2, 0.6)},
}
SHARED = {"dataset": "run", "topN": "20", "epochs": 500, "patience": 10, "eval_freq": 1, "backbone": "WMF"}
LACKING = {"cold_object": "item", "artist_mean_file": "artist_means", "emb_scale": 1.0, "n_negs": None}


def published(model: str, exported: Exported) -> dict[str, Any]:
    """Give the settings that its repository publishes for Music4All-Onion."""
    return PUBLISHED[model]


def drawn(model: str, exported: Exported, rng: np.random.Generator) -> dict[str, Any]:
    """Draw settings from ranges about the published ones."""
    ranges = RANGES[""] | RANGES.get(model.partition("+")[0], {})
    return PUBLISHED[model] | {name: rng.choice(values).item() for name, values in ranges.items()}


def fit(
    model: str, settings: dict[str, Any], exported: Exported, seed: int, device: Any, folder: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Train it on the run's factors, and give vectors [users, f] and [songs, f]."""
    name, _, artist = model.partition("+")
    users, songs, means = (
        torch.from_numpy(np.pad(array, ((0, 0), (0, -array.shape[1] % HEADS))))  # attention wants whole heads
        for array in (exported.user_factors, exported.song_factors, exported.artist_means())
    )
    saved = {"WMF": (users, songs), "artist_means": means}
    torch.load = lambda path, **given: saved[Path(path).stem]  # what it would read from files
    _repair()
    import_module("util.utils").set_seed(seed, False)
    catalogue = np.bincount(exported.artists[exported.warm]).max()  # larger ones are padded, and take longer
    tracks = {"val_artist_tracks": int(min(250, max(catalogue, STRANGERS)))}
    args = {"model": name, "emb_size": users.shape[1], "use_artist_mean": bool(artist)}
    args |= SHARED | LACKING | tracks | settings
    rows = exported.rows
    data = [rows[part] for part in ("train", "warm", "cold_val", "cold_val", "warm", "cold_test", "cold_test")]
    given = [*data, *map(len, (users, songs)), np.arange(len(users)), exported.warm, [], exported.cold]
    given += [exported.artists] if name == "ACARec" else []
    trainer = getattr(import_module(f"models.{name}"), name)(
        Namespace(**args), *given, device, item_content=exported.content
    )
    if name == "ACARec":  # a new artist gets some of all training songs
        catalogues, played = trainer.data.artist_track_map, set(exported.warm.tolist())
        for one in exported.artists[exported.cold]:
            catalogues[one] = catalogues[one] or played
    trainer.train()
    return trainer.user_emb.detach().cpu().numpy(), trainer.item_emb.detach().cpu().numpy()


def _repair() -> None:
    """Put in place what the published files lack."""
    sys.modules.setdefault("ray", ModuleType("ray"))  # imported, not used
    builder = ModuleType("util.databuilder")  # the file is missing; that of ACARec does more
    with_artists = import_module("util.artist_databuilder").ColdStartDataBuilder_Artist
    builder.ColdStartDataBuilder = lambda *given: with_artists(*given[:13], [], *given[13:])
    sys.modules.setdefault("util.databuilder", builder)
    base = import_module("models.BaseRecommenderAE")
    sys.modules["models.BaseRecommender"] = base
    base.BaseColdStartTrainer.valid = _valid
    import_module("util.evaluator").Metric.hit_rate = lambda origin, hits: np.mean([hit > 0 for hit in hits.values()])
    utils = import_module("util.utils")
    utils.sample = lambda items, number: random.sample(sorted(items), number)  # of a set, which Python now refuses
    ours = import_module("models.ACARec")
    if not hasattr(ours, "as_published"):
        batches, learner = ours.as_published = ours.next_batch_artist, ours.ACARec_Learner
        ours.next_batch_artist = lambda *given, n_negs=None, **named: batches(*given, **named)
        begin, forward = learner.__init__, learner.forward
        learner.__init__ = lambda self, args, data, size, heads, _, device: begin(self, args, data, size, heads, device)
        learner.forward = lambda self, *given: (forward(self, *given), None, None)


def _valid(self: Any, kind: str) -> dict:
    """List the 20 best validation songs of each user, as the forks of the same base class do."""
    songs = self.data.mapped_cold_valid_item_idx
    scores = self.user_emb @ self.item_emb[songs].T
    values, places = torch.topk(scores, min(self.max_N, len(songs)))
    return self.get_rec_list_full(self.data.cold_valid_set, places, values, songs)
