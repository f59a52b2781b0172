"""What training minimises: the squared error of the factors (eq. 4) or the weighted prediction error (eq. 5).

Both are sums over songs, so a step needs only a batch of songs and what they are compared with.
The ranking objectives are in ``coldwave.models.cnn.ranking``.
"""

from typing import NamedTuple, Protocol

import numpy as np
import polars as pl
import scipy.sparse as sparse
import torch

from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.gram import gram_matrix
from coldwave.wmf.popularity import popularity_direction

SONG_BLOCK = 256  # songs at a time: bounds memory


class Reference(NamedTuple):
    """The scale of the loss: an error e is shown on the learning curve, and minimised, as (e - origin) / unit."""

    origin: float
    unit: float


class Objective(Protocol):
    """An error for each song, and what it takes to compute it.

    Attributes
    ----------
    together : whether a song's error depends on the other songs of its batch
    """

    together: bool

    def known(self, songs: np.ndarray) -> tuple[torch.Tensor, ...]:
        """What the predictions of some songs, int [n], are compared with."""

    def errors(self, predicted: torch.Tensor, *known: torch.Tensor) -> torch.Tensor:
        """The error of each song, float [n], from its predicted factors [n, factors] and what is known of it."""

    def reference(self, songs: np.ndarray, mean: np.ndarray) -> Reference:
        """The scale on which predicting ``mean``, float32 [factors], for all of these songs is 1."""

    def order(self, songs: np.ndarray) -> np.ndarray:
        """The order in which songs, int [n], are validated: it matters if songs of a batch are compared."""


def squared_errors(predicted: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Squared distance between predicted and wanted factors of each song (eq. 4): [songs, factors] twice → [songs]."""
    return (predicted - targets).square().sum(dim=1)


def weighted_prediction_errors(
    predicted: torch.Tensor,
    gram: torch.Tensor,
    users: torch.Tensor,
    owners: torch.Tensor,
    confidences: torch.Tensor,
) -> torch.Tensor:
    """Sum over all users of c_ui (p_ui - x_u . y'_i)^2 for each song i (eq. 5), at the cost of its plays.

    With s_u = x_u . y', the users who did not play a song (p = 0, c = 1) contribute s_u^2 each. The sum of s_u^2 over
    all users is y' . (X^T X) y', and one who played it contributes c (1 - s_u)^2 - s_u^2 on top.

    Parameters
    ----------
    predicted : [songs, factors], y'
    gram : [factors, factors], X^T X of all users
    users : [plays, factors], x_u of who played, one row for each play
    owners : int [plays], the song of each play, in 0..songs-1
    confidences : [plays], c_ui

    Returns
    -------
    [songs]; in single precision whatever the precision of the network, as it is a small difference of large sums
    """
    with torch.autocast(predicted.device.type, enabled=False):
        # index_select and index_add add up in the order of the plays, so that the same seed gives the same bytes
        scores = (users * predicted.index_select(0, owners)).sum(dim=1)
        observed = confidences * (1 - scores).square() - scores.square()
        return ((predicted @ gram) * predicted).sum(dim=1).index_add(0, owners, observed)


def unit_rows(factors: np.ndarray) -> np.ndarray:
    """Divide each song's factors by their norm: float32 [songs, factors]. A song without plays stays at zero."""
    norms = np.linalg.norm(factors, axis=1, keepdims=True)
    return (factors / np.where(norms > 0, norms, 1)).astype(np.float32)


def total_weights(confidences: sparse.csr_matrix) -> np.ndarray:
    """Sum of c_ui over **all** users, for each song: float64 [songs], from played pairs as CSR [songs, users].

    A user who did not play the song weighs 1, so this is the number of users plus the sum of c_ui - 1 over the
    plays: the weight of all terms that eq. 5 has for the song.
    """
    rows, users = confidences.shape
    plays = np.diff(confidences.indptr)
    return users + np.asarray(confidences.sum(axis=1, dtype=np.float64)).reshape(rows) - plays


def tempered_weights(totals: np.ndarray, temper: float, training: np.ndarray) -> np.ndarray:
    """Weights of the songs that correct the weighted prediction error for popularity: float64 [songs].

    In eq. 5 a song weighs as much as its total weight, the sum of c_ui over all users, which grows with its plays.
    Here song i's term is divided by its total weight to the power of ``temper``: 0 leaves eq. 5 as it is, and with 1
    the weights of every song have the same sum. The result is scaled so that training songs' weights have mean 1,
    which keeps the size of a training step.

    Parameters
    ----------
    totals : float64 [songs], see `total_weights`
    temper : from 0 to 1
    training : int [n], the training songs
    """
    weights = totals**-temper
    return weights / weights[training].mean()


def weighted_objective(
    plays: pl.DataFrame,
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    training: np.ndarray,
    alpha: float,
    epsilon: float,
    temper: float,
    whiten_popularity: bool = False,
) -> "WeightedPredictionError":
    """Set up the weighted prediction error with the confidences of the factorisation.

    Parameters
    ----------
    plays : table ``user``, ``song``, ``count`` of training and validation songs
    user_factors, song_factors : float32 [users, factors], [songs, factors]
    training : int [n], the training songs
    temper, whiten_popularity : see `tempered_weights` and `popularity_direction`
    """
    by_user = confidence_matrix(plays, len(user_factors), len(song_factors), alpha, epsilon)
    by_song = by_user.T.tocsr()
    weights = tempered_weights(total_weights(by_song), temper, training)
    return WeightedPredictionError(by_song, user_factors, song_factors, weights, whiten_popularity)


class SquaredError:
    """Each song's squared error, with the same weight for every song.

    Parameters
    ----------
    targets : float32 [songs, factors]
    metric : float32 [factors, factors], applied to differences of factors before they are squared (see ``whitening``);
        None for none
    """

    together = False

    def __init__(self, targets: np.ndarray, metric: np.ndarray | None = None):
        self.targets, self.metric = targets, metric

    def known(self, songs: np.ndarray) -> tuple[torch.Tensor, ...]:
        """The targets [n, factors] of some songs, and the metric if there is one."""
        targets = torch.as_tensor(self.targets[songs], dtype=torch.float32)
        return (targets,) if self.metric is None else (targets, torch.as_tensor(self.metric))

    def errors(
        self, predicted: torch.Tensor, targets: torch.Tensor, metric: torch.Tensor | None = None
    ) -> torch.Tensor:
        """See `squared_errors`; with a metric, of mapped factors."""
        if metric is None:
            return squared_errors(predicted, targets)
        return squared_errors(predicted @ metric, targets @ metric)

    def reference(self, songs: np.ndarray, mean: np.ndarray) -> Reference:
        """0 is no error, and 1 that of predicting ``mean``."""
        differences = self.targets[songs] - mean
        if self.metric is not None:
            differences = differences @ self.metric
        return Reference(0.0, float(np.square(differences).sum(axis=1).mean()))

    def order(self, songs: np.ndarray) -> np.ndarray:
        """As they are: songs are not compared with each other."""
        return songs


class WeightedPredictionError:
    """Each song's weighted prediction error, with frozen user factors and a weight for the song.

    Parameters
    ----------
    confidences : float32 CSR [songs, users], with nothing stored where a user did not play a song
    user_factors : float32 [users, factors]
    song_factors : float32 [songs, factors], from the songs' own plays, to set the 0 of the learning curve and, where
        popularity is whitened, to measure from
    weights : float [songs], see `tempered_weights`
    whiten : whether popularity weighs no more than another direction, see `popularity_direction`
    """

    together = False

    def __init__(
        self,
        confidences: sparse.csr_matrix,
        user_factors: np.ndarray,
        song_factors: np.ndarray,
        weights: np.ndarray,
        whiten: bool = False,
    ):
        self.confidences, self.user_factors, self.song_factors = confidences, user_factors, song_factors
        self.weights = torch.as_tensor(weights, dtype=torch.float32)
        gram = gram_matrix(user_factors)
        self.gram = torch.as_tensor(gram, dtype=torch.float32)
        direction, weight = popularity_direction(gram) if whiten else (np.zeros(len(gram)), 0.0)
        self.direction = torch.as_tensor(direction, dtype=torch.float32)
        self.direction_weight = torch.tensor(weight, dtype=torch.float32)
        self.popularity = torch.as_tensor(song_factors @ direction, dtype=torch.float32)

    def known(self, songs: np.ndarray) -> tuple[torch.Tensor, ...]:
        """The songs' weights [n], v [factors], its weight, v . y [n], then what `weighted_prediction_errors` takes."""
        plays = self.confidences[songs]
        owners = np.repeat(np.arange(len(songs)), np.diff(plays.indptr))
        users, chosen = self.user_factors[plays.indices], torch.from_numpy(songs)
        arrays = (users, owners, plays.data)
        own = (self.weights[chosen], self.direction, self.direction_weight, self.popularity[chosen])
        return *own, self.gram, *map(torch.from_numpy, arrays)

    def errors(
        self,
        predicted: torch.Tensor,
        weights: torch.Tensor,
        direction: torch.Tensor,
        direction_weight: torch.Tensor,
        popularity: torch.Tensor,
        *known: torch.Tensor,
    ) -> torch.Tensor:
        """See `weighted_prediction_errors`; each times the weight of its song."""
        with torch.autocast(predicted.device.type, enabled=False):
            beside = (predicted * direction).sum(dim=1) - popularity  # 0 unless popularity is whitened
            others = weighted_prediction_errors(predicted - beside[:, None] * direction, *known)
            return weights * (others + direction_weight * beside.square())

    def reference(self, songs: np.ndarray, mean: np.ndarray) -> Reference:
        """0 is the error at the songs' own factors, and 1 that of predicting ``mean``.

        The error is far from zero even at its minimum. On this scale it is, near its minimum, as large as the squared
        error on its own scale, so that the same learning rate suits both. If the songs' own factors are no better
        than the mean, as with very few plays and a strong regularisation, 0 is no error at all.
        """
        at_mean = self._mean_error(songs, np.tile(mean, (len(songs), 1)))
        gap = at_mean - self._mean_error(songs, self.song_factors[songs])
        unit = gap if gap > 0 else at_mean
        return Reference(at_mean - unit, unit)

    def order(self, songs: np.ndarray) -> np.ndarray:
        """As they are: songs are not compared with each other."""
        return songs

    def _mean_error(self, songs: np.ndarray, factors: np.ndarray) -> float:
        blocks = [slice(begin, begin + SONG_BLOCK) for begin in range(0, len(songs), SONG_BLOCK)]
        errors = [self.errors(torch.from_numpy(factors[block]), *self.known(songs[block])) for block in blocks]
        return float(torch.cat(errors).double().mean())
