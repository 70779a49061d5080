"""The multilayer perceptron."""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError
from inknet.mlp.activations import Activation, find_activation
from inknet.mlp.checks import as_numbers, as_rows, check_seed, check_sizes
from inknet.mlp.initializers import Initializer, find_initializer
from inknet.mlp.layer import Layer
from inknet.mlp.parameters import FloatArray, parameter_count, split_parameters
from inknet.mlp.training.blas_workspace import touch_work_memory

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self, Unpack

    from inknet.mlp.training.history import History
    from inknet.mlp.training.trainer import TrainingOptions

__all__ = ["Network"]

#: Rows that `predict` sends through the layers at a time, so that their activations stay in the processor's cache.
_ROWS_AT_A_TIME = 1024


class Network:
    """A multilayer perceptron: layers of nodes, each fully connected to the layer before.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, then of each hidden layer's nodes (none, or many), then of outputs.
    hidden : str, Activation, or a sequence with one for each hidden layer
        "sigmoid", "tanh", "relu" or "leaky-relu".
    output : str or Activation
        "softmax", "sigmoid" or "identity".
    bias : {"node", "layer"}
        A bias for each node, or one shared by all nodes of a layer.
    init : str or Initializer
        "uniform", "normal", "glorot" or "he".
    seed : int
        The same seed gives the same weights.
    dtype : {"float32", "float64"}
        What it computes in.

    Attributes
    ----------
    layers : tuple of Layer
        The layers; the input is not one.
    parameters : array, shape (parameter_count,)
        All weights and biases as one vector, of which the layers' are views.
    metadata : dict
        Whatever should be saved with the network: strings, numbers, lists, dictionaries.

    Raises
    ------
    InputError
        If a size, a name or the number of activations does not fit.

    Examples
    --------
    >>> network = Network([784, 200, 10], seed=0)
    >>> network
    Network(784 → 200 relu → 10 softmax, 159,010 parameters)
    >>> network.layers[0].nodes[17].weights.shape
    (784,)
    >>> network.predict(np.zeros(784)).shape
    (10,)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        hidden: str | Activation | Sequence[str | Activation] = "relu",
        output: str | Activation = "softmax",
        bias: str = "node",
        init: str | Initializer = "uniform",
        seed: int = 0,
        dtype: str = "float32",
    ) -> None:
        if bias not in ("node", "layer"):
            raise InputError(f"bias is 'node' (one for each) or 'layer' (one for all); got {bias!r}")
        if dtype not in ("float32", "float64"):
            raise InputError(f"dtype is 'float32' or 'float64'; got {dtype!r}")
        self.sizes = check_sizes(sizes)
        self.bias = bias
        self.metadata: dict[str, Any] = {}
        activations = [*_one_each(hidden, len(self.sizes) - 2), find_activation(output)]
        if activations[-1].name in {"relu", "leaky-relu", "tanh"}:
            raise InputError(f"{activations[-1].name} is for hidden layers: the output is softmax, sigmoid or identity")
        if activations[-1].name == "softmax" and self.sizes[-1] == 1:
            raise InputError("a softmax of one output is always 1; use output='sigmoid', or an output for each class")
        try:
            self.parameters: FloatArray = np.zeros(parameter_count(self.sizes, bias), dtype=dtype)
        except (MemoryError, OverflowError, ValueError):
            raise InputError(f"a network of the sizes {list(self.sizes)} does not fit into memory") from None
        self.layers = tuple(
            Layer(weights, biases, activation)
            for (weights, biases), activation in zip(self.split(self.parameters), activations, strict=True)
        )
        initialize = find_initializer(init)
        rng = np.random.default_rng(check_seed(seed))
        for layer in self.layers:
            layer.weights = initialize(rng, len(layer), layer.inputs)
        touch_work_memory()

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """What the network computes in."""
        return self.parameters.dtype

    @property
    def parameter_count(self) -> int:
        """How many weights and biases there are."""
        return self.parameters.size

    def split(self, vector: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """See a vector of `parameter_count` numbers as one (weights, biases) a layer."""
        return split_parameters(vector, self.sizes, self.bias)

    def predict(self, inputs: ArrayLike) -> FloatArray:
        """Return the outputs for one row of inputs, or for many.

        Parameters
        ----------
        inputs : array, shape (inputs,) or (rows, inputs)
            Scaled as the training inputs were.

        Returns
        -------
        array, shape (outputs,) or (rows, outputs)
            For a softmax, the probabilities.

        Raises
        ------
        InputError
            If the width is wrong, or the inputs hold NaN or infinity.
        """
        rows = as_numbers(inputs, "inputs", self.dtype)
        one_row = rows.ndim == 1
        rows = as_rows(rows[np.newaxis] if one_row else rows, self.sizes[0], self.dtype)
        # Overflow shows in the numbers, and is answered below with a sentence instead of a warning.
        with np.errstate(over="ignore", invalid="ignore"):
            if len(rows) <= _ROWS_AT_A_TIME:
                outputs, finite = self._forward(rows)
            else:
                blocks = [self._forward(rows[i : i + _ROWS_AT_A_TIME]) for i in range(0, len(rows), _ROWS_AT_A_TIME)]
                outputs, finite = np.concatenate([block for block, _ in blocks]), all(fine for _, fine in blocks)
        if not finite:
            if not np.isfinite(rows).all():
                raise InputError("the inputs hold NaN or infinity, or numbers too large for the network")
            if not np.isfinite(outputs).all():
                raise InputError("the outputs are not finite, because the weights are not, or are far too large")
        return outputs[0] if one_row else outputs

    def _forward(self, rows: FloatArray) -> tuple[FloatArray, bool]:
        """Return the outputs, and whether inputs and outputs are surely finite."""
        first, *others = self.layers
        sums = first.logits(rows)
        # An input that is not finite leaves no weighted sum of its row finite, so that one node tells; and a sum of
        # squares is finite only if all of them are.
        first_node = sums[:, 0]
        telling = np.vdot(first_node, first_node)
        outputs = first.activation.forward(sums)
        for layer in others:
            outputs = layer.forward(outputs)
        return outputs, math.isfinite(telling + np.vdot(outputs, outputs))

    def train(self, inputs: ArrayLike, targets: ArrayLike, **options: "Unpack[TrainingOptions]") -> "History":
        """Learn from inputs and targets.

        Parameters
        ----------
        inputs : array, shape (rows, inputs)
        targets : array, shape (rows,) or (rows, outputs)
        **options
            What `inknet.mlp.Trainer` takes: epochs, learning_rate, batch_size, validation and more.

        Returns
        -------
        History
            A report an epoch. The network has the parameters of the best one.

        Raises
        ------
        InputError
            If something passed in does not fit.
        TrainingError
            If the loss is no longer finite.

        Examples
        --------
        >>> network = Network([2, 4, 1], hidden="tanh", output="sigmoid", seed=1)
        >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> history = network.train(xor, [0, 1, 1, 0], epochs=500, learning_rate=0.1, batch_size=1)
        >>> [round(float(p)) for p in network.predict(xor)[:, 0]]
        [0, 1, 1, 0]
        """
        from inknet.mlp.training.trainer import Trainer

        return Trainer(self, inputs, targets, **options).run()

    def save(self, path: "str | Path") -> None:
        """Save the network to a file, whole or not at all; see `inknet.mlp.storage.model_file`."""
        from inknet.mlp.storage.model_file import save_model

        save_model(path, self)

    @classmethod
    def load(cls, path: "str | Path") -> "Self":
        """Load a network from a file.

        Raises
        ------
        ModelFileError
            If the file is missing, damaged, foreign, or newer than this library. Nothing in it is ever executed.
        """
        from inknet.mlp.storage.model_file import load_model

        return cls.from_dict(load_model(path)["network"])

    def to_dict(self) -> dict[str, Any]:
        """Return everything that makes the network, as plain values and copies of the arrays.

        "parameters" is one vector: layer by layer, the weights node by node, then the biases.
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
    def from_dict(cls, values: Mapping[str, Any]) -> "Self":
        """Make a network from what `to_dict` returned."""
        network = cls(
            values["sizes"],
            hidden=values["hidden"],
            output=values["output"],
            bias=values["bias"],
            dtype=values["dtype"],
            init=_zeros,
        )
        start = 0
        for part in network._parts():
            part[...] = np.reshape(values["parameters"][start : start + part.size], part.shape)
            start += part.size
        network.metadata = copy.deepcopy(dict(values["metadata"]))
        return network

    def _parts(self) -> list[FloatArray]:
        """Return each layer's weights and biases, one after the other, as views."""
        return [part for pair in self.split(self.parameters) for part in pair]

    # Copies and pickles go by the parameters, not by the layers, whose arrays would come out as copies, not as views.
    def __getstate__(self) -> dict[str, Any]:
        activations = [layer.activation for layer in self.layers]
        return {**self.to_dict(), "hidden": activations[:-1], "output": activations[-1]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(self.from_dict(state).__dict__)

    def __repr__(self) -> str:
        layers = " → ".join(f"{len(layer)} {layer.activation.name}" for layer in self.layers)
        shared = ", one bias a layer" if self.bias == "layer" else ""
        return f"Network({self.sizes[0]} → {layers}, {self.parameter_count:,} parameters{shared})"


def _one_each(hidden: str | Activation | Sequence[str | Activation], layers: int) -> list[Activation]:
    """Return one activation for each hidden layer."""
    names = list(hidden) if isinstance(hidden, Sequence) and not isinstance(hidden, str) else [hidden] * layers
    if len(names) != layers:
        raise InputError(f"there are {layers} hidden layers, but {len(names)} hidden activations")
    activations = [find_activation(name) for name in names]
    for activation in activations:
        if activation.name == "softmax":
            raise InputError("softmax is for the output: in a hidden layer use relu, leaky-relu, tanh or sigmoid")
    return activations


def _zeros(rng: "np.random.Generator", nodes: int, inputs: int) -> FloatArray:  # noqa: ARG001 - an initializer's shape
    """Leave the weights at zero: they are about to be loaded."""
    return np.zeros((nodes, inputs))
