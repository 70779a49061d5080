"""Networks trained with PyTorch."""

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

    PyTorch need not be installed: the values may be any arrays.

    Parameters
    ----------
    state : mapping of str to array or tensor
        ``{"0.weight": …, "0.bias": …, "2.weight": …, …}``, of shape (nodes, inputs) and (nodes,), ordered by the
        numbers in the names. A layer without a bias gets a bias of 0.
    hidden : str, or sequence of str with one per hidden layer
        The activations, which the state does not contain: "relu", "leaky-relu", "tanh", "sigmoid" or "identity".
    output : str
        "softmax", "sigmoid" or "identity". If the `Sequential` returns logits, as for PyTorch's CrossEntropyLoss, use
        "softmax".

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
            f"state must be a dictionary of arrays, such as model.state_dict(), got {type(state).__name__}"
        )
    weights: dict[str, FloatArray] = {}
    biases: dict[str, FloatArray] = {}
    # By number: the keys of a file are in alphabetical order, 10 before 2.
    for name in sorted(state, key=_natural):
        layer, _, kind = name.rpartition(".")
        if kind not in ("weight", "bias"):
            raise InputError(f"linear layers have only weight and bias, got {name!r}")
        (weights if kind == "weight" else biases)[layer] = as_array(name, state[name])
    if missing := sorted(biases.keys() - weights.keys()):
        raise InputError(f"layer {missing[0]!r} has a bias but no weight")
    layers = [
        (weight, biases.get(layer, np.zeros(len(np.atleast_1d(weight)), weight.dtype)))
        for layer, weight in weights.items()
    ]
    return from_layers(layers, hidden=hidden, output=output)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts names by the numbers in them."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", name)]
