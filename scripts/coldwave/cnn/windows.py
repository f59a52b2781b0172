"""Windows of log-mel: drawn at random for training, consecutive for prediction."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler


class WindowSource(Protocol):
    """Where frames come from: the memory-mapped shards, or an array in a test."""

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        """Windows of ``length`` frames of ``songs`` from ``starts``: float32 [windows, length, mel bands]."""


def consecutive_starts(frames: int, window: int) -> np.ndarray:
    """First frames of the whole windows that fit one after another (29 s → 1,249 frames → 9 windows of 129)."""
    return np.arange(frames // window, dtype=np.int64) * window


class RandomWindowSampler(Sampler):
    """Batches of (songs, starts): every song once an epoch, in a new order and with a new window.

    Order and windows depend on the seed and the epoch alone, not on what was drawn before, so that a training that
    is resumed sees what it would have seen. With several processes, each takes every n-th song of a batch of all.

    Parameters
    ----------
    songs : int [n], song indices; frames : int [n], frames that each has, none below ``window``
    """

    def __init__(
        self,
        songs: np.ndarray,
        frames: np.ndarray,
        window: int,
        batch_size: int,
        seed: int,
        processes: int = 1,
        rank: int = 0,
    ):
        self.songs, self.frames, self.window = songs, frames, window
        self.batch_size, self.seed, self.processes, self.rank = batch_size, seed, processes, rank
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; Lightning calls it."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.songs) // (self.batch_size * self.processes))

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(len(self.songs))
        starts = (rng.random(len(self.songs)) * (self.frames - self.window + 1)).astype(np.int64)
        whole = self.batch_size * self.processes
        for begin in range(0, len(order), whole):
            batch = order[begin : begin + whole][self.rank :: self.processes]
            if len(batch) == 0:  # the last songs are fewer than the processes: each needs one to keep in step
                batch = order[begin : begin + 1]
            yield self.songs[batch], starts[batch]


class ConsecutiveWindowSampler(Sampler):
    """Batches of (songs, starts) with all consecutive windows of each song, its windows in one batch.

    A batch holds about ``batch_size`` windows, and at least one song.
    """

    def __init__(self, songs: np.ndarray, frames: np.ndarray, window: int, batch_size: int):
        self.batches = list(self._batches(songs, frames, window, batch_size))

    @staticmethod
    def _batches(
        songs: np.ndarray, frames: np.ndarray, window: int, batch_size: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        owners: list[np.ndarray] = []
        starts: list[np.ndarray] = []
        size = 0
        for song, length in zip(songs, frames, strict=True):
            own = consecutive_starts(int(length), window)
            if starts and size + len(own) > batch_size:
                yield np.concatenate(owners), np.concatenate(starts)
                owners, starts, size = [], [], 0
            owners.append(np.full(len(own), song, dtype=np.int64))
            starts.append(own)
            size += len(own)
        if starts:
            yield np.concatenate(owners), np.concatenate(starts)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return iter(self.batches)


class WindowDataset(Dataset):
    """Gives a whole batch at once: (windows, the song of each window as 0.., those songs, what is known of them).

    A batch of random windows has one window a song; a batch of consecutive windows has several.

    Parameters
    ----------
    known : from songs, int [n], to the tensors that their predictions are compared with
    """

    def __init__(self, source: WindowSource, window: int, known: Callable[[np.ndarray], tuple[torch.Tensor, ...]]):
        self.source, self.window, self.known = source, window, known

    def __getitem__(
        self, batch: tuple[Sequence[int], Sequence[int]]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, tuple[torch.Tensor, ...]]:
        owners, starts = np.asarray(batch[0]), np.asarray(batch[1])
        windows = torch.from_numpy(self.source.windows(owners, starts, self.window))
        songs, positions = np.unique(owners, return_inverse=True)
        songs = songs.astype(np.int64)
        return windows, torch.from_numpy(positions), torch.from_numpy(songs), self.known(songs)
