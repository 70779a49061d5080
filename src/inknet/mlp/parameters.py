"""The array types of the library, and how one flat vector is seen as the weights and biases of layers."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "parameter_count", "split_parameters"]

FloatArray = NDArray[np.floating]


def parameter_count(sizes: Sequence[int], bias: str) -> int:
    """Return how many weights and biases a network of these sizes has."""
    return sum(nodes * inputs + (nodes if bias == "node" else 1) for inputs, nodes in itertools.pairwise(sizes))


def split_parameters(flat: FloatArray, sizes: Sequence[int], bias: str) -> list[tuple[FloatArray, FloatArray]]:
    """See one flat vector as the weights and biases of each layer.

    All parameters live in one vector, layer after layer, so that an optimizer or an average over time is one
    operation on one array; a gradient has the same form. What is returned are views: writing to them writes to `flat`.

    In it a layer's weights stand input by input, so that Wᵀ lies in memory row by row: BLAS multiplies rows of inputs
    by that up to a third faster than by its transpose.

    Parameters
    ----------
    flat : array, shape (parameter_count(sizes, bias),)
        The vector.
    sizes : sequence of int
        The input size, then the number of nodes of each layer.
    bias : {"node", "layer"}
        One bias a node, or one shared by the layer.

    Returns
    -------
    list of (weights, biases)
        `weights` of shape (nodes, inputs), `biases` of shape (nodes,), or (1,) when the layer shares one.
    """
    views = []
    start = 0
    for inputs, nodes in itertools.pairwise(sizes):
        middle = start + nodes * inputs
        end = middle + (nodes if bias == "node" else 1)
        views.append((flat[start:middle].reshape(inputs, nodes).T, flat[middle:end]))
        start = end
    return views
