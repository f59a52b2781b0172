"""Ranking objectives: a song should score above others for the users who play it (the paper's future work).

With frozen user factors the score of song i for user u is x_u . y'_i. The songs of a batch are each other's negatives:
a play (u, i) is compared with the batch's songs j that u has not played.
"""

import numpy as np
import polars as pl
import scipy.sparse as sparse
import torch
from torch.nn.functional import softplus

from coldwave.models.cnn.objectives import Reference

LOSSES = ("bpr", "sampled_softmax")


def ranking_errors(
    predicted: torch.Tensor,
    users: torch.Tensor,
    owners: torch.Tensor,
    negatives: torch.Tensor,
    loss: str,
    temperature: float,
) -> torch.Tensor:
    """Measure how far songs that a song's users have not played score above it, as a mean over its plays.

    With d_j = (x_u . y'_j - x_u . y'_i) / temperature for the n negatives j of a play (u, i), its loss is

    - ``bpr`` (Bayesian personalised ranking): the mean over j of log(1 + exp(d_j)), divided by log 2;
    - ``sampled_softmax``: log(1 + sum over j of exp(d_j)), divided by log(1 + n).

    The divisor is the loss if all scores are the same, so 1 means that nothing was learnt, for every size of batch. A
    play without negatives also counts 1: it teaches nothing, and has no gradient. Songs are drawn into batches evenly
    and not by their plays, so negatives need no correction for popularity.

    Parameters
    ----------
    predicted : [songs, factors], y'
    users : [plays, factors], x_u of who played, one row for each play
    owners : int [plays], the song of each play, in 0..songs-1
    negatives : bool [plays, songs], the songs that the user of a play has not played

    Returns
    -------
    [songs], 0 for a song without plays; in single precision whatever the precision of the network. The cost and the
    memory grow with plays x songs of the batch.
    """
    with torch.autocast(predicted.device.type, enabled=False):
        scores = users @ predicted.T / temperature
        above = scores - scores.gather(1, owners.unsqueeze(1))
        count = negatives.sum(dim=1)
        if loss == "bpr":
            losses = (softplus(above) * negatives).sum(dim=1) / count.clamp(min=1) / np.log(2)
        else:
            own = torch.zeros_like(above[:, :1])
            exponents = torch.cat([own, above.masked_fill(~negatives, -torch.inf)], dim=1)
            losses = torch.logsumexp(exponents, dim=1) / torch.log1p(count.clamp(min=1))
        losses = torch.where(count > 0, losses, torch.ones_like(losses))
        sums = torch.zeros(len(predicted), dtype=losses.dtype, device=losses.device).index_add(0, owners, losses)
        return sums / torch.bincount(owners, minlength=len(predicted)).clamp(min=1)


def capped_plays(by_song: sparse.csr_matrix, cap: int, rng: np.random.Generator) -> sparse.csr_matrix:
    """Draw at most ``cap`` plays of each song at random: CSR [songs, users], from all plays in the same form."""
    owners = np.repeat(np.arange(by_song.shape[0]), np.diff(by_song.indptr))
    shuffled = np.lexsort([rng.random(by_song.nnz), owners])
    place = np.arange(by_song.nnz) - by_song.indptr[owners]  # within its song; owners are in order before and after
    kept = np.sort(shuffled[place < cap])
    ends = np.concatenate([[0], np.cumsum(np.bincount(owners[kept], minlength=by_song.shape[0]))])
    return sparse.csr_matrix((by_song.data[kept], by_song.indices[kept], ends), shape=by_song.shape)


class RankingError:
    """Each song's mean ranking error over its plays, with a weight for the song.

    The weight is the song's number of plays to the power of 1 - temper: with 0 every play counts the same, as these
    objectives are commonly used, and with 1 every song does. Weights are scaled so that the training songs' have mean
    1. Song factors are not used.

    Parameters
    ----------
    plays : table ``user``, ``song`` of training and validation songs
    user_factors : float32 [users, factors], frozen
    songs : number of all songs
    training : int [n], the training songs
    loss : ``bpr`` or ``sampled_softmax``
    temperature : difference of two scores that is one unit of the loss's exponent. Scores estimate preferences, which
        are 0 or 1
    plays_per_song : most plays of a song that are compared, drawn once by the seed; they stand for all of its plays.
        All plays decide what a negative is
    temper : from 0 to 1
    seed : of that draw, and of the order of validation songs
    """

    together = True

    def __init__(
        self,
        plays: pl.DataFrame,
        user_factors: np.ndarray,
        songs: int,
        training: np.ndarray,
        loss: str,
        temperature: float,
        plays_per_song: int,
        temper: float,
        seed: int,
    ):
        if loss not in LOSSES:
            raise ValueError(f"{loss} is not one of {', '.join(LOSSES)}")
        self.user_factors, self.loss, self.temperature, self.seed = user_factors, loss, temperature, seed
        pairs = plays["song"].to_numpy(), plays["user"].to_numpy()
        shape = (songs, len(user_factors))
        self.by_song = sparse.csr_matrix((np.ones(plays.height, dtype=bool), pairs), shape=shape)
        self.by_song.sort_indices()
        self.compared = capped_plays(self.by_song, plays_per_song, np.random.default_rng(seed))
        counts = np.diff(self.by_song.indptr)
        weights = np.where(counts > 0, counts.clip(min=1) ** (1.0 - temper), 0.0)
        mean = weights[training].mean()
        self.weights = torch.as_tensor(weights / (mean if mean > 0 else 1), dtype=torch.float32)

    def known(self, songs: np.ndarray) -> tuple[torch.Tensor, ...]:
        """The songs' weights [n], then the arguments of `ranking_errors` after the first, up to ``negatives``.

        Whether a user of one of the plays has played a song of the batch is looked up in the songs' plays: nothing
        here is as large as the number of users.
        """
        compared, played = self.compared[songs], self.by_song[songs]
        owners = np.repeat(np.arange(len(songs)), np.diff(compared.indptr))
        users, place = np.unique(compared.indices, return_inverse=True)
        row = np.repeat(np.arange(len(songs)), np.diff(played.indptr))
        found = np.isin(played.indices, users)
        has_played = np.zeros((len(users), len(songs)), dtype=bool)
        has_played[np.searchsorted(users, played.indices[found]), row[found]] = True
        arrays = (self.user_factors[compared.indices], owners, ~has_played[place])
        return self.weights[torch.from_numpy(songs)], *map(torch.from_numpy, arrays)

    def errors(self, predicted: torch.Tensor, weights: torch.Tensor, *known: torch.Tensor) -> torch.Tensor:
        """See `ranking_errors`; each times the weight of its song."""
        return weights * ranking_errors(predicted, *known, self.loss, self.temperature)

    def reference(self, songs: np.ndarray, mean: np.ndarray) -> Reference:
        """0 is no error, and 1 that of equal scores, which any one vector for all songs gives."""
        unit = float(self.weights[torch.from_numpy(songs)].double().mean())
        return Reference(0.0, unit if unit > 0 else 1.0)

    def order(self, songs: np.ndarray) -> np.ndarray:
        """Shuffled, by the seed: neighbours in the songs table may be of one artist, and would be compared."""
        return np.random.default_rng(self.seed).permutation(songs)
