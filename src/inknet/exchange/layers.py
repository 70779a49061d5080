"""Building a network from the arrays of another library's layers."""

import reprlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from inknet.mlp import InputError, Network
from inknet.mlp.parameters import FloatArray

__all__ = ["as_array", "from_layers"]


def as_array(name: str, value: Any) -> FloatArray:  # noqa: ANN401 - an array of any library
    """Convert an array, or a tensor of another library, to float32 or float64."""
    try:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    # A tensor on another device, with a gradient, or of a dtype that numpy lacks.
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise InputError(f"cannot read {name} ({reason}); pass {name}.detach().cpu().float()") from None
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} must be an array of numbers, got {array.dtype}")
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32)


def from_layers(
    layers: Sequence[tuple[FloatArray, FloatArray]], *, hidden: str | Sequence[str], output: str
) -> Network:
    """Return a network with these weights, (nodes, inputs), biases, (nodes,), and activations.

    It is in float64 if any of the arrays is, otherwise in float32. Raises `InputError` if the layers do not fit
    together, or their numbers are not finite.
    """
    if not layers:
        raise InputError("there are no layers")
    shapes = [weights.shape for weights, _ in layers]
    if any(len(shape) != 2 for shape in shapes) or any(below[0] != above[1] for below, above in pairwise(shapes)):
        raise InputError(f"weights of shapes {reprlib.repr(shapes)} are not those of consecutive linear layers")
    if any(biases.shape != (len(weights),) for weights, biases in layers):
        raise InputError("the biases do not fit the weights: each layer needs one per node")
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
        raise InputError("the weights contain NaN or infinity")
    return network
