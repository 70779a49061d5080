"""Parameters: one flat vector, with the weights and biases of the layers as views."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "parameter_count", "split_parameters"]

FloatArray = NDArray[np.floating]


def parameter_count(sizes: Sequence[int], bias: str) -> int:
    """Return the number of weights and biases of a network of these sizes."""
    return sum(nodes * inputs + (nodes if bias == "node" else 1) for inputs, nodes in itertools.pairwise(sizes))


def split_parameters(flat: FloatArray, sizes: Sequence[int], bias: str) -> list[tuple[FloatArray, FloatArray]]:
    """Return views of one flat vector as the weights and biases of each layer.

    All parameters live in one vector, layer after layer, so that an optimizer step or a moving average is one operation
    on one array; a gradient has the same layout. Writing to the views writes to `flat`.

    A layer's weights are stored input by input, that is, Wᵀ is row-major: BLAS multiplies rows of inputs by it up to a
    third faster than by its transpose.

    Parameters
    ----------
    flat : array, shape (parameter_count(sizes, bias),)
        The parameters, or a gradient.
    sizes : sequence of int
        The input size, then the number of nodes of each layer.
    bias : {"node", "layer"}
        One bias per node, or one shared by the layer.

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
