"""Learn how much each of several models counts in their blend, and how far their scores of validation songs lie apart.

Only predictions as of new songs tell that: with a model that was fitted on validation songs, weights are equal.
"""

from pathlib import Path

import numpy as np

from coldwave.files import read_array, read_table
from coldwave.job import run
from coldwave.models.blend.fitting import fit_blend
from coldwave.models.weights import read_fitted_on, write_weights
from coldwave.split.parts import VALIDATION


def main(
    *,
    plays: Path,
    split: Path,
    audio: list[Path],
    audio_users: list[Path],
    audio_weights: list[Path],
    weights: Path,
    options: dict,
) -> None:
    validation = (read_table(split)["part"] == VALIDATION).to_numpy()
    fitted = {path.parent.name: read_fitted_on(path) for path in audio_weights}
    learnt = [model for model, songs in fitted.items()
              if model not in options["always_new"] and (songs is None or np.any(songs & validation))]  # fmt: skip
    vectors = [[read_array(path, memory_map=True) for path in paths] for paths in (audio_users, audio)]
    blend = fit_blend(
        options["models"], read_table(plays, ["user", "song"]), validation, *vectors, options["weights"], learnt
    )
    write_weights(weights, blend.tensors(), options, fitted_on=validation)


run(main)
