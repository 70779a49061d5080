"""Networks that PyTorch has trained."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inknet.exchange.layers import as_array, from_layers
from inknet.mlp import InputError, Network
from inknet.mlp.parameters import FloatArray

__all__ = ["from_state_dict"]


def from_state_dict(
    state: Mapping[str, Any], *, hidden: str | Sequence[str] = "relu", output: str = "softmax"
) -> Network:
    """Return the network of a PyTorch `Sequential` of linear layers, from its `state_dict()`.

    PyTorch need not be installed: anything that becomes an array will do.

    Parameters
    ----------
    state : mapping of str to array or tensor
        ``{"0.weight": …, "0.bias": …, "2.weight": …, …}``, of shape (nodes, inputs) and (nodes,), in the order of the
        numbers in the names; a layer without a bias gets one of 0.
    hidden : str, or a sequence with one for each hidden layer
        The activations, which the state does not tell: "relu", "leaky-relu", "tanh", "sigmoid" or "identity".
    output : str
        "softmax", "sigmoid" or "identity". Where the `Sequential` ends in logits, as for PyTorch's CrossEntropyLoss,
        "softmax" gives the probabilities of these.

    Raises
    ------
    InputError
        If it is not the state of linear layers, or a tensor cannot be read.

    Examples
    --------
    >>> from_state_dict({"0.weight": np.ones((3, 2)), "2.weight": np.ones((4, 3))}, hidden="tanh")
    Network(2 → 3 tanh → 4 softmax, 25 parameters)
    """
    if not isinstance(state, Mapping):
        raise InputError(
            f"a state is a dictionary of arrays, as model.state_dict() returns it; got {type(state).__name__}"
        )
    weights: dict[str, FloatArray] = {}
    biases: dict[str, FloatArray] = {}
    # By their numbers: a file may have them in the order of the alphabet, 10 before 2.
    for name in sorted(state, key=_natural):
        layer, _, kind = name.rpartition(".")
        if kind not in ("weight", "bias"):
            raise InputError(f"linear layers have a weight and a bias, but here is {name!r}")
        (weights if kind == "weight" else biases)[layer] = as_array(name, state[name])
    if lonely := sorted(biases.keys() - weights.keys()):
        raise InputError(f"there is a bias of layer {lonely[0]!r}, but no weight")
    layers = [
        (weight, biases.get(layer, np.zeros(len(np.atleast_1d(weight)), weight.dtype)))
        for layer, weight in weights.items()
    ]
    return from_layers(layers, hidden=hidden, output=output)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts names by the numbers in them."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", name)]
