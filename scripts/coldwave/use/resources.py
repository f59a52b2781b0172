"""What recommending takes from a run, files that it does not know among it."""

from pathlib import Path

import numpy as np

from coldwave.errors import InputError
from coldwave.models.knn import unit_length
from coldwave.use.hearing import Heard, HeardFile
from coldwave.use.kinds import BOW
from coldwave.use.models import find_model
from coldwave.use.predicting import can_hear, predict
from coldwave.use.scoring import SOUND
from coldwave.use.vectors import Chosen, Vectors


class Resources(Vectors):
    """What recommending takes from a run: its vectors, and what hears a file."""

    def heard(self, file: str | Path | Heard) -> Heard:
        """Open a file that the run may not know, if it is not open yet. Raises InputError if there is none."""
        return file if isinstance(file, Heard) else HeardFile(file, self.files)

    def check_hears(self, chosen: Chosen) -> None:
        """Raise InputError if a file cannot be scored as songs are."""
        model = chosen.model
        if not (can_hear(model) if model else self.sound(find_model(self.files, self.default_model[0])) == BOW):
            raise InputError(
                f"{self.files.folder}: {chosen.name} cannot hear files: it does not listen, or to a table's embeddings"
            )

    @property
    def hears_files(self) -> bool:
        """Whether songs can be compared with a file: by what the default model hears, with what hears it."""
        try:
            chosen = self.chosen(None, None, SOUND)
            self.check_hears(chosen)
        except InputError:
            return False
        features = self.sound(find_model(self.files, self.default_model[0]))
        return "audio" in self.files.config and (features != BOW or self.files.has("bow/codebook.npy"))

    def vector(self, heard: Heard, chosen: Chosen) -> np.ndarray:
        """Return the vector with which a file is scored by what is heard of it: float32 [k], NaN if there is none.

        Raises
        ------
        InputError
            The file has no usable audio, or the model cannot hear it.
        """
        if chosen.model:
            return predict(heard, chosen.model)[0]
        features = self.sound(find_model(self.files, self.default_model[0]))
        return unit_length(heard.features(features))[0]
