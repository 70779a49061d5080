"""Builds an ONNX graph from formulas.

A `Value` represents a tensor at run time; an operation on it adds a node to the graph.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from inknet.extras import import_extra

__all__ = ["Graph", "Value"]

_PURPOSE = "an ONNX file"


class Graph:
    """An ONNX graph under construction: nodes in the order of computation, and constants.

    Parameters
    ----------
    opset : int
        The operator set that the nodes are of, the version of ONNX's operators.
    """

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self._helper = import_extra("onnx.helper", _PURPOSE)
        self._numpy = import_extra("onnx.numpy_helper", _PURPOSE)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, array: NDArray[Any], name: str = "") -> "Value":
        """Add a constant array."""
        name = name or f"constant.{len(self._constants)}"
        self._constants.append(self._numpy.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return Value(self, name, array.dtype)

    def node(
        self,
        operator: str,
        *inputs: "Value | NDArray[Any]",
        name: str = "",
        dtype: DTypeLike | None = None,
        **attributes: Any,  # noqa: ANN401 - those of ONNX
    ) -> "Value":
        """Add a node with an operator of ONNX and its attributes, and return its output.

        The first input must be a Value. By default, the output is named after the operator and has the first input's
        dtype.
        """
        values = [value if isinstance(value, Value) else self.constant(value) for value in inputs]
        name = name or f"{operator}.{len(self._nodes)}"
        self._nodes.append(
            self._helper.make_node(operator, [value.name for value in values], [name], name=name, **attributes)
        )
        return Value(self, name, np.dtype(dtype or values[0].dtype))

    def model(self, inputs: "dict[Value, list[Any]]", outputs: "dict[Value, list[Any]]", **fields: Any) -> Any:  # noqa: ANN401 - onnx has no types
        """Return the checked model, with the shapes of its inputs and outputs; a string in one names a variable size.

        `fields` are arguments of `onnx.helper.make_model`.
        """
        checker = import_extra("onnx.checker", _PURPOSE)
        graph = self._helper.make_graph(
            self._nodes,
            "network",
            [self._info(value, shape) for value, shape in inputs.items()],
            [self._info(value, shape) for value, shape in outputs.items()],
            self._constants,
        )
        opsets = [self._helper.make_opsetid("", self.opset)]
        version = self._helper.find_min_ir_version_for(opsets)
        model = self._helper.make_model(graph, opset_imports=opsets, ir_version=version, **fields)
        checker.check_model(model, full_check=True)
        return model

    def tensor_type(self, dtype: DTypeLike) -> int:
        """Return the number of a dtype in ONNX."""
        return int(self._helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def _info(self, value: "Value", shape: list[Any]) -> Any:  # noqa: ANN401 - onnx has no types
        return self._helper.make_tensor_value_info(value.name, self.tensor_type(value.dtype), shape)


@dataclass(frozen=True)
class Value:
    """A tensor, by its name in a graph."""

    graph: Graph
    name: str
    dtype: np.dtype[Any]

    def __add__(self, other: "Value") -> "Value":
        return self.graph.node("Add", self, other)

    def __sub__(self, other: "Value") -> "Value":
        return self.graph.node("Sub", self, other)

    def __mul__(self, other: "Value | float") -> "Value":
        return self.graph.node("Mul", self, self._operand(other))

    def __truediv__(self, other: "Value | float") -> "Value":
        return self.graph.node("Div", self, self._operand(other))

    def __pow__(self, exponent: float) -> "Value":
        return self.graph.node("Pow", self, self._operand(exponent))

    def __matmul__(self, other: "Value") -> "Value":
        return self.graph.node("MatMul", self, other)

    def __gt__(self, bound: float) -> "Value":
        return self.graph.node("Greater", self, self._operand(bound), dtype=np.bool_)

    def sum(self, axis: int, *, keep: bool = False) -> "Value":
        """Return the sum over an axis; `keep` keeps it, with length 1."""
        return self.graph.node("ReduceSum", self, np.array([axis]), keepdims=int(keep))

    def sqrt(self) -> "Value":
        """Return the square root."""
        return self.graph.node("Sqrt", self)

    def clip(self, low: float, high: float = np.inf) -> "Value":
        """Return the tensor with its values clipped to these limits."""
        return self.graph.node("Clip", self, self._operand(low), self._operand(high))

    def reshape(self, *shape: int) -> "Value":
        """Return the tensor in another shape, one size of which may be -1."""
        return self.graph.node("Reshape", self, np.array(shape))

    def insert(self, axis: int) -> "Value":
        """Return the tensor with a new axis of length 1."""
        return self.graph.node("Unsqueeze", self, np.array([axis]))

    def cast(self, dtype: DTypeLike) -> "Value":
        """Return the tensor converted to another dtype."""
        if self.dtype == dtype:
            return self
        return self.graph.node("Cast", self, dtype=dtype, to=self.graph.tensor_type(dtype))

    def _operand(self, value: "Value | float") -> "Value | NDArray[Any]":
        return value if isinstance(value, Value) else np.array(value, self.dtype)
