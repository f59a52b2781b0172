"""What can be done with the kinds of models that predict songs which nobody has played: one row for each kind."""

from typing import NamedTuple

FEATURES, LOG_MELS, PREDICTIONS = "features", "log_mels", "audio"  # what a model hears

FACTORS = "factors"  # song vectors are factors, and meet the users' factors
MEAN = "mean"  # a user's vector is the mean of the vectors of the songs played
DISTANCE = "distance"  # a song's vector is (z, |z|^2), and a user's (2 mean of z, -1)


class Kind(NamedTuple):
    """A kind of model.

    Attributes
    ----------
    hears : ``FEATURES`` or ``PREDICTIONS`` (of another model), each named by the setting of that name, or ``LOG_MELS``
    vectors : how user vectors are made of song vectors
    leaves_out : whether its predictions of songs that it has learnt from are those of a model without each
    order : its place where models cannot be judged by validation songs: the lowest is taken
    """

    hears: str
    vectors: str
    leaves_out: bool
    order: int


KINDS = {
    "linear": Kind(FEATURES, FACTORS, True, 0),
    "knn": Kind(FEATURES, MEAN, False, 1),
    "mlp": Kind(FEATURES, FACTORS, False, 2),
    "cnn": Kind(LOG_MELS, FACTORS, False, 3),
    "mlr": Kind(FEATURES, MEAN, False, 4),
    "metadata": Kind(PREDICTIONS, FACTORS, True, 5),
}
