"""Optimizers: turn a gradient into an update of the parameters.

An optimizer holds settings only. Its state is a separate dictionary of arrays, so that a checkpoint can store it and a
resumed training continues with the same bits.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inknet.mlp.parameters import FloatArray
from inknet.mlp.registry import Registry
from inknet.mlp.scalars import convert, non_negative_number, share_below_one

__all__ = ["OPTIMIZERS", "Adam", "GradientDescent", "Momentum", "Nesterov", "Optimizer", "OptimizerState"]

#: Arrays that an optimizer keeps from one step to the next, by name.
OptimizerState = dict[str, FloatArray]


class Optimizer(Protocol):
    """Interface of an optimizer. `Network.train` takes user-defined ones, too."""

    def start(self, parameters: FloatArray) -> OptimizerState:
        """Return the state before the first step."""

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState) -> None:
        """Update `parameters`, one flat vector, and `state` in place; `gradient` may be overwritten."""


@dataclass(frozen=True)
class GradientDescent:
    """A step against the gradient: p ← p - ηg."""

    def start(self, parameters: FloatArray) -> OptimizerState:  # noqa: ARG002 - required by the protocol
        """Return an empty state."""
        return {}

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState) -> None:  # noqa: ARG002
        """Take one step."""
        gradient *= learning_rate
        parameters -= gradient


@dataclass(frozen=True)
class Momentum:
    """Gradient descent with momentum: v ← μv + g, p ← p - ηv [1]_.

    References
    ----------
    .. [1] B. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        convert(self, momentum=non_negative_number)

    def start(self, parameters: FloatArray) -> OptimizerState:
        """Return a zero velocity."""
        return {"velocity": np.zeros_like(parameters)}

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState) -> None:
        """Take one step."""
        velocity = state["velocity"]
        velocity *= self.momentum
        velocity += gradient
        np.multiply(velocity, learning_rate, out=gradient)
        parameters -= gradient


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum with the gradient at the look-ahead point: v ← μv + g, p ← p - η(g + μv) [1]_.

    References
    ----------
    .. [1] I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep
       learning", 2013.
    """

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState) -> None:
        """Take one step."""
        velocity = state["velocity"]
        velocity *= self.momentum
        velocity += gradient
        gradient += self.momentum * velocity
        gradient *= learning_rate
        parameters -= gradient


@dataclass(frozen=True)
class Adam:
    """Adam: the mean gradient over the root of the mean squared gradient [1]_.

    The state holds decaying sums rather than means. The factor 1 - β between the two, like the bias correction, goes
    into two scalars per step (end of section 2 of the paper), which saves passes over the parameters.

    References
    ----------
    .. [1] D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        convert(self, beta1=share_below_one, beta2=share_below_one, epsilon=non_negative_number)

    def start(self, parameters: FloatArray) -> OptimizerState:
        """Return zero sums and a step count of zero."""
        return {
            "gradients": np.zeros_like(parameters),
            "squares": np.zeros_like(parameters),
            "steps": np.zeros(1, dtype=np.float64),
        }

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState) -> None:
        """Take one step."""
        gradients, squares, steps = state["gradients"], state["squares"], state["steps"]
        steps += 1
        # In place: allocating an intermediate array takes longer than computing it.
        gradients *= self.beta1
        gradients += gradient
        np.multiply(gradient, gradient, out=gradient)
        squares *= self.beta2
        squares += gradient
        # A sum over the sum of its weights, Σβᵗ⁻ⁱ = (1 - βᵗ) / (1 - β), is the bias-corrected mean.
        count = float(steps[0])
        weight, squares_weight = ((1 - beta**count) / (1 - beta) for beta in (self.beta1, self.beta2))
        root = math.sqrt(squares_weight)
        np.sqrt(squares, out=gradient)
        gradient += self.epsilon * root
        np.divide(gradients, gradient, out=gradient)
        gradient *= learning_rate * root / weight
        parameters -= gradient


OPTIMIZERS: Registry[Optimizer] = Registry(
    "optimizer",
    {"gradient-descent": GradientDescent(), "momentum": Momentum(), "nesterov": Nesterov(), "adam": Adam()},
    needs="step",
)
