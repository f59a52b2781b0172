"""ONNX graphs, written operator by operator: no exporter is needed, and nothing of the library that has trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from coldwave.files import replacing

OPSET, IR = 17, 8  # which runtimes have read for years


class Tensor(NamedTuple):
    """The type of an input or output: a NumPy type, and lengths of axes, by name where any length will do."""

    dtype: type
    shape: tuple[int | str, ...]


class Graph:
    """Operators in the order in which they are computed, and their constants. A value goes by a name."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[TensorProto] = []

    def add(self, operator: str, *inputs: str | np.ndarray | np.generic, **attributes: object) -> str:
        """Add an operator of ONNX on values and constants, and name its output."""
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, names, [name], **attributes))
        return name

    def cast(self, value: str, dtype: type) -> str:
        """Convert a value to a NumPy type."""
        return self.add("Cast", value, to=_type(dtype))

    def write(self, path: Path, inputs: Mapping[str, Tensor], outputs: Mapping[str, tuple[str, Tensor]]) -> None:
        """Check the graph and write it: inputs by the names that it uses, outputs by name with the values they are."""
        named = [helper.make_node("Identity", [value], [name]) for name, (value, _) in outputs.items()]
        graph = helper.make_graph(
            [*self._nodes, *named],
            path.stem,
            [_info(name, tensor) for name, tensor in inputs.items()],
            [_info(name, tensor) for name, (_, tensor) in outputs.items()],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        onnx.checker.check_model(model, full_check=True)
        with replacing(path) as temporary:
            temporary.write_bytes(model.SerializeToString())

    def _constant(self, array: np.ndarray | np.generic) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name


def _info(name: str, tensor: Tensor) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, _type(tensor.dtype), tensor.shape)


def _type(dtype: type) -> int:
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
