"""How high a tower ranks the validation songs that users have played."""

import numpy as np
import polars as pl
import scipy.sparse as sparse
import torch

from coldwave.evaluation.candidates import relevant_songs
from coldwave.evaluation.ranking import rank_songs

MOST = 20_000  # users by whom an epoch is judged: others would change the third digit of the mean AUC at most
BLOCK = 8192  # songs at once


class Judge:
    """Users who have played some but not all of the validation songs, and what they have played.

    Parameters
    ----------
    plays : table ``user``, ``song``; played : CSR [users, training songs], 1 where a user has played one
    inputs : float32 [songs, d], NaN rows for songs without; songs : int [training songs], their rows
    validation : bool [songs]; seed : by which users are drawn where there are more than ``MOST``
    """

    def __init__(
        self,
        plays: pl.DataFrame,
        played: sparse.csr_matrix,
        inputs: np.ndarray,
        songs: np.ndarray,
        validation: np.ndarray,
        seed: int,
    ) -> None:
        held_out = np.flatnonzero(validation & np.isfinite(inputs).all(axis=1))
        starts, relevant = relevant_songs(plays, held_out, played.shape[0], len(validation))
        counts = np.diff(starts)
        telling = np.flatnonzero((counts > 0) & (counts < len(held_out)) & (np.diff(played.indptr) > 0))
        if len(telling) > MOST:
            telling = np.sort(np.random.default_rng(seed).choice(telling, MOST, replace=False))
        self.users, self.played = len(telling), played[telling]
        self.relevant = relevant[np.repeat(np.isin(np.arange(len(counts)), telling), counts)]
        self.starts = np.concatenate(([0], np.cumsum(counts[telling])))
        self.inputs, self.songs, self.held_out = inputs, songs, held_out

    def auc(self, tower: torch.nn.Module, device: torch.device) -> float:
        """Rank the validation songs for each user by the mean of the songs played: the mean AUC over users."""
        users = self.played @ self.vectors(tower, device, self.songs).astype(np.float64)
        users = (users / np.diff(self.played.indptr)[:, None]).astype(np.float32)
        candidates = self.vectors(tower, device, self.held_out)
        return float(rank_songs(users, candidates, self.starts, self.relevant, cutoff=1).auc.mean())

    def vectors(self, tower: torch.nn.Module, device: torch.device, songs: np.ndarray) -> np.ndarray:
        """Compute the vectors of songs: float32 [n, k]."""
        with torch.inference_mode():
            return np.concatenate(
                [
                    tower(torch.from_numpy(self.inputs[songs[begin : begin + BLOCK]]).to(device)).cpu().numpy()
                    for begin in range(0, len(songs), BLOCK)
                ]
            )
