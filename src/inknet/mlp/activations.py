"""Activation functions: what a layer makes of its weighted sums."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inknet.mlp.lookup import find
from inknet.mlp.parameters import FloatArray

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Identity",
    "LeakyReLU",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "find_activation",
]


class Activation(Protocol):
    """What a layer needs of an activation. Pass your own to `Network`, or add it to `ACTIVATIONS` by its name."""

    @property
    def name(self) -> str:
        """The name under which it is looked up, and stored in a model file."""

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return the activations for `logits` of shape (rows, nodes); `logits` may be overwritten."""

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Return the loss's gradient by the logits, from that by `output`, the activations; both (rows, nodes)."""


@dataclass(frozen=True)
class Identity:
    """The weighted sum as it is, for regression."""

    name: str = "identity"

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return `logits` itself."""
        return logits

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:  # noqa: ARG002 - the protocol's shape
        """Return `gradient` itself: the derivative is 1."""
        return gradient


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + exp(-z)), between 0 and 1."""

    name: str = "sigmoid"

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return the sigmoid of each logit, by tanh, which overflows for no argument."""
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=logits.dtype)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by the derivative, a (1 - a)."""
        return gradient * output * (1 - output)


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent, between -1 and 1."""

    name: str = "tanh"

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return tanh of each logit."""
        return np.tanh(logits)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by the derivative, 1 - a²."""
        return gradient * (1 - output * output)


@dataclass(frozen=True)
class ReLU:
    """max(0, z): silent below zero, unchanged above."""

    name: str = "relu"

    def forward(self, logits: FloatArray) -> FloatArray:
        """Cut off what is below zero."""
        # A row of zeros: numpy compares two arrays twice as fast as an array and a number.
        return np.maximum(logits, np.zeros((1, logits.shape[-1]), logits.dtype), out=logits)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Let the gradient through where the node spoke."""
        return np.multiply(gradient, output > 0, out=gradient)


@dataclass(frozen=True)
class LeakyReLU:
    """Like ReLU, but below zero a small slope is left, so that no node can die."""

    slope: float = 0.01
    name: str = "leaky-relu"

    def forward(self, logits: FloatArray) -> FloatArray:
        """Flatten what is below zero."""
        leaky: FloatArray = np.where(logits > 0, logits, self.slope * logits)
        return leaky

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by 1 above zero and by the slope below."""
        leaky: FloatArray = np.where(output > 0, gradient, self.slope * gradient)
        return leaky


@dataclass(frozen=True)
class Softmax:
    """exp(z) over the sum of all of them: probabilities that add up to 1."""

    name: str = "softmax"

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return the probabilities; the largest logit is taken off first, so that exp never overflows."""
        # A copy that lies class by class in memory: numpy reduces a few long rows in half the time of many short ones.
        # The ufuncs' own reductions: the arrays' methods take as long again to call, which one row would notice.
        exponentials = logits.T.copy()
        exponentials -= np.maximum.reduce(exponentials, axis=0)
        np.exp(exponentials, out=exponentials)
        exponentials /= np.add.reduce(exponentials, axis=0)
        return np.ascontiguousarray(exponentials.T)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by the Jacobian: each output depends on every logit."""
        through: FloatArray = output * (gradient - (gradient * output).sum(axis=1, keepdims=True))
        return through


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation for activation in (Sigmoid(), Tanh(), ReLU(), LeakyReLU(), Softmax(), Identity())
}


def find_activation(activation: str | Activation) -> Activation:
    """Look an activation up by its name; what is an activation already is returned as it is.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return find("activation", activation, ACTIVATIONS, needs="forward")
