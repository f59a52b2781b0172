"""Changes to training windows that a song's factors should not depend on: shifts along mel, masked strips, mixtures."""

import numpy as np
import torch
from torch.nn.functional import pad


def shift_bands(
    windows: torch.Tensor, most: int, rng: np.random.Generator, rows: int | None = None, share: slice = slice(None)
) -> torch.Tensor:
    """Shift each window along the mel bands, as if it were played a little higher or lower.

    The shift of a window is drawn from -most to most bands. The band at the end is repeated where nothing comes in.

    Parameters
    ----------
    windows : float [windows, frames, mel bands]
    rows, share : windows of the whole batch that shifts are drawn for, and which of them these windows are

    Returns
    -------
    float [windows, frames, mel bands]
    """
    count, _, bands = windows.shape
    shifts = rng.integers(-most, most + 1, count if rows is None else rows)[share]
    starts = torch.from_numpy(most - shifts).to(windows.device)
    shifted = pad(windows, (most, most), mode="replicate").unfold(2, bands, 1)  # [windows, frames, shifts, mel bands]
    return shifted[torch.arange(count, device=windows.device), :, starts]


def mask_windows(
    windows: torch.Tensor,
    fill: torch.Tensor,
    bands: int,
    frames: int,
    rng: np.random.Generator,
    rows: int | None = None,
    share: slice = slice(None),
) -> torch.Tensor:
    """Hide a strip of neighbouring bands and a strip of neighbouring frames of each window (SpecAugment).

    Each strip's width is drawn from 0 to the widest, and so is its place.

    Parameters
    ----------
    windows : float [windows, frames, mel bands], left as they are
    fill : float [mel bands], the values of hidden strips: the bands' means
    bands, frames : the widest strips; 0 hides none
    rows, share : windows of the whole batch that strips are drawn for, and which of them these windows are

    Returns
    -------
    float [windows, frames, mel bands]
    """
    count, length, size = windows.shape
    rows = count if rows is None else rows
    hidden_frames = torch.from_numpy(_strips(rows, length, frames, rng)[share]).to(windows.device)
    hidden_bands = torch.from_numpy(_strips(rows, size, bands, rng)[share]).to(windows.device)
    return torch.where(hidden_frames[:, :, None] | hidden_bands[:, None, :], fill.to(windows.dtype), windows)


def _strips(count: int, size: int, widest: int, rng: np.random.Generator) -> np.ndarray:
    """One strip for each of ``count`` windows: bool [count, size]."""
    width = rng.integers(0, min(widest, size) + 1, count)
    begin = (rng.random(count) * (size - width + 1)).astype(np.int64)
    place = np.arange(size)
    return (place >= begin[:, None]) & (place < (begin + width)[:, None])


def mix(
    windows: torch.Tensor, concentration: float, rng: np.random.Generator
) -> tuple[torch.Tensor, float, torch.Tensor]:
    """Mix each window with another one of its batch (mixup).

    Parameters
    ----------
    windows : float [windows, frames, mel bands]
    concentration : both parameters of the beta distribution that the share of each batch is drawn from

    Returns
    -------
    share x windows + (1 - share) x windows[partners]; the share, from 0 to 1; and the partners, int [windows]
    """
    share = float(rng.beta(concentration, concentration))
    partners = torch.from_numpy(rng.permutation(len(windows))).to(windows.device)
    return share * windows + (1 - share) * windows[partners], share, partners
