"""A network from the arrays of its layers, as other libraries have them."""

import reprlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from inknet.mlp import InputError, Network
from inknet.mlp.parameters import FloatArray

__all__ = ["as_array", "from_layers"]


def as_array(name: str, value: Any) -> FloatArray:  # noqa: ANN401 - an array of any library
    """Return an array, or a tensor that gives one, as floating-point numbers.

    Raises
    ------
    InputError
        If it is no array of numbers, or a tensor of which numpy can have none.
    """
    try:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    # Of a tensor that is elsewhere, or needs its gradient, or is of a type that numpy has not.
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise InputError(f"{name} cannot be read ({reason}); pass {name}.detach().cpu().float()") from None
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} is no array of numbers, but of {array.dtype}")
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32)


def from_layers(
    layers: Sequence[tuple[FloatArray, FloatArray]], *, hidden: str | Sequence[str], output: str
) -> Network:
    """Return a network of these layers.

    It computes in float64 if one of the arrays is float64, else in float32.

    Parameters
    ----------
    layers : sequence of (weights, biases)
        Of shape (nodes, inputs) and (nodes,).
    hidden : str, or a sequence with one for each hidden layer
    output : str
        Activations, by their names in inknet.

    Raises
    ------
    InputError
        If there are no layers, one does not fit the next, or their numbers are not finite.
    """
    if not layers:
        raise InputError("there are no layers")
    shapes = [weights.shape for weights, _ in layers]
    if any(len(shape) != 2 for shape in shapes) or any(below[0] != above[1] for below, above in pairwise(shapes)):
        raise InputError(
            f"the weights, of the shapes {reprlib.repr(shapes)}, are not those of linear layers, one on the other"
        )
    if any(biases.shape != (len(weights),) for weights, biases in layers):
        raise InputError("the biases do not fit the weights: there is one for each node")
    wide = any(array.dtype == np.float64 for layer in layers for array in layer)
    network = Network(
        [shapes[0][1], *(nodes for nodes, _ in shapes)],
        hidden=hidden,
        output=output,
        dtype="float64" if wide else "float32",
    )
    for layer, (weights, biases) in zip(network.layers, layers, strict=True):
        layer.weights = weights
        layer.biases = biases
    if not np.isfinite(network.parameters).all():
        raise InputError("the weights hold NaN or infinity")
    return network
