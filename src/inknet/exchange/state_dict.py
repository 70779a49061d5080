"""Networks trained with PyTorch."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from inknet.exchange.layers import as_array, from_layers
from inknet.mlp import InputError, Network
from inknet.mlp.parameters import FloatArray

__all__ = ["by_number", "from_state_dict"]


def from_state_dict(
    state: Mapping[str, Any],
    *,
    hidden: str | Sequence[str] = "relu",
    output: str = "softmax",
    layers: Sequence[str] | None = None,
) -> Network:
    """Return the network of a PyTorch `Sequential` of linear layers, from its `state_dict()`.

    PyTorch need not be installed: the values may be any arrays.

    Parameters
    ----------
    state : mapping of str to array or tensor
        ``{"0.weight": …, "0.bias": …, "2.weight": …, …}``, of shape (nodes, inputs) and (nodes,). Layers whose names
        differ only in numbers are ordered by those, and others as in the mapping. A layer without a bias gets a bias
        of 0.
    hidden : str, or sequence of str with one per hidden layer
        The activations, which the state does not contain: "relu", "leaky-relu", "tanh", "sigmoid" or "identity".
    output : str
        "softmax", "sigmoid" or "identity". If the `Sequential` returns logits, as for PyTorch's CrossEntropyLoss, use
        "softmax".
    layers : sequence of str or None
        The names of the layers from the first to the last, such as ``["encoder", "decoder"]``, for another order.

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
    for name, value in state.items():
        if isinstance(value, Mapping):
            raise InputError(f"state must hold the layers' arrays themselves: pass its value {name!r}")
    weights: dict[str, FloatArray] = {}
    biases: dict[str, FloatArray] = {}
    for name in state:
        layer, _, kind = name.rpartition(".")
        if kind not in ("weight", "bias"):
            raise InputError(f"linear layers have only weight and bias, got {name!r}")
        (weights if kind == "weight" else biases)[layer] = as_array(name, state[name])
    if missing := sorted(biases.keys() - weights.keys()):
        raise InputError(f"layer {missing[0]!r} has a bias but no weight")
    if layers is not None and sorted(layers) != sorted(weights):
        raise InputError(f"layers must name each of {', '.join(weights)} once, got {', '.join(layers)}")
    order = by_number(weights) or [*weights] if layers is None else layers
    pairs = [
        (weights[layer], biases.get(layer, np.zeros(len(np.atleast_1d(weights[layer])), weights[layer].dtype)))
        for layer in order
    ]
    return from_layers(pairs, hidden=hidden, output=output)


def by_number(names: Collection[str]) -> list[str] | None:
    """Return names that differ only in numbers, ordered by those; None for others.

    Examples
    --------
    >>> by_number(["net.10", "net.2"])
    ['net.2', 'net.10']
    """
    # At most nine digits at a time: an endless number would take long to read.
    number = re.compile(r"\d{1,9}")
    if len({number.sub("#", name) for name in names}) > 1:
        return None
    return sorted(names, key=lambda name: [int(digits) for digits in number.findall(name)])
