"""A finished run as an object that recommends songs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.new_songs.batches import Batch, held, read_batches
from coldwave.use.excluding import UNHEARD
from coldwave.use.files import RunFiles
from coldwave.use.heard_tags import tags_heard, tags_of_file
from coldwave.use.hearing import Heard
from coldwave.use.kinds import BOW
from coldwave.use.models import features_of, find_model, listening
from coldwave.use.neighbours import similar
from coldwave.use.new_files import recommend_files, recommend_new
from coldwave.use.placing import Placed, listeners_by_lift, tags_of_nearest
from coldwave.use.predicting import can_hear, predict
from coldwave.use.reasons import Why, explain
from coldwave.use.recommending import Recommended, recommend
from coldwave.use.resources import Resources
from coldwave.use.scoring import BOTH
from coldwave.use.seconds import find_seconds


class Run:
    """A finished run. `coldwave.load` makes it."""

    def __init__(self, files: RunFiles, many: bool = False) -> None:
        self.files = files
        self._resources = Resources(files, many)

    def for_many(self) -> "Run":
        """The same run for many answers, as a server gives them: faster, for a copy of songs' vectors in memory."""
        return Run(self.files, many=True)

    @property
    def songs(self) -> pl.DataFrame:
        """The run's songs: row n is song n."""
        return self.files.songs

    @property
    def default_model(self) -> tuple[str, list[str]]:
        """The model that recommends where none is named, and why it does, in sentences."""
        return self._resources.default_model

    @property
    def recommended_by(self) -> tuple[str, list[str]]:
        """What recommends where no model is named, and why: the default model, or in a run of few users "sound"."""
        chosen = self._resources.chosen(None, None, BOTH)
        return chosen.name, chosen.notes

    @property
    def hears_files(self) -> bool:
        """Whether songs can be compared with a file that the run has never seen."""
        return self._resources.hears_files

    def plays_of(self, user: str) -> dict[str, int]:
        """All plays of a user of the run, those of validation and test songs too, from song ids to counts."""
        return self._resources.plays_of(self.files.user(user))

    def recommend(
        self,
        user: str | None = None,
        plays: Mapping[str, float] | None = None,
        *,
        n: int = 30,
        among: str | Sequence[str] = UNHEARD,
        per_artist: int | None = 3,
        exclude: Iterable[str] = (),
        model: str | None = None,
        seed: int | None = None,
        by: str = BOTH,
    ) -> Recommended:
        """Recommend songs to a user of the run, or to somebody else who has played some of its songs.

        Parameters
        ----------
        user : a user's id; may be left out if the run has just one
        plays : in place of it, from song ids to numbers of plays
        n : songs at most
        among : "unheard" (not played by the listener), "nobody" (played by nobody), "all", or ids of songs (of which
            those unheard). Only "all" recommends what the listener has played.
        per_artist : songs of one artist at most; None takes any number
        exclude : song ids, artists, albums, tags, or folders of audio
        model, seed : by default, the model that ranks validation songs best, and its first seed. In a run of few users,
            songs are compared by their features with those played, weighted by the confidence in the plays.
        by : "both" scores a song by its own plays if enough users have played it, and else by what the model has heard;
            "sound" and "plays" do one alone

        Each recording is recommended once, and not if the listener has played it under another id. A song that many
        have played is known better, so songs that nobody has played are few in the default list: ``among="nobody"``
        asks for them.

        A user of the run has the vector that the run has made of plays of training songs, so that ``by="sound"`` ranks
        test songs as the run's tables say. ``plays=run.plays_of(user)`` folds all of the plays in.

        Raises
        ------
        InputError
            Something named is not in the run.
        """
        return recommend(self._resources, user, plays, n, among, per_artist, exclude, model, seed, by)

    def recommend_files(
        self,
        files: Sequence[str | Path],
        user: str | None = None,
        plays: Mapping[str, float] | None = None,
        *,
        n: int = 30,
        per_artist: int | None = 3,
        exclude: Iterable[str] = (),
        model: str | None = None,
        seed: int | None = None,
    ) -> Recommended:
        """Recommend audio files, which the run need not know, by what is heard of them. Else as `recommend`.

        A file's ``song_id`` is its path, and its names are those of its tags.

        Raises
        ------
        InputError
            Something named is not in the run, nothing in it can hear a file, or no file has usable audio.
        """
        paths = [Path(file) for file in files]
        return recommend_files(self._resources, paths, user, plays, n, per_artist, exclude, model, seed)

    def recommend_new(
        self,
        user: str | None = None,
        plays: Mapping[str, float] | None = None,
        *,
        n: int = 30,
        per_artist: int | None = 3,
        exclude: Iterable[str] = (),
        model: str | None = None,
        seed: int | None = None,
    ) -> Recommended:
        """Recommend new songs that the run has placed in batches (``new_songs``). Else as `recommend`.

        Raises
        ------
        InputError
            Something named is not in the run, or no batch holds songs that the run, as it is now, has placed.
        """
        return recommend_new(self._resources, user, plays, n, per_artist, exclude, model, seed)

    @property
    def batches(self) -> list[Batch]:
        """The batches of new songs, in the order in which they were made."""
        return read_batches(self.files.folder)

    @property
    def new_songs(self) -> pl.DataFrame:
        """The new songs that batches hold, each as the newest batch has it: ``coldwave.new_songs.batches.SONGS``."""
        return held(self.batches)

    def scores(
        self,
        user: str | None = None,
        plays: Mapping[str, float] | None = None,
        *,
        model: str | None = None,
        seed: int | None = None,
        by: str = BOTH,
    ) -> np.ndarray:
        """Score all songs, played or not: float32 [songs], NaN for those that cannot be scored. See `recommend`."""
        chosen = self._resources.chosen(model, seed, by)
        return chosen.scorer.scores(self._resources.listener(user, plays, chosen).vector)

    def why(
        self,
        user: str | Mapping[str, float] | None,
        song: str,
        *,
        model: str | None = None,
        seed: int | None = None,
        by: str = BOTH,
        seconds: bool = True,
    ) -> Why:
        """Divide a song's score exactly over the songs of a listener's history, and count the tags in common.

        If an encoder of the run gives tags, those heard in the song and in the history are told as well.

        What the seconds of its audio do to the score is told as well (``coldwave.use.seconds``), where it comes from
        what is heard and the run has kept its log-mels or the song's file is there.

        Parameters
        ----------
        user : a user's id, or plays, as in `recommend`; None if the run has just one user
        song : a song's id
        seconds : whether to hear the song for its seconds

        Raises
        ------
        InputError
            The user or song is not in the run, or the song cannot be scored.
        """
        number, chosen = self._resources.song(song), self._resources.chosen(model, seed, by)
        plays = user if isinstance(user, Mapping) else None
        listener = self._resources.listener(None if plays is not None else user, plays, chosen)
        if not np.isfinite(chosen.scorer.rows(np.array([number]))).all():
            raise InputError(f"song {song!r} cannot be scored by {chosen.name}: no usable audio, or too few plays")
        why = explain(self.songs, listener, chosen.scorer, number)
        heard, played = (tags_heard(self.files, songs) for songs in (np.array([number]), listener.songs))
        why = why._replace(heard=heard, heard_played=played)
        return why._replace(seconds=find_seconds(self._resources, chosen, listener, number)) if seconds else why

    def fold_in(self, plays: Mapping[str, float]) -> np.ndarray:
        """Solve for a listener's factors from plays, with the run's song factors frozen: float32 [factors].

        The settings are those of the run's factorisation. A song that it has not fitted counts by the factors of its
        own plays, if enough users have played it, or else by those that the default model predicts.

        Raises
        ------
        InputError
            The run has none of the songs, or a number of plays is not above 0.
        """
        return self._resources.folded(plays).vector

    def similar(
        self, song: str | Path | Heard, n: int = 20, *, model: str | None = None, seed: int | None = None
    ) -> pl.DataFrame:
        """List the nearest songs to a song of the run, or to an audio file.

        Rows with ``by`` "sound" go by the cosine of song features (bag of words or embedding), those with "usage" by
        the cosine of predicted usage patterns over the run's users. Either may be missing: a run may have no features,
        no model of factors that hears the file, or fewer than 30 users, too few to tell who plays what.

        Returns
        -------
        table ``SIMILAR`` of ``coldwave.use.neighbours``, at most ``n`` rows of each sort

        Raises
        ------
        InputError
            It is neither a song of the run nor a file with usable audio.
        """
        return similar(self._resources, song, n, model, seed)

    def sound_vectors(self) -> np.ndarray:
        """Return the features by which songs are compared, at unit length: float32 [songs, d], NaN rows without.

        Raises
        ------
        InputError
            The run has no features of songs.
        """
        chosen = self._resources.factor_model() or find_model(self.files, self.default_model[0])
        features = self._resources.sound(chosen)
        if features is None:
            raise InputError(f"{self.files.folder}: the run has no features of songs")
        return self._resources.units(features)

    def place(
        self,
        file: str | Path,
        n: int = 10,
        *,
        model: str | None = None,
        seed: int | None = None,
        vectors: bool = True,
    ) -> Placed:
        """Place a file that the run has never seen: ``n`` nearest songs, their tags, and ``n`` users it stands out for.

        Users are ranked by how much higher they score it than other songs (``coldwave.use.lift.Lift``). If a model
        is named, it alone hears the file. Without ``vectors``, only models that are needed for this hear it.

        Raises
        ------
        InputError
            There is no such file, it has no usable audio, or nothing in the run can hear a file.
        """
        heard = self._resources.heard(file)
        similar = self.similar(heard, n, model=model, seed=seed)
        listeners, scored_by = listeners_by_lift(self._resources, heard, n, model, seed)
        found = self.embed(heard, [model] if model else None) if vectors else {}
        return Placed(
            similar,
            tags_of_nearest(self.songs, similar),
            listeners,
            scored_by,
            {name: vector for part in found.values() for name, vector in part.items()},
            tags_of_file(self.files, heard),
        )

    def embed(self, file: str | Path | Heard, models: Iterable[str] | None = None) -> dict[str, dict[str, np.ndarray]]:
        """Hear a file: its features by name under "features", and what each model predicts under "predictions".

        Parameters
        ----------
        models : names of models; by default all that listen. Only networks among them need PyTorch.

        Raises
        ------
        InputError
            There is no such file, or it has no usable audio, or a model that is named cannot hear it.
        """
        heard = self._resources.heard(file)
        if models is None:
            wanted = [model for name in listening(self.files) if can_hear(model := find_model(self.files, name))]
        else:
            wanted = [find_model(self.files, name) for name in models]
        features = {BOW: heard.features(BOW)[0]} if self.files.has(features_of(BOW)) else {}
        return {"features": features, "predictions": {one.name: predict(heard, one)[0] for one in wanted}}
