"""The multilayer perceptron: its layers, its parameters, and its predictions."""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from inknet.errors import InputError
from inknet.mlp.activations import ACTIVATIONS, Activation
from inknet.mlp.arrays import as_numbers
from inknet.mlp.checks import check_dtype, check_sizes, check_width
from inknet.mlp.fixed import Fixed
from inknet.mlp.initializers import INITIALIZERS, Initializer
from inknet.mlp.layer import Layer
from inknet.mlp.parameters import FloatArray, parameter_count, split_parameters
from inknet.mlp.scalars import seed_or_random

__all__ = ["MultilayerPerceptron"]

#: Rows per block of `predict`, so that activations stay in the processor's cache.
_ROWS_AT_A_TIME = 1024


class MultilayerPerceptron(Fixed):
    """Layers of nodes and their parameters; see `inknet.mlp.Network`, which adds training and files."""

    _fixed: ClassVar = frozenset({"sizes", "bias", "layers"})

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        hidden: str | Activation | Sequence[str | Activation] = "relu",
        output: str | Activation = "softmax",
        bias: str = "node",
        init: str | Initializer = "uniform",
        seed: int | None = 0,
        dtype: DTypeLike = "float32",
    ) -> None:
        if bias not in ("node", "layer"):
            raise InputError(f"bias must be 'node' (one per node) or 'layer' (one per layer), got {bias!r}")
        float_type = check_dtype(dtype)
        self.sizes = check_sizes(sizes)
        self.bias = bias
        self.metadata: dict[str, Any] = {}
        activations = [*_hidden_activations(hidden, len(self.sizes) - 2), ACTIVATIONS.find(output)]
        if activations[-1].is_hidden_only:
            raise InputError(f"output must be 'softmax', 'sigmoid' or 'identity', got {activations[-1].name!r}")
        if activations[-1].couples_nodes and self.sizes[-1] == 1:
            raise InputError("a softmax of one output is always 1; use output='sigmoid', or one output per class")
        try:
            self._parameters: FloatArray = np.zeros(parameter_count(self.sizes, bias), float_type)
        except (MemoryError, OverflowError, ValueError):
            raise InputError(f"a network of sizes {list(self.sizes)} does not fit into memory") from None
        self.layers = tuple(
            Layer(weights, biases, activation)
            for (weights, biases), activation in zip(self.split(self.parameters), activations, strict=True)
        )
        initialize = INITIALIZERS.find(init)
        rng = np.random.default_rng(seed_or_random("seed", seed))
        for layer in self.layers:
            layer.weights = initialize(rng, len(layer), layer.inputs)

    @property
    def parameters(self) -> FloatArray:
        """All weights and biases as one vector; assigning writes to it, since the layers hold views of it."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: ArrayLike) -> None:
        # After `network.parameters -= …` they are written already.
        if values is self._parameters:
            return
        vector = as_numbers(values, "parameters", self.dtype)
        if vector.shape != self._parameters.shape:
            raise InputError(f"parameters must be of shape {self._parameters.shape}, got {vector.shape}")
        self._parameters[...] = vector

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The type of parameters and computations."""
        return self._parameters.dtype

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases."""
        return self._parameters.size

    def split(self, vector: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return views of a vector of `parameter_count` numbers as (weights, biases) per layer."""
        return split_parameters(vector, self.sizes, self.bias)

    def predict(self, inputs: ArrayLike) -> FloatArray:
        """Return the outputs for one row of inputs, or for many rows.

        Parameters
        ----------
        inputs : array, shape (inputs,) or (rows, inputs)
            Scaled like the training inputs.

        Returns
        -------
        array, shape (outputs,) or (rows, outputs)
            Probabilities, for a softmax.

        Raises
        ------
        InputError
            If the width is wrong, or the inputs hold NaN or infinity.
        """
        rows = as_numbers(inputs, "inputs", self.dtype)
        if rows.ndim == 1:
            return self.predict(rows[np.newaxis])[0]
        check_width(rows, self.sizes[0])
        # Overflow is reported as an error instead of a warning.
        with np.errstate(over="ignore", invalid="ignore"):
            if len(rows) <= _ROWS_AT_A_TIME:
                return self._forward(rows)
            starts = range(0, len(rows), _ROWS_AT_A_TIME)
            return np.concatenate([self._forward(rows[start : start + _ROWS_AT_A_TIME]) for start in starts])

    def _forward(self, rows: FloatArray) -> FloatArray:
        """Return the outputs for some rows, all finite."""
        first, *others = self.layers
        sums = first.logits(rows)
        # A non-finite input makes every weighted sum of its row non-finite, so checking one node is enough; a sum of
        # squares is finite only if all of them are.
        first_node = sums[:, 0]
        squares = np.vdot(first_node, first_node)
        outputs = first.activation.forward(sums)
        for layer in others:
            outputs = layer.forward(outputs)
        if not math.isfinite(squares + np.vdot(outputs, outputs)):
            if not np.isfinite(rows).all():
                raise InputError(
                    "inputs must be finite, got NaN, infinity or numbers too large for the network's dtype"
                )
            if not np.isfinite(outputs).all():
                raise InputError("outputs are not finite: weights are NaN, infinite or too large")
        return outputs

    def to_dict(self) -> dict[str, Any]:
        """Return the network as plain values and copies of its arrays.

        "parameters" is one vector: per layer, the weights node by node, then the biases.
        """
        return {
            "sizes": list(self.sizes),
            "hidden": [layer.activation.name for layer in self.layers[:-1]],
            "output": self.layers[-1].activation.name,
            "bias": self.bias,
            "dtype": self.dtype.name,
            "parameters": np.concatenate([part.ravel() for part in self._parts()]),
            "metadata": copy.deepcopy(self.metadata),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the network that `to_dict` described."""
        network = cls(
            values["sizes"],
            hidden=values["hidden"],
            output=values["output"],
            bias=values["bias"],
            dtype=values["dtype"],
            init=lambda *_: np.zeros(1),
        )
        start = 0
        for part in network._parts():
            part[...] = np.reshape(values["parameters"][start : start + part.size], part.shape)
            start += part.size
        network.metadata = copy.deepcopy(dict(values["metadata"]))
        return network

    def _parts(self) -> list[FloatArray]:
        """Return views of each layer's weights and biases in turn."""
        return [part for pair in self.split(self.parameters) for part in pair]

    # Copies and pickles are made from the parameters: copied layers would hold arrays of their own, not views.
    def __getstate__(self) -> dict[str, Any]:
        activations = [layer.activation for layer in self.layers]
        return {**self.to_dict(), "hidden": activations[:-1], "output": activations[-1]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(self.from_dict(state).__dict__)

    def __repr__(self) -> str:
        layers = " → ".join(f"{len(layer)} {layer.activation.name}" for layer in self.layers)
        shared = ", one bias per layer" if self.bias == "layer" else ""
        return f"{type(self).__name__}({self.sizes[0]} → {layers}, {self.parameter_count:,} parameters{shared})"


def _hidden_activations(hidden: str | Activation | Sequence[str | Activation], layers: int) -> list[Activation]:
    """Return one activation for each hidden layer."""
    names = list(hidden) if isinstance(hidden, Sequence) and not isinstance(hidden, str) else [hidden] * layers
    if len(names) != layers:
        raise InputError(f"hidden must be one activation or {layers}, one per hidden layer, got {len(names)}")
    activations = [ACTIVATIONS.find(name) for name in names]
    for activation in activations:
        if activation.couples_nodes:
            raise InputError(f"hidden must be 'relu', 'leaky-relu', 'tanh' or 'sigmoid', got {activation.name!r}")
    return activations
