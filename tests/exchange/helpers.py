"""Helpers for the tests of exporting and importing."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from inknet.mlp import Network


def networks() -> Iterator[Network]:
    """Return networks of every kind: each activation and output, both kinds of bias and numbers, no hidden layer."""
    hidden = ("relu", "leaky-relu", "tanh", "sigmoid", "identity")
    for output, bias, dtype in product(("softmax", "sigmoid", "identity"), ("node", "layer"), ("float32", "float64")):
        yield some_biases(Network([4, 3], output=output, bias=bias, dtype=dtype, init="normal", seed=1))
        sizes = [4, 5, 6, 3, 2, 4, 3]
        yield some_biases(Network(sizes, hidden=hidden, output=output, bias=bias, dtype=dtype, init="he", seed=2))


def some_biases(network: Network) -> Network:
    """Give a new network biases: they begin as zero, and nobody would miss them."""
    rng = np.random.default_rng(7)
    for _, biases in network.split(network.parameters):
        biases[...] = rng.normal(size=biases.shape)
    return network


def assert_same(network: Network, other: Network) -> None:
    """Assert that two networks are the same, bit for bit."""
    mine, others = network.to_dict(), other.to_dict()
    assert mine.pop("parameters").tobytes() == others.pop("parameters").tobytes()
    assert _plain(mine) == _plain(others)


def _plain(value: object) -> object:
    """Return plain values with arrays as their bytes, so that they can be compared."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


#: Metadata with every kind of value that a model file can hold, but for bytes.
METADATA = {
    "text": "Ziffern, 数字",
    "numbers": [0, -3, 1 << 60, 0.1, -0.0, 5e-324, 1.7976931348623157e308],
    "nothing": None,
    "nested": {"yes": True, "array": np.array([[0.1, -0.0], [1e-45, 3e38]], np.float32)},
    "whole": np.array([[-(1 << 63), (1 << 63) - 1]], np.int64),
    "empty": np.zeros((0, 3)),
    "none": np.array(2.5),
}
