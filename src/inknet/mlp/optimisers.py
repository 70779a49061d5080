"""Optimisers: how far, and which way, the parameters move on a gradient.

An optimiser is a value; what it remembers from step to step is a dictionary of arrays beside it, so that a
checkpoint can hold it and a resumed training goes on with the same bits.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inknet.mlp.arrays import FloatArray
from inknet.mlp.lookup import find

__all__ = ["OPTIMISERS", "Adam", "GradientDescent", "Memory", "Momentum", "Nesterov", "Optimiser", "find_optimiser"]

#: What an optimiser remembers between two steps.
Memory = dict[str, FloatArray]


class Optimiser(Protocol):
    """What training needs of an optimiser. Pass your own to `Network.train`."""

    def start(self, parameters: FloatArray) -> Memory:
        """Return the memory before the first step."""

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, memory: Memory) -> None:
        """Move `parameters` in place, all of them one flat vector; `gradient` may be overwritten."""


@dataclass(frozen=True)
class GradientDescent:
    """Against the gradient: p ← p - ηg. It remembers nothing."""

    def start(self, parameters: FloatArray) -> Memory:  # noqa: ARG002 - the protocol's shape
        """Return an empty memory."""
        return {}

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, memory: Memory) -> None:  # noqa: ARG002
        """Take one step."""
        if learning_rate != 1:
            gradient *= learning_rate
        parameters -= gradient


@dataclass(frozen=True)
class Momentum:
    """A ball that rolls on: v ← μv + g, p ← p - ηv [1]_.

    References
    ----------
    .. [1] B. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """

    momentum: float = 0.9

    def start(self, parameters: FloatArray) -> Memory:
        """Return a velocity of zero."""
        return {"velocity": np.zeros_like(parameters)}

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, memory: Memory) -> None:
        """Take one step."""
        velocity = memory["velocity"]
        velocity *= self.momentum
        velocity += gradient
        np.multiply(velocity, learning_rate, out=gradient)
        parameters -= gradient


@dataclass(frozen=True)
class Nesterov:
    """Momentum that looks ahead: v ← μv + g, p ← p - η(g + μv) [1]_.

    References
    ----------
    .. [1] I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep
       learning", 2013.
    """

    momentum: float = 0.9

    def start(self, parameters: FloatArray) -> Memory:
        """Return a velocity of zero."""
        return {"velocity": np.zeros_like(parameters)}

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, memory: Memory) -> None:
        """Take one step."""
        velocity = memory["velocity"]
        velocity *= self.momentum
        velocity += gradient
        gradient += self.momentum * velocity
        gradient *= learning_rate
        parameters -= gradient


@dataclass(frozen=True)
class Adam:
    """Steps of even size: the mean gradient over the root of the mean squared gradient [1]_.

    In the order of operations that the paper gives at the end of its section 2.

    References
    ----------
    .. [1] D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def start(self, parameters: FloatArray) -> Memory:
        """Return moments of zero and a count of no steps."""
        return {
            "mean": np.zeros_like(parameters),
            "square": np.zeros_like(parameters),
            "steps": np.zeros(1, dtype=np.float64),
        }

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, memory: Memory) -> None:
        """Take one step."""
        mean, square, steps = memory["mean"], memory["square"], memory["steps"]
        steps += 1
        # All in place: to allocate memory for an intermediate result takes longer than to compute it.
        gradient *= 1 - self.beta1
        mean *= self.beta1
        mean += gradient
        np.multiply(gradient, gradient, out=gradient)
        gradient *= (1 - self.beta2) / (1 - self.beta1) ** 2
        square *= self.beta2
        square += gradient
        # The moments start at zero; dividing by 1 - βᵗ takes that bias away, of the root here and of the mean below.
        count = float(steps[0])
        unbias = math.sqrt(1 - self.beta2**count)
        np.sqrt(square, out=gradient)
        gradient += self.epsilon * unbias
        np.divide(mean, gradient, out=gradient)
        gradient *= learning_rate * unbias / (1 - self.beta1**count)
        parameters -= gradient


OPTIMISERS: dict[str, Optimiser] = {
    "gradient-descent": GradientDescent(),
    "momentum": Momentum(),
    "nesterov": Nesterov(),
    "adam": Adam(),
}


def find_optimiser(optimiser: str | Optimiser) -> Optimiser:
    """Look an optimiser up by its name; what is an optimiser already is returned as it is.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return find("optimiser", optimiser, OPTIMISERS, needs="step")
