"""The models of a finished run: their settings, and the vectors whose inner products are scores."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.errors import InputError
from coldwave.models.blend.vectors import Blend
from coldwave.models.weights import read_fitted_on, read_weights
from coldwave.use.files import RunFiles
from coldwave.use.kinds import BLENDED, DISTANCE, EVERYONE, FACTORS, KINDS, LOG_MELS, MEAN, PREDICTIONS, Kind


@dataclass(frozen=True)
class Model:
    """One model of a run, trained with one seed."""

    files: RunFiles
    name: str
    seed: int

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings in the run's config."""
        return self.files.config["models"][self.name]

    @property
    def kind(self) -> Kind | None:
        """What is known of its kind; None if it does not listen."""
        kind = KINDS.get(self.settings["kind"])
        return kind if kind and self.settings.get(kind.hears, kind.hears == LOG_MELS) else None

    @property
    def features(self) -> str | None:
        """The name of the song features that it hears, if it hears any."""
        return self.settings.get("features")

    @property
    def vectors(self) -> str:
        """How its user vectors are made of song vectors: as in ``kinds``; empty if that is not known."""
        if not self.has_own_users:
            return FACTORS
        if self.kind is None:
            return ""
        if not self.kind.personal:
            return EVERYONE
        if self.kind.hears == BLENDED:
            return BLENDED
        return DISTANCE if self.settings.get("similarity") == "distance" else MEAN

    @property
    def has_own_users(self) -> bool:
        """Whether it has user vectors of its own, in place of the factorisation's."""
        return self.files.has(f"predictions/{self.name}/{self.seed}.users.npy")

    @cached_property
    def songs(self) -> np.ndarray:
        """Song vectors, float32 [songs, k], mapped; NaN rows for songs without."""
        return self.files.array(f"predictions/{self.name}/{self.seed}.npy")

    @cached_property
    def users(self) -> np.ndarray:
        """User vectors, float32 [users, k], mapped."""
        own = f"predictions/{self.name}/{self.seed}.users.npy"
        return self.files.array(own if self.has_own_users else "wmf/user_factors.npy")

    @property
    def has_weights(self) -> bool:
        """Whether it has learnt weights."""
        return self.files.has(f"models/{self.name}/{self.seed}.safetensors")

    @property
    def weights_path(self) -> Path:
        """The file of its weights. Raises InputError if it is missing."""
        return self.files.path(f"models/{self.name}/{self.seed}.safetensors")

    def weights(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Read its arrays and settings."""
        return read_weights(self.weights_path)

    @cached_property
    def blend(self) -> Blend:
        """How its parts are joined, if it is a blend."""
        return Blend.of(self.weights()[0])

    @cached_property
    def learnt(self) -> np.ndarray:
        """The songs that it predicts as songs that it has learnt from, not as new ones: bool [songs]."""
        nothing = np.zeros(self.files.songs.height, dtype=bool)
        if self.kind is None or not self.has_weights:
            return nothing
        if self.kind.hears == PREDICTIONS:
            return self.weights()[0]["learnt"].astype(bool)  # by the model that it stands on
        if self.kind.hears == BLENDED:  # whose few weights say little of a song
            return np.any([model.learnt for model in stands_on(self)], axis=0)
        if self.kind.leaves_out:
            return nothing
        fitted = read_fitted_on(self.weights_path)
        return self.files.training | (nothing if fitted is None else fitted)


def listening(files: RunFiles) -> list[str]:
    """List the run's models that listen, in the order of its config."""
    return [name for name in files.config["models"] if Model(files, name, files.seeds[0]).kind]


def seeds_of(files: RunFiles, name: str) -> list[int]:
    """List the seeds that a model was trained with: all of the run's, or the first if it does not depend on chance."""
    return [seed for seed in files.seeds if files.has(f"predictions/{name}/{seed}.npy")]


def find_model(files: RunFiles, name: str, seed: int | None = None) -> Model:
    """Find a model by its name, trained with a seed, or with the run's first.

    Raises
    ------
    InputError
        The run has no such model, or it was not trained with the seed.
    """
    models = files.config["models"]
    if name not in models:
        raise InputError(f"{files.folder}: the run has no model {name!r}; it has {', '.join(models)}")
    seeds = seeds_of(files, name)
    if seed is None and seeds:
        seed = seeds[0]
    if seed not in seeds:
        has = f"it has {', '.join(map(str, seeds))}" if seeds else "its predictions are missing: run `snakemake` again"
        raise InputError(f"{files.folder}: model {name} has no seed {seed}; {has}")
    return Model(files, name, seed)


def stands_on(model: Model) -> list[Model]:
    """Find the models whose predictions a model stands on, each with the same seed if it has several."""
    if model.kind is None or not model.kind.combines:
        return []
    named = model.settings[model.kind.hears]
    return [
        find_model(model.files, name, model.seed if model.seed in seeds_of(model.files, name) else None)
        for name in ([named] if isinstance(named, str) else named)
    ]


def heard_by(model: Model) -> list[str]:
    """Name what a model hears of a song, itself or by the models that it stands on; nothing if it goes by names."""
    if on := stands_on(model):
        return list(dict.fromkeys(name for one in on for name in heard_by(one)))
    return [model.features] if model.features else [LOG_MELS] * (model.kind is not None)


def features_of(name: str) -> str:
    """Name the file of song features, by the name that models give them."""
    return "bow/features.npy" if name == "bow" else f"embeddings/{name}.features.npy"
