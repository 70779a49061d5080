"""Layers, and the nodes in them."""

import numpy as np

from inknet.errors import InputError
from inknet.mlp.activations import Activation
from inknet.mlp.parameters import FloatArray

__all__ = ["Layer", "Node"]


class Layer:
    """Nodes side by side, each with a weight for every input and a bias: activation(x Wᵀ + b).

    A layer does not own its numbers: its arrays are views of its network's one vector of parameters.

    Parameters
    ----------
    weights : array, shape (nodes, inputs)
        One row a node.
    biases : array, shape (nodes,) or (1,)
        One bias a node, or one for the whole layer.
    activation : Activation
        What the weighted sums go through.
    """

    def __init__(self, weights: FloatArray, biases: FloatArray, activation: Activation) -> None:
        self._weights = weights
        # As a row: one row of sums and one of biases, of one shape, are added up in half the time.
        self._biases = biases[np.newaxis]
        self.activation = activation

    @property
    def weights(self) -> FloatArray:
        """The weights, (nodes, inputs). Writing to them changes the network."""
        return self._weights

    @weights.setter
    def weights(self, values: FloatArray) -> None:
        self._weights[...] = values

    @property
    def biases(self) -> FloatArray:
        """The biases, (nodes,). Where the layer shares one, this is a read-only view that repeats it."""
        own = self._biases[0]
        return own if len(own) == len(self) else np.broadcast_to(own, len(self))

    @biases.setter
    def biases(self, values: FloatArray) -> None:
        self._biases[...] = values

    @property
    def inputs(self) -> int:
        """How many inputs each node has."""
        return int(self._weights.shape[1])

    @property
    def nodes(self) -> tuple["Node", ...]:
        """The nodes, each a window on its row of the layer."""
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
        """Write the loss's gradient by this layer's parameters.

        Parameters
        ----------
        delta : array, shape (rows, nodes)
            The loss's gradient by this layer's logits.
        inputs : array, shape (rows, inputs)
            What the layer was given.
        weight_gradient, bias_gradient : array
            Where to write; of the same shapes as the weights and biases.
        """
        # As the weights lie in memory; see `split_parameters`.
        np.dot(inputs.T, delta, out=weight_gradient.T)
        if len(bias_gradient) == len(self):
            np.add.reduce(delta, axis=0, out=bias_gradient)
        else:
            bias_gradient[...] = delta.sum()

    def __len__(self) -> int:
        return len(self._weights)

    def __repr__(self) -> str:
        shared = ", one bias" if self._biases.size == 1 < len(self) else ""
        return f"Layer({self.inputs} → {len(self)}, {self.activation.name}{shared})"


class Node:
    """One node of a layer: a weight for each input, and a bias.

    Both are views: reading copies nothing, and writing changes what the network predicts.

    Parameters
    ----------
    layer : Layer
        The layer that it belongs to.
    index : int
        Its place in the layer, from 0.
    """

    def __init__(self, layer: Layer, index: int) -> None:
        if not 0 <= index < len(layer):
            raise InputError(f"there is no node {index} in a layer of {len(layer)}; the first is 0")
        self.layer = layer
        self.index = index

    @property
    def weights(self) -> FloatArray:
        """The weights, (inputs,)."""
        row: FloatArray = self.layer.weights[self.index]
        return row

    @weights.setter
    def weights(self, values: FloatArray) -> None:
        self.layer.weights[self.index] = values

    @property
    def bias(self) -> FloatArray:
        """The bias, an array of no dimension. Where the layer shares one bias, it is every node's."""
        [biases] = self.layer._biases
        return biases[self.index % len(biases) : self.index % len(biases) + 1].reshape(())

    @bias.setter
    def bias(self, value: float | FloatArray) -> None:
        self.bias[...] = value

    def weighted_sum(self, inputs: FloatArray) -> float:
        """Return w · x + b for one row of inputs, before the layer's activation."""
        return float(self.weights @ inputs + self.bias)

    def __repr__(self) -> str:
        return f"Node({self.index} of {len(self.layer)}, {self.layer.inputs} weights, bias {float(self.bias):.4g})"
