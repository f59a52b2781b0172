"""Weights: written the same twice, read back, and refused when damaged."""

import numpy as np
import pytest

from coldwave.errors import InputError
from coldwave.models.weights import read_weights, write_weights


def test_what_is_written_is_read_back_and_is_the_same_twice(tmp_path):
    tensors = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.float32(3).reshape(())}
    settings = {"window": 129, "channels": [1, 2], "name": "x"}
    for name in ("one", "two"):
        write_weights(tmp_path / name, tensors, settings)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    found, found_settings = read_weights(tmp_path / "one")
    assert found_settings == settings
    assert np.array_equal(found["b"], tensors["b"])
    assert found["a"].shape == ()


@pytest.mark.parametrize("content", [b"", b"not weights", b"\x08" + b"\0" * 7 + b"{}      "])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="x.safetensors"):
        read_weights(path)
    with pytest.raises(InputError, match="missing"):
        read_weights(tmp_path / "missing.safetensors")
