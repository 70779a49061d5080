"""Layers and their nodes."""

from typing import ClassVar

import numpy as np

from inknet.errors import InputError
from inknet.mlp.activations import Activation
from inknet.mlp.fixed import Fixed
from inknet.mlp.parameters import FloatArray

__all__ = ["Layer", "Node"]


class Layer(Fixed):
    """A fully connected layer: activation(x Wᵀ + b).

    Its arrays are views of the network's one parameter vector.

    Parameters
    ----------
    weights : array, shape (nodes, inputs)
        One row per node.
    biases : array, shape (nodes,) or (1,)
        One bias per node, or one shared by the layer.
    activation : Activation
        Applied to the weighted sums; it cannot be replaced.
    """

    _fixed: ClassVar = frozenset({"activation"})

    def __init__(self, weights: FloatArray, biases: FloatArray, activation: Activation) -> None:
        self._weights = weights
        # Stored as a row: adding it to a single row of the same shape takes half the time of broadcasting.
        self._biases = biases[np.newaxis]
        self.activation = activation

    @property
    def weights(self) -> FloatArray:
        """The weights, (nodes, inputs); a view, so writing to it changes the network."""
        return self._weights

    @weights.setter
    def weights(self, values: FloatArray) -> None:
        # After `layer.weights += …` they are written already.
        if values is not self._weights:
            self._weights[...] = values

    @property
    def biases(self) -> FloatArray:
        """The biases, (nodes,). A shared bias is repeated in a read-only view."""
        [own] = self._biases
        return own if len(own) == len(self) else np.broadcast_to(own, len(self))

    @biases.setter
    def biases(self, values: FloatArray) -> None:
        self._biases[...] = values

    @property
    def inputs(self) -> int:
        """Number of inputs of each node."""
        return int(self._weights.shape[1])

    @property
    def nodes(self) -> tuple["Node", ...]:
        """The nodes, each a view of one row of the layer."""
        return tuple(Node(self, index) for index in range(len(self)))

    def logits(self, inputs: FloatArray) -> FloatArray:
        """Return the weighted sums plus biases, (rows, nodes), for inputs of shape (rows, inputs)."""
        sums: FloatArray = np.dot(inputs, self._weights.T)
        sums += self._biases
        return sums

    def forward(self, inputs: FloatArray) -> FloatArray:
        """Return the activations, (rows, nodes), for inputs of shape (rows, inputs)."""
        return self.activation.forward(self.logits(inputs))

    def backward(
        self, delta: FloatArray, inputs: FloatArray, weight_gradient: FloatArray, bias_gradient: FloatArray
    ) -> None:
        """Write the gradient of the loss with respect to this layer's parameters.

        Parameters
        ----------
        delta : array, shape (rows, nodes)
            The gradient with respect to this layer's logits.
        inputs : array, shape (rows, inputs)
            The layer's inputs.
        weight_gradient, bias_gradient : array
            The arrays to write to, shaped like the weights and biases.
        """
        # Row-major, like the weights; see `split_parameters`.
        np.dot(inputs.T, delta, out=weight_gradient.T)
        if len(bias_gradient) == len(self):
            np.add.reduce(delta, axis=0, out=bias_gradient)
        else:
            bias_gradient[...] = delta.sum()

    def __len__(self) -> int:
        return len(self._weights)

    def __repr__(self) -> str:
        shared = ", one bias" if self._biases.size < len(self) else ""
        return f"Layer({self.inputs} → {len(self)}, {self.activation.name}{shared})"


class Node(Fixed):
    """One node of a layer, by its index from 0: a weight for each input, and a bias.

    Both are views, so writing to them changes the network.
    """

    _fixed: ClassVar = frozenset({"layer", "index"})

    def __init__(self, layer: Layer, index: int) -> None:
        if not 0 <= index < len(layer):
            raise InputError(f"node index must be from 0 to {len(layer) - 1}, got {index}")
        self.layer = layer
        self.index = index

    @property
    def weights(self) -> FloatArray:
        """The weights, (inputs,)."""
        return self.layer.weights[self.index]

    @weights.setter
    def weights(self, values: FloatArray) -> None:
        self.layer.weights[self.index] = values

    @property
    def bias(self) -> FloatArray:
        """The bias, a zero-dimensional array; a shared bias is that of every node."""
        [biases] = self.layer._biases
        return biases[..., self.index % len(biases)]

    @bias.setter
    def bias(self, value: float | FloatArray) -> None:
        self.bias[...] = value

    def weighted_sum(self, inputs: FloatArray) -> float:
        """Return w · x + b for one row of inputs, before the layer's activation."""
        return float(self.weights @ inputs + self.bias)

    def __repr__(self) -> str:
        return f"Node({self.index} of {len(self.layer)}, {self.layer.inputs} weights, bias {float(self.bias):.4g})"
