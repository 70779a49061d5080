"""Steps of gradient descent as the definition has them, for what takes the same steps otherwise."""

from collections.abc import Callable

import numpy as np

from inknet.mlp import Network
from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.losses import find_loss
from inknet.mlp.parameters import FloatArray

__all__ = ["ROWS", "digits", "one_after_the_other"]

ROWS = 150  # more than a block, in every size of batch, and in none but 1 and 2 a whole number of batches


def digits(seed: int = 0) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    return rng.random((ROWS, 784)), np.eye(10)[rng.integers(0, 10, ROWS)]


def one_after_the_other(
    network: Network,
    inputs: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None,
    batch: int,
    rate: Callable[[int], float],
) -> list[float]:
    """Take each step on all parameters at once; `rate` is asked by the step's first row. Return the losses."""
    backpropagation = Backpropagation(network, find_loss(None, network.layers[-1].activation))
    losses = []
    for start in range(0, len(inputs), batch):
        rows = slice(start, start + batch)
        some = None if weights is None else weights[rows]
        losses.append(backpropagation(inputs[rows], targets[rows], weights=some))
        network.parameters -= rate(start) * backpropagation.gradient
    return losses
