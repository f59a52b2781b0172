"""Windows of log-mel: drawn at random for training, consecutive for prediction."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler


class WindowSource(Protocol):
    """Where frames come from: the memory-mapped shards, or an array in a test."""

    def windows(self, songs: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        """Windows of ``length`` frames of ``songs`` from ``starts``: float16 or 32, [windows, length, mel bands]."""


def consecutive_starts(frames: int, window: int) -> np.ndarray:
    """First frames of consecutive whole windows (29 s → 1,249 frames → 9 windows of 129)."""
    return np.arange(frames // window, dtype=np.int64) * window


class RandomWindowSampler(Sampler):
    """Batches of (songs, starts): every song once an epoch, in a new order and with a new window.

    Order and windows depend on the seed and the epoch alone, not on earlier draws, so that a resumed training sees the
    same windows, and all processes draw the same ones.

    Parameters
    ----------
    songs : int [n], song indices; frames : int [n], frames that each has, none below ``window``
    """

    def __init__(self, songs: np.ndarray, frames: np.ndarray, window: int, batch_size: int, seed: int):
        self.songs, self.frames, self.window = songs, frames, window
        self.batch_size, self.seed = batch_size, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; Lightning calls it."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.songs) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(len(self.songs))
        starts = (rng.random(len(self.songs)) * (self.frames - self.window + 1)).astype(np.int64)
        for begin in range(0, len(order), self.batch_size):
            batch = order[begin : begin + self.batch_size]
            yield self.songs[batch], starts[batch]


class ConsecutiveWindowSampler(Sampler):
    """Batches of (songs, starts) with all consecutive windows of each song, its windows in one batch.

    A batch holds about ``batch_size`` windows, and at least one song.

    Parameters
    ----------
    share : the batches of one of several processes; all of them if there are more processes than batches
    """

    def __init__(self, songs: np.ndarray, frames: np.ndarray, window: int, batch_size: int, share: slice = slice(None)):
        batches = list(self._batches(songs, frames, window, batch_size))
        self.batches = batches[share] if len(batches) >= (share.step or 1) else batches

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


class Batch(NamedTuple):
    """Windows, and what their predictions are compared with.

    Attributes
    ----------
    windows : float32 [windows, frames, mel bands]
    owners : int [windows of the songs], for each window the place of its song in ``songs``
    songs : int [n], sorted
    known : what is known of those songs
    rows : windows of the whole batch, of which ``windows`` are a process's share
    """

    windows: torch.Tensor
    owners: torch.Tensor
    songs: torch.Tensor
    known: tuple[torch.Tensor, ...]
    rows: int


class WindowDataset(Dataset):
    """Gives a whole batch at once: one random window per song, or all consecutive windows of each song.

    Parameters
    ----------
    known : from songs, int [n], to the tensors that their predictions are compared with
    share : the rows of each batch whose windows are read: those of one of several processes
    together : whether the songs, and what is known, are still those of the whole batch
    """

    def __init__(
        self,
        source: WindowSource,
        window: int,
        known: Callable[[np.ndarray], tuple[torch.Tensor, ...]],
        share: slice = slice(None),
        together: bool = False,
    ):
        self.source, self.window, self.known, self.share, self.together = source, window, known, share, together

    def __getitem__(self, batch: tuple[Sequence[int], Sequence[int]]) -> Batch:
        owners, starts = np.asarray(batch[0]), np.asarray(batch[1])
        own = owners[self.share]
        # if there are fewer songs than processes, some have none: one window is read to give the empty batch its shape
        read = slice(0, 1) if len(own) == 0 else self.share
        # torch widens half precision several times faster than NumPy
        windows = torch.from_numpy(self.source.windows(owners[read], starts[read], self.window)).float()[: len(own)]
        songs, positions = np.unique(owners if self.together else own, return_inverse=True)
        songs = songs.astype(np.int64)
        return Batch(windows, torch.from_numpy(positions), torch.from_numpy(songs), self.known(songs), len(owners))
