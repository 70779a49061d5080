"""Initializers: the first weights. Biases start at zero."""

from collections.abc import Callable

import numpy as np

from inknet.mlp.parameters import FloatArray
from inknet.mlp.registry import Registry

__all__ = ["INITIALIZERS", "Initializer", "glorot", "he", "normal", "uniform"]

#: (rng, nodes, inputs) → weights of shape (nodes, inputs).
Initializer = Callable[["np.random.Generator", int, int], FloatArray]


def uniform(rng: "np.random.Generator", nodes: int, inputs: int) -> FloatArray:
    """Draw uniformly from ±1/√inputs, which keeps a weighted sum at the scale of its inputs [1]_.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp", 1998, section 4.6.
    """
    limit = 1 / np.sqrt(inputs)
    return rng.uniform(-limit, limit, (nodes, inputs))


def normal(rng: "np.random.Generator", nodes: int, inputs: int) -> FloatArray:
    """Draw from a normal distribution of standard deviation 1/√inputs [1]_.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp", 1998, section 4.6.
    """
    return rng.normal(0, 1 / np.sqrt(inputs), (nodes, inputs))


def glorot(rng: "np.random.Generator", nodes: int, inputs: int) -> FloatArray:
    """Draw uniformly from ±√(6 / (inputs + nodes)), for sigmoid and tanh [1]_.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    limit = np.sqrt(6 / (inputs + nodes))
    return rng.uniform(-limit, limit, (nodes, inputs))


def he(rng: "np.random.Generator", nodes: int, inputs: int) -> FloatArray:
    """Draw from a normal distribution of standard deviation √(2 / inputs), for ReLU [1]_.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", 2015.
    """
    return rng.normal(0, np.sqrt(2 / inputs), (nodes, inputs))


INITIALIZERS: Registry[Initializer] = Registry(
    "initializer", {"uniform": uniform, "normal": normal, "glorot": glorot, "he": he}
)
