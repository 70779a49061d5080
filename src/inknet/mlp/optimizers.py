"""Optimizers: how far, and which way, the parameters move on a gradient.

An optimizer is a value; what it remembers from step to step is a dictionary of arrays beside it, so that a
checkpoint can hold it and a resumed training goes on with the same bits.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inknet.mlp.lookup import find
from inknet.mlp.parameters import FloatArray

__all__ = ["OPTIMIZERS", "Adam", "GradientDescent", "Memory", "Momentum", "Nesterov", "Optimizer", "find_optimizer"]

#: What an optimizer remembers between two steps.
Memory = dict[str, FloatArray]


class Optimizer(Protocol):
    """What training needs of an optimizer. Pass your own to `Network.train`."""

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

    Remembered are not the means but sums that decay, which are the means over 1 - β: what they differ by goes into the
    two numbers of a step, as the paper does with the bias at the end of its section 2, and not through all parameters.

    References
    ----------
    .. [1] D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def start(self, parameters: FloatArray) -> Memory:
        """Return sums of nothing and a count of no steps."""
        return {
            "gradients": np.zeros_like(parameters),
            "squares": np.zeros_like(parameters),
            "steps": np.zeros(1, dtype=np.float64),
        }

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, memory: Memory) -> None:
        """Take one step."""
        gradients, squares, steps = memory["gradients"], memory["squares"], memory["steps"]
        steps += 1
        # All in place: to allocate memory for an intermediate result takes longer than to compute it.
        gradients *= self.beta1
        gradients += gradient
        np.multiply(gradient, gradient, out=gradient)
        squares *= self.beta2
        squares += gradient
        # Sums over sums of weights are means, also in the first steps, when little has been added up: Σβᵗ⁻ⁱ is
        # (1 - βᵗ) / (1 - β).
        count = float(steps[0])
        weight, squares_weight = ((1 - beta**count) / (1 - beta) for beta in (self.beta1, self.beta2))
        root = math.sqrt(squares_weight)
        np.sqrt(squares, out=gradient)
        gradient += self.epsilon * root
        np.divide(gradients, gradient, out=gradient)
        gradient *= learning_rate * root / weight
        parameters -= gradient


OPTIMIZERS: dict[str, Optimizer] = {
    "gradient-descent": GradientDescent(),
    "momentum": Momentum(),
    "nesterov": Nesterov(),
    "adam": Adam(),
}


def find_optimizer(optimizer: str | Optimizer) -> Optimizer:
    """Look an optimizer up by its name; what is an optimizer already is returned as it is.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return find("optimizer", optimizer, OPTIMIZERS, needs="step")
