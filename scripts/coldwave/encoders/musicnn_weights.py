"""The weights of MusiCNN, trained on the Million Song Dataset: where they are installed, and what they may be used for.

Pons, Serra, musicnn: pre-trained convolutional neural networks for music audio tagging, late-breaking demo of the 20th
International Society for Music Information Retrieval Conference (2019).
"""

import importlib.util
from pathlib import Path

import numpy as np

from coldwave.digest import digest_file
from coldwave.encoders.bundle import read_bundle
from coldwave.errors import InputError

LICENCE = "ISC, Music Technology Group, Universitat Pompeu Fabra 2019"
CITATION = "Pons, Serra, musicnn: pre-trained convolutional neural networks for music audio tagging (2019)"
PACKAGE, FOLDER, INDEX, DATA = "musicnn", "MSD_musicnn", ".index", ".data-00000-of-00001"
DIGESTS = {
    INDEX: "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
    DATA: "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
}
OPTIMISER = ("Adam", "beta1_power", "beta2_power")  # what training kept besides the weights
TAGS = (
    *("rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock"),
    *("jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow"),
    *("electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient"),
    *("acoustic", "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening"),
    *("sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad"),
    *("House", "happy"),
)  # what the 50 outputs of the network are


def weights_folder(path: str | Path | None = None) -> Path:
    """Find the folder of the weights: in ``path``, else in the installed package ``musicnn``, which is not imported.

    ``path`` may be the folder itself, the package's, or one that the package was unpacked into.

    Raises
    ------
    InputError
        It is not there.
    """
    if path is None:
        found = importlib.util.find_spec(PACKAGE)
        if found is None or not found.submodule_search_locations:
            raise InputError("MusiCNN's weights are not installed: run `make install-musicnn`")
        path = found.submodule_search_locations[0]
    below = [Path(path), Path(path, FOLDER), Path(path, PACKAGE, FOLDER)]
    if found := next((folder for folder in below if (folder / INDEX).is_file()), None):
        return found
    raise InputError(
        f"{path}: MusiCNN's weights are not there (no {INDEX}, nor in {FOLDER} or {PACKAGE}/{FOLDER}): run `make "
        "install-musicnn`, and name no path"
    )


def check_weights(folder: Path) -> None:
    """Check by their digests that the weights are those that this code was written for.

    Raises
    ------
    InputError
        They are not.
    """
    for name, digest in DIGESTS.items():
        if not (folder / name).is_file() or digest_file(folder / name) != digest:
            raise InputError(f"{folder / name}: not the weights of musicnn 0.1.0; run `make install-musicnn`")


def read_weights(folder: Path) -> dict[str, np.ndarray]:
    """Read the weights, float32 by TensorFlow's names.

    Raises
    ------
    InputError
        They are not those that this code was written for.
    """
    check_weights(folder)
    arrays = read_bundle(folder / INDEX, folder / DATA)
    return {name: array for name, array in arrays.items() if not any(word in name for word in OPTIMISER)}
