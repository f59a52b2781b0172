"""What can be done with the kinds of models that predict songs which nobody has played: one row for each kind."""

from typing import NamedTuple

FEATURES, LOG_MELS, PREDICTIONS = "features", "log_mels", "audio"  # what a model hears
BOW = "bow"  # the features that are the bag of words
BLENDED = "models"  # what a blend hears: predictions of several models; and how its user vectors are made

FACTORS = "factors"  # song vectors are factors, and meet the users' factors
MEAN = "mean"  # a user's vector is the mean of the vectors of the songs played
DISTANCE = "distance"  # a song's vector is (z, |z|^2), and a user's (2 mean of z, -1)
EVERYONE = "everyone"  # a song's vector is its score, and a user's is 1, whoever it is


class Kind(NamedTuple):
    """A kind of model.

    Attributes
    ----------
    hears : ``FEATURES``, ``PREDICTIONS`` (of another model) or ``BLENDED`` (of several), each named by the setting of
        that name, or ``LOG_MELS``
    leaves_out : whether its predictions of songs that it has learnt from are those of a model without each
    order : its place where models cannot be judged by validation songs: the lowest is taken
    personal : whether users get rankings of their own
    """

    hears: str
    leaves_out: bool
    order: int
    personal: bool = True

    @property
    def combines(self) -> bool:
        """Whether it stands on other models, and hears what they hear."""
        return self.hears in (PREDICTIONS, BLENDED)


KINDS = {
    "linear": Kind(FEATURES, True, 0),
    "knn": Kind(FEATURES, False, 1),
    "mlp": Kind(FEATURES, False, 2),
    "cnn": Kind(LOG_MELS, False, 3),
    "mlr": Kind(FEATURES, False, 4),
    "names": Kind(PREDICTIONS, True, 5),
    "contrastive": Kind(FEATURES, False, 6),
    "catalogue_attention": Kind(FEATURES, True, 7),
    "popularity_estimate": Kind(FEATURES, True, 8, personal=False),
    "blend": Kind(BLENDED, False, 9),
}
