"""Models that are written here, whose vectors are computed by numpy as well."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from coldwave.encoders.onnx_model import OnnxModel
from coldwave.encoders.windows import spectrogram
from coldwave.errors import InputError

OPTIONS = {
    "sample_rate": 8000,
    "seconds": 0.5,
    "input": "waveform",
    "window": 256,
    "hop": 128,
    "mel_bands": 20,
    "scale": "natural",
    "layout": "frames_first",
    "output": None,
}
SIGNAL = np.random.default_rng(0).uniform(-0.5, 0.5, 10500).astype(np.float32)


def write(path, shape, axes, inputs=None, dtype=TensorProto.FLOAT):
    """A model with the outputs ``steps``, the mean over ``axes``, and ``scaled``, the input doubled."""
    graph = helper.make_graph(
        [
            helper.make_node(
                "Constant", [], ["axes"], value=helper.make_tensor("", TensorProto.INT64, [len(axes)], axes)
            ),
            helper.make_node("Constant", [], ["two"], value=helper.make_tensor("", dtype, [], [2])),
            helper.make_node("ReduceMean", ["audio", "axes"], ["vectors"], keepdims=0),
            helper.make_node("Mul", ["audio", "two"], ["doubled"]),
        ],
        "model",
        [helper.make_tensor_value_info("audio", dtype, shape), *(inputs or [])],
        [helper.make_tensor_value_info(name, dtype, None) for name in ("vectors", "doubled")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


def test_a_waveform_is_cut_into_windows(tmp_path):
    path = write(tmp_path / "a.onnx", ["n", 4000], [1])
    model = OnnxModel(path, OPTIONS | {"output": "doubled"}, "encoders.mine")
    assert model.width == 4000
    np.testing.assert_array_equal(model.encode(SIGNAL), 2 * SIGNAL[:8000].reshape(2, 4000))


def test_a_channel_may_be_wanted(tmp_path):
    path = write(tmp_path / "a.onnx", ["n", 1, "samples"], [1])
    found = OnnxModel(path, OPTIONS, "encoders.mine").encode(SIGNAL)
    np.testing.assert_array_equal(found, SIGNAL[:8000].reshape(2, 4000))


@pytest.mark.parametrize("layout", ["frames_first", "bands_first"])
def test_vectors_of_steps_become_their_mean(tmp_path, layout):
    path = write(tmp_path / "a.onnx", ["n", "a", "b"], [1])
    options = OPTIONS | {"input": "log_mel", "layout": layout, "output": "doubled"}
    found = OnnxModel(path, options, "encoders.mine").encode(SIGNAL)
    mels = spectrogram(SIGNAL, **{key: OPTIONS[key] for key in ("sample_rate", "window", "hop", "mel_bands", "scale")})
    parts = [mels[start : start + 32] for start in (0, 32)]  # of 1 + 4000 // 128 frames
    axis = 0 if layout == "frames_first" else 1
    np.testing.assert_allclose(found, [2 * part.mean(axis) for part in parts], rtol=1e-5)


def test_a_song_shorter_than_a_window_is_repeated(tmp_path):
    path = write(tmp_path / "a.onnx", ["n", 4000], [1])
    found = OnnxModel(path, OPTIONS | {"output": "doubled"}, "encoders.mine").encode(SIGNAL[:3000])
    np.testing.assert_array_equal(found, 2 * np.r_[SIGNAL[:3000], SIGNAL[:1000]][None])


@pytest.mark.parametrize(
    ("shape", "axes", "options", "message"),
    [
        (["n", 4000], [1], {"output": "nothing"}, "no output 'nothing'; it has vectors, doubled"),
        (["n", 3999], [1], {"output": "doubled"}, "does not take windows of shape"),
        (["n", 4000], [1], {}, "encoders.mine.output: vectors is .* name an output with a vector of each window"),
        (["n", 4000], [1], {"input": "log_mel"}, "log_mel has 3 axes with that of the batch, but the model's input"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, shape, axes, options, message):
    path = write(tmp_path / "a.onnx", shape, axes)
    with pytest.raises(InputError, match=message):
        OnnxModel(path, OPTIONS | options, "encoders.mine")


def test_models_with_other_inputs_are_refused(tmp_path):
    more = [helper.make_tensor_value_info("length", TensorProto.INT64, ["n"])]
    for changes in ({"inputs": more}, {"dtype": TensorProto.DOUBLE}):
        with pytest.raises(InputError, match="must have one input, of float32"):
            OnnxModel(write(tmp_path / "a.onnx", ["n", 4000], [1], **changes), OPTIONS, "encoders.mine")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_text("song_id,title")
    with pytest.raises(InputError, match=r"encoders.mine.path: .*a.onnx cannot be run as an ONNX model"):
        OnnxModel(tmp_path / "a.onnx", OPTIONS, "encoders.mine")
