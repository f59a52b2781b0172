"""An ONNX model of the user's, run by onnxruntime: a vector of each window of audio."""

from pathlib import Path

import numpy as np
import onnxruntime

from coldwave.encoders.windows import spectrogram, windows
from coldwave.errors import InputError

BATCH = 8  # windows that are run at once
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


class OnnxModel:
    """A model with one input, windows of audio, and an output with a vector of each, or one for each of its steps.

    Parameters
    ----------
    path : the file
    options : of the config's entry: ``sample_rate``, ``seconds``, ``input``, ``window``, ``hop``, ``mel_bands``,
        ``scale``, ``layout`` and ``output``
    key : the entry, for messages
    gpu : whether to run it on a GPU if onnxruntime finds one

    Raises
    ------
    InputError
        The file is no ONNX model, or its inputs or outputs are not those that the options say.
    """

    def __init__(self, path: Path, options: dict, key: str, gpu: bool = True) -> None:
        self._options, self._key = options, key
        how = onnxruntime.SessionOptions()
        how.intra_op_num_threads = how.inter_op_num_threads = 1  # the workers share out the songs
        how.log_severity_level = 3  # errors alone: they are raised as well
        wanted = (CUDA, CPU) if gpu else (CPU,)
        found = [name for name in wanted if name in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(str(path), how, providers=found)
        except Exception as error:  # its classes of errors have no base of their own
            raise InputError(f"{key}.path: {path} cannot be run as an ONNX model ({_first_line(error)})") from error
        self._input, self._output = self._find_input(), self._find_output()
        self.width = self.encode(np.zeros(round(options["seconds"] * options["sample_rate"]), np.float32)).shape[1]

    def encode(self, signal: np.ndarray) -> np.ndarray:
        """Return a vector of each window: float32 [n, d] of float32 [samples].

        Raises
        ------
        InputError
            The model does not take such windows, or gives something else than vectors.
        """
        heard = self._heard(signal)
        parts = [self._run(heard[place : place + BATCH]) for place in range(0, len(heard), BATCH)]
        return np.concatenate(parts)

    def _heard(self, signal: np.ndarray) -> np.ndarray:
        """The windows in the shape of the input: its axes beyond a batch's are of length 1, such as a channel's."""
        options = self._options
        samples = round(options["seconds"] * options["sample_rate"])
        if options["input"] == "waveform":
            heard = windows(signal, samples)
        else:
            mels = {name: options[name] for name in ("sample_rate", "window", "hop", "mel_bands", "scale")}
            heard = windows(spectrogram(signal, **mels), 1 + samples // options["hop"])
            heard = heard.swapaxes(1, 2) if options["layout"] == "bands_first" else heard
        missing = len(self._input.shape) - heard.ndim
        if missing < 0:
            raise InputError(
                f"{self._key}.input: {options['input']} has {heard.ndim} axes with that of the batch, but the model's "
                f"input {self._input.name} has {len(self._input.shape)}"
            )
        return np.ascontiguousarray(heard.reshape(len(heard), *[1] * missing, *heard.shape[1:]), dtype=np.float32)

    def _run(self, batch: np.ndarray) -> np.ndarray:
        try:
            (found,) = self._session.run([self._output], {self._input.name: batch})
        except Exception as error:
            raise InputError(
                f"{self._key}: the model does not take windows of shape {list(batch.shape)} ({_first_line(error)}); "
                f"its input {self._input.name} is {self._input.shape}"
            ) from error
        if found.ndim not in (2, 3) or len(found) != len(batch):
            raise InputError(
                f"{self._key}.output: {self._output} is {list(found.shape)} for {len(batch)} windows: name an output "
                f"with a vector of each window, of {', '.join(one.name for one in self._session.get_outputs())}"
            )
        found = found.astype(np.float32)
        return found.mean(axis=1) if found.ndim == 3 else found  # a vector for each step

    def _find_input(self):
        first, *others = self._session.get_inputs()
        if others or first.type != "tensor(float)":
            named = ", ".join(f"{one.name} {one.type}" for one in (first, *others))
            raise InputError(f"{self._key}.path: the model must have one input, of float32; it has {named}")
        return first

    def _find_output(self) -> str:
        names = [one.name for one in self._session.get_outputs()]
        wanted = self._options["output"] or names[0]
        if wanted not in names:
            raise InputError(f"{self._key}.output: the model has no output {wanted!r}; it has {', '.join(names)}")
        return wanted


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
