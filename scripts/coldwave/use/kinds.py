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
    leaves_out : whether its predictions of songs that it has learnt from are those of a model without each
    order : its place where models cannot be judged by validation songs: the lowest is taken
    """

    hears: str
    leaves_out: bool
    order: int


KINDS = {
    "linear": Kind(FEATURES, True, 0),
    "knn": Kind(FEATURES, False, 1),
    "mlp": Kind(FEATURES, False, 2),
    "cnn": Kind(LOG_MELS, False, 3),
    "mlr": Kind(FEATURES, False, 4),
    "names": Kind(PREDICTIONS, True, 5),
    "catalogue_attention": Kind(FEATURES, True, 6),
}
