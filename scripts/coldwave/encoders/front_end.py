"""The first layers of MusiCNN as matrix products: filters over a window, of which only the strongest answer counts.

A filter is laid over all bands that it fits, and the maximum over these places is kept. Rectifying and normalising come
after it, on one number in place of dozens: a falling normalisation takes the smallest answer, which is the largest one
of the filter with its sign turned. One matrix product holds several places (a band more, a frame later) side by side.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

LARGEST = 4.0  # of a normalised input, whose values lie between -1.1 and about 3 for the loudest audio
SILENT = 1e-4  # a filter that can change no output by more is taken as constant
PLACES = 8  # bands that one product of a vertical filter covers
ROWS_AT_ONCE = 512  # frames whose products wait in the processor's cache
STEPS = 32  # frames that one product of a horizontal filter covers
BANDS_AT_ONCE = 8  # bands of a horizontal filter whose products wait in the processor's cache


@dataclass(frozen=True)
class Layer:
    """A convolution, what is added to it before it is rectified, and the normalisation that follows."""

    kernel: np.ndarray  # [frames, bands, filters]
    bias: np.ndarray  # [filters]
    scale: np.ndarray  # [filters]
    shift: np.ndarray  # [filters]

    def live(self) -> np.ndarray:
        """Whether each filter answers to what it hears, bool [filters]: most of those of MusiCNN have died out.

        Weight decay has shrunk the kernels of the others to nothing. What each gives is a constant.
        """
        return np.abs(self.kernel).sum(axis=(0, 1)) * np.abs(self.scale) * LARGEST > SILENT

    def constants(self) -> np.ndarray:
        """What each filter gives if it hears nothing, [filters]."""
        return np.maximum(self.bias, 0) * self.scale + self.shift

    def only(self, filters: np.ndarray) -> "Layer":
        """Keep some of the filters."""
        return Layer(self.kernel[:, :, filters], self.bias[filters], self.scale[filters], self.shift[filters])


class _Filters:
    """What both kinds of filters share: the sign of each and what follows the maximum."""

    def __init__(self, layer: Layer) -> None:
        self.frames, self.bands, self.filters = layer.kernel.shape
        self._sign = torch.as_tensor(np.where(layer.scale < 0, -1, 1).astype(np.float32))
        self._bias, self._scale, self._shift = map(torch.as_tensor, (layer.bias, layer.scale, layer.shift))

    def finish(self, largest: Tensor) -> Tensor:
        """Rectify and normalise the maxima over places, [..., filters]."""
        return torch.relu(largest * self._sign + self._bias) * self._scale + self._shift


class Vertical(_Filters):
    """Filters over several bands and a few frames, at every frame of a window."""

    def __init__(self, layer: Layer, bands: int) -> None:
        super().__init__(layer)
        self.places = bands - self.bands + 1  # bands of a window that a filter can begin at
        self.at_once = min(PLACES, self.places)
        kernel = torch.as_tensor(layer.kernel) * self._sign
        matrix = torch.zeros(self.bands + self.at_once - 1, self.frames, self.at_once, self.filters)
        for place in range(self.at_once):
            matrix[place : place + self.bands, :, place] = kernel.transpose(0, 1)
        self._matrix = matrix.reshape(-1, self.at_once * self.filters)

    def __call__(self, windows: Tensor) -> Tensor:
        """Return the largest answers, normalised: [n, frames, filters] of windows [n, frames, bands]."""
        n, frames, _ = windows.shape
        before = (self.frames - 1) // 2
        unfolded = pad(windows, (0, 0, before, self.frames - 1 - before)).unfold(1, self.frames, 1)
        rows = unfolded.reshape(n * frames, -1)  # for each band, its values in the frames that a filter covers
        largest = torch.full((len(rows), self._matrix.shape[1]), -torch.inf)
        for part, best in zip(rows.split(ROWS_AT_ONCE), largest.split(ROWS_AT_ONCE), strict=True):
            answers = torch.empty_like(best)
            for place in range(0, self.places, self.at_once):
                first = min(place, self.places - self.at_once) * self.frames  # the last ones may be covered twice
                torch.mm(part[:, first : first + len(self._matrix)], self._matrix, out=answers)
                torch.maximum(best, answers, out=best)
        return self.finish(largest.view(n, frames, self.at_once, self.filters).amax(2))


class Horizontal(_Filters):
    """Filters over many frames of one band, at every frame of a window."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        kernel = torch.as_tensor(layer.kernel[:, 0]) * self._sign
        matrix = torch.zeros(self.frames + STEPS - 1, STEPS, self.filters)
        for step in range(STEPS):
            matrix[step : step + self.frames, step] = kernel
        self._matrix = matrix.reshape(len(matrix), -1)

    def __call__(self, windows: Tensor) -> Tensor:
        """Return the largest answers, normalised: [n, frames, filters] of windows [n, frames, bands]."""
        n, frames, bands = windows.shape
        before = (self.frames - 1) // 2  # as TensorFlow pads: an odd frame comes after
        parts = -(-frames // STEPS)
        padded = pad(windows, (0, 0, before, parts * STEPS - frames + self.frames - 1 - before))
        unfolded = padded.permute(2, 0, 1).unfold(2, len(self._matrix), STEPS).reshape(bands, n * parts, -1)
        largest = torch.full((n * parts, self._matrix.shape[1]), -torch.inf)
        for rows in unfolded.split(BANDS_AT_ONCE):
            answers = (rows.reshape(-1, len(self._matrix)) @ self._matrix).view(len(rows), *largest.shape)
            torch.maximum(largest, answers.amax(0), out=largest)
        return self.finish(largest.view(n, parts * STEPS, self.filters)[:, :frames])
