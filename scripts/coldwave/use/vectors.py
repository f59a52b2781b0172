"""What scores and compares songs of a run: models, listeners, features. Each is found when it is first needed."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from coldwave.analysis.usage_patterns import pattern_root, unit_patterns
from coldwave.errors import InputError
from coldwave.evaluation.recommendation import FEW
from coldwave.models.knn import unit_length
from coldwave.use.choice import choose_model
from coldwave.use.files import RECORDING, RunFiles
from coldwave.use.folding import Folding
from coldwave.use.kinds import BOW, FACTORS, LOG_MELS
from coldwave.use.listeners import Listener
from coldwave.use.models import Model, features_of, find_model, heard_by, listening
from coldwave.use.recordings import Names, Recordings, names_of
from coldwave.use.scoring import PLAYS, Scorer, check_by, plays_scorer, scorer_of, sound_scorer


class Chosen(NamedTuple):
    """How songs are scored: ``model`` is None if they are compared by their features alone. ``notes`` say why."""

    name: str
    model: Model | None
    scorer: Scorer
    notes: list[str]


class Vectors:
    """What scores and compares the songs of a run. ``many`` is as of `coldwave.use.scoring.Scorer`."""

    def __init__(self, files: RunFiles, many: bool = False) -> None:
        self.files, self._many = files, many
        self._folding = Folding(files)
        self._units: dict[str, np.ndarray] = {}
        self._patterns: dict[tuple[str, int], np.ndarray] = {}
        self._chosen: dict[tuple[str | None, int | None, str], Chosen] = {}

    @cached_property
    def default_model(self) -> tuple[str, list[str]]:
        """The model that recommends where none is named, and why it does, in sentences."""
        return choose_model(self.files)

    def chosen(self, model: str | None, seed: int | None, by: str) -> Chosen:
        """Find how songs are scored, by a model that is named or by the default one.

        Raises
        ------
        InputError
            Something named is not in the run, or ``by`` does not go with it.
        """
        key = model, seed, by
        if key not in self._chosen:
            found = self._choose(*key)
            self._chosen[key] = found._replace(scorer=replace(found.scorer, many=self._many))
        return self._chosen[key]

    def _choose(self, model: str | None, seed: int | None, by: str) -> Chosen:
        check_by(by)
        if model is not None:
            found = find_model(self.files, model, seed)
            return Chosen(model, found, scorer_of(self.files, found, by), [])
        if by == PLAYS:  # which are the same whatever a model hears
            return self._by_plays(seed)
        name, notes = self.default_model
        found = find_model(self.files, name, seed)
        features = self.sound(found) if self.files.users < FEW else None
        if features is None:
            return Chosen(name, found, scorer_of(self.files, found, by), list(notes))
        few = "1 user is" if self.files.users == 1 else f"{self.files.users:,} users are"
        note = f"{few} too few for factors: songs are compared by their features ({features}) with those played."
        return Chosen("sound", None, sound_scorer(self.units(features)), [note])

    def _by_plays(self, seed: int | None) -> Chosen:
        first = self.factor_model()
        if first is None:
            raise InputError(f"{self.files.folder}: by plays: none of the run's models that listen predicts factors")
        found = find_model(self.files, first.name, seed)
        return Chosen(found.name, found, scorer_of(self.files, found, PLAYS), [])

    def listener(self, user: str | None, plays: Mapping[str, float] | None, chosen: Chosen) -> Listener:
        """Make the listener: a user of the run, or somebody else who has played some of its songs."""
        if user is not None and plays is not None:
            raise InputError("both a user and plays are given: one of them is needed")
        if plays is not None:
            if not chosen.scorer.vectors:
                raise InputError(
                    f"{self.files.folder}: model {chosen.name} knows the users of the run alone: name one of them, or "
                    "another model"
                )
            return self._folding.of_plays(plays, chosen.scorer)
        user = self.files.only_user if user is None else user
        if user is None:
            raise InputError(f"no user and no plays are given, and the run has {self.files.users:,} users: name one")
        number = self.files.user(user)
        if chosen.model is None:
            return self._folding.of_plays(self.plays_of(number), chosen.scorer)
        return self._folding.of_user(number, chosen.model.users, chosen.scorer)

    def plays_of(self, user: int) -> dict[str, int]:
        """Read all plays of a user of the run: from song ids to counts."""
        plays = self.files.plays_of(user)
        return dict(zip(self.files.songs["song_id"].gather(plays["song"]), plays["count"], strict=True))

    def folded(self, plays: Mapping[str, float]) -> Listener:
        """Fold a listener into the run's factorisation."""
        model = self.factor_model()
        return self._folding.of_plays(plays, scorer_of(self.files, model) if model else plays_scorer(self.files))

    def factor_model(self) -> Model | None:
        """Find the default model, or the first one that listens and predicts factors; None if there is none."""
        names = listening(self.files)
        names = [self.default_model[0], *names] if names else []
        models = (find_model(self.files, name) for name in names)
        return next((model for model in models if model.vectors == FACTORS), None)

    def song(self, song_id: str) -> int:
        """Find a song's number. Raises InputError if the run has no such song."""
        if song_id not in self.files.song_numbers:
            raise InputError(f"{self.files.folder}: the run has no song {song_id!r}; songs go by their song_id")
        return self.files.song_numbers[song_id]

    def sound(self, model: Model | None) -> str | None:
        """Name the features that songs are compared by: the model's, or else those that the run has; None without."""
        config, heard = self.files.config, heard_by(model) if model else []
        names = [*(name for name in heard if name != LOG_MELS), BOW, *config["embeddings"], *config.get("encoders", {})]
        return next((name for name in names if self.files.has(features_of(name))), None)

    def units(self, features: str) -> np.ndarray:
        """Return song features at unit length: float32 [songs, d], NaN rows for songs without.

        They are laid out dimension by dimension: products with one vector then take half the time.
        """
        if features not in self._units:
            self._units[features] = np.asfortranarray(unit_length(self.files.array(features_of(features))))
        return self._units[features]

    def patterns(self, model: Model) -> np.ndarray:
        """Return the predicted usage patterns of songs at unit length: float32 [songs, factors], laid out likewise."""
        key = model.name, model.seed
        if key not in self._patterns:
            self._patterns[key] = np.asfortranarray(unit_patterns(model.songs, self.root))
        return self._patterns[key]

    @cached_property
    def root(self) -> np.ndarray:
        """The root of the users' Gram matrix (``coldwave.analysis.usage_patterns``)."""
        return pattern_root(self.files.array("wmf/user_factors.npy"))

    def recordings(self, model: Model | None) -> Recordings:
        """Start to tell songs from other files of the same recordings."""
        features = self.sound(model)
        units = None if features is None else self.units(features)
        return Recordings(self.names, self._recording_ids, units)

    @cached_property
    def _recording_ids(self) -> list[str | None]:
        return self.files.songs[RECORDING].to_list()

    @cached_property
    def names(self) -> Names:
        """The songs' names, folded."""
        return names_of(self.files.songs)
