"""Checkpoints of a training: a killed training resumes from the last one, and ends with the same weights.

A checkpoint is in the cache, under a name made from everything that the training depends on, so that no other is taken
for it. It holds the network, the optimiser, the schedule, the moving average, the learning curve and the best epoch's
weights, after a whole epoch. Random draws depend on the seed and the epoch alone (see ``coldwave.models.cnn.windows``
and ``coldwave.models.cnn.training``), so there is no random state to keep.
"""

import hashlib
import json
import logging
import math
import pickle
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Checkpoint

from coldwave.digest import digest_file
from coldwave.files import replacing
from coldwave.progress import duration

log = logging.getLogger(__name__)

# The next checkpoint is due after this many times as long as the last one took to write. With long epochs, there is one
# after every epoch; with short ones, checkpoints take a fiftieth of the time.
WORTH = 50


def checkpoint_path(
    cache: Path, settings: Mapping[str, Any], seed: int, files: Sequence[Path], threads: int = 1
) -> Path:
    """Name the checkpoint of a training by the content of its settings, files, code and libraries.

    Parameters
    ----------
    files : what the training reads, and its script
    threads : files that are read together
    """
    with ThreadPoolExecutor(threads) as pool:
        digests = list(pool.map(digest_file, files))
    modules = {name: module for name, module in sys.modules.items() if name.startswith("coldwave.")}
    sources = [Path(module.__file__) for _, module in sorted(modules.items()) if getattr(module, "__file__", None)]
    libraries = [version(name) for name in ("lightning", "numpy", "torch")]
    text = json.dumps(
        [dict(settings), seed, digests, [digest_file(path) for path in sources], libraries], sort_keys=True
    )
    return cache / "training" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.ckpt"


def usable_checkpoint(path: Path) -> bool:
    """Return whether there is a whole checkpoint of this name; the log says if another file is not used."""
    if not path.exists():
        return False
    try:
        with zipfile.ZipFile(path) as archive:  # torch does not look at the checksums that it writes
            reason = archive.testzip()
        if reason is None:
            state = torch.load(path, map_location="cpu", weights_only=True)["callbacks"][TrainingCheckpoint.__name__]
            if state["name"] == path.stem:
                return True
            reason = "it is of another training"
    except (OSError, RuntimeError, ValueError, EOFError, LookupError, TypeError, NotImplementedError,
            zipfile.BadZipFile, pickle.UnpicklingError) as error:  # fmt: skip
        reason = str(error).partition("\n")[0] or type(error).__name__
    log.warning("%s: not a whole checkpoint of this training (%s); starting from the beginning", path, reason)
    return False


class TrainingCheckpoint(Checkpoint):
    """Keeps the weights of the best or the last epoch and, if a path is given, the state of the training in a file.

    Parameters
    ----------
    path : the file, replaced after an epoch when it is due; None for none
    weights : returns the weights that were validated, by name
    keep : ``best`` or ``last``
    """

    def __init__(self, path: Path | None, weights: Callable[[], Mapping[str, torch.Tensor]], keep: str = "best"):
        self.path, self.weights, self.keep = path, weights, keep
        self.best: dict[str, torch.Tensor] = {}
        self.best_loss = math.inf
        self.due = 0.0

    @property
    def state_key(self) -> str:
        return type(self).__name__

    def state_dict(self) -> dict[str, Any]:
        return {"name": self.path.stem if self.path else None, "best": self.best, "best_loss": self.best_loss}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best, self.best_loss = state_dict["best"], state_dict["best_loss"]

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if pl_module.curve:
            done, spent = len(pl_module.curve), duration(pl_module.curve[-1]["seconds"])
            log.info(
                "resumed at epoch %d from a checkpoint: the epochs before it took %s",
                done + 1,
                spent,
                extra={"screen": True},
            )

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        loss = pl_module.curve[-1]["validation_loss"]
        if loss < self.best_loss or (self.keep == "last" and math.isfinite(loss)):
            self.best_loss = loss
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in self.weights().items()}
        last = trainer.should_stop or trainer.current_epoch + 1 == trainer.max_epochs
        # the first process's clock decides for all: each takes part in writing
        if self.path and not last and trainer.strategy.broadcast(time.monotonic() >= self.due):
            self._write(trainer)

    def _write(self, trainer: lightning.Trainer) -> None:
        begin = time.monotonic()
        if trainer.is_global_zero:
            with replacing(self.path) as temporary:
                trainer.save_checkpoint(temporary)
        else:
            trainer.save_checkpoint(self.path)  # writes nothing, and waits for the first process
        end = time.monotonic()
        self.due = end + WORTH * (end - begin)
