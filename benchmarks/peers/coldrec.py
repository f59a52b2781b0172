"""ColdRec (YuanchenBei/ColdRec): models for cold songs, on factors of the run in place of its own factorisation."""

import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from benchmarks.peers.exported import Exported

MODELS = (
    "KNN", "DeepMusic", "DUIF", "VBPR", "DropoutNet", "AMR", "MetaEmbedding", "MTPR", "LARA", "Heater", "AGNN",
    "CLCRec", "GAR", "GoRec", "CCFCRec", "ALDI", "USIM", "CGRC", "FSGNN", "M2VAE",
)  # fmt: skip
FIRST = {"AMR": "VBPR"}  # starts from the other's vectors
READ = torch.load
SAVED = "./emb/run_cold_item_{}_{}_emb.pt"
WIDTHS = ("emb_size", "attr_present_dim", "implicit_dim", "cat_implicit_dim")  # those that must fit the factors


def published(model: str, exported: Exported) -> dict[str, Any]:
    """Give the defaults of its own command line."""
    before, sys.argv = sys.argv, ["main.py", "--model", model, "--dataset", "run"]
    try:
        return _fitted(vars(import_module("main").parse_args()), exported)
    finally:
        sys.argv = before


def drawn(model: str, exported: Exported, rng: np.random.Generator) -> dict[str, Any]:
    """Draw settings from the ranges of its own search."""
    args = Namespace(**published(model, exported))
    import_module("param_search")._apply_optuna_suggestions(_Draw(rng), args)
    return _fitted(vars(args), exported)


def fit(
    model: str, settings: dict[str, Any], exported: Exported, seed: int, device: Any, folder: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Train it, and give vectors [users, k] and [songs, k] whose inner products are its scores."""
    if model in FIRST:
        fit(FIRST[model], published(FIRST[model], exported), exported, seed, device, folder)
    (folder / "emb").mkdir(exist_ok=True)
    saved = {"user": exported.user_factors, "item": exported.song_factors}
    saved = {SAVED.format("MF", of): torch.from_numpy(factors) for of, factors in saved.items()}
    for path in saved:
        (folder / path).touch()  # some look whether it is there
    torch.load = lambda path, **given: saved[path] if path in saved else READ(path, **given)
    import_module("util.utils").set_seed(seed, False)
    rows, songs = exported.rows, len(exported.song_ids)
    data = [rows[part] for part in ("train", "warm", "cold_val", "cold_val", "warm", "cold_test", "cold_test")]
    users = np.arange(len(exported.user_ids))
    built = import_module("util.databuilder").ColdStartDataBuilder(
        *data, len(users), songs, users, exported.warm, [], exported.cold, item_content=exported.content
    )
    given = SimpleNamespace(args=Namespace(**settings), device=device, data=built)
    trainer = import_module("model").AVAILABLE_MODELS[model](given)
    watch = trainer.fast_evaluation
    trainer.fast_evaluation = lambda epoch, valid_type: watch(epoch, valid_type="cold")
    trainer.train()
    with torch.no_grad():
        return _vectors(trainer, users)


def _vectors(trainer: Any, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take a model's vectors if its scores are their inner products, else its scores and unit vectors of songs."""
    scores = torch.as_tensor(trainer.batch_predict(users.tolist())).detach().cpu().numpy()
    for ends in (("",), ("_main", "_aux")):
        names = [[f"{of}_emb{end}" for end in ends] for of in ("user", "item")]
        if all(hasattr(trainer, name) for pair in names for name in pair):
            found = [torch.cat([getattr(trainer, name) for name in pair], 1).cpu().numpy() for pair in names]
            if found[0].shape[1] == found[1].shape[1] and np.allclose(found[0] @ found[1].T, scores, 1e-3, 1e-4):
                return found[0], found[1]
    return scores, np.eye(scores.shape[1], dtype=np.float32)


def _fitted(settings: dict[str, Any], exported: Exported) -> dict[str, Any]:
    """Set widths to that of the factors, and save vectors, which AMR reads."""
    width = exported.user_factors.shape[1]
    return settings | {name: width for name in WIDTHS if name in settings} | {"save_emb": True}


class _Draw:
    """What its search asks of a trial, at random."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def suggest_categorical(self, name: str, values: list) -> Any:
        return values[self.rng.integers(len(values))]

    def suggest_int(self, name: str, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def suggest_float(self, name: str, low: float, high: float, log: bool = False) -> float:
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))) if log else self.rng.uniform(low, high))
