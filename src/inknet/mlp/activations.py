"""Activation functions, each with its derivative next to it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from inknet.mlp.parameters import FloatArray
from inknet.mlp.registry import Registry
from inknet.mlp.scalars import convert, non_negative_number

__all__ = ["ACTIVATIONS", "Activation", "Identity", "LeakyReLU", "ReLU", "Sigmoid", "Softmax", "Tanh"]


class Activation(ABC):
    """Base class of activations. Pass a subclass's instance to `Network`, or add it to `ACTIVATIONS` by its name.

    Attributes
    ----------
    name : str
        The name it is looked up by, which a model file stores.
    is_hidden_only : bool
        Whether it is refused as the output's activation.
    gives_probabilities : bool
        Whether its outputs are probabilities, so that cross-entropy applies.
    couples_nodes : bool
        Whether each output depends on every logit, as in a softmax; otherwise each node stands alone.
    classifies : bool
        Whether a network with this output predicts classes, rather than values.
    """

    name: str
    is_hidden_only: ClassVar[bool] = False
    gives_probabilities: ClassVar[bool] = False
    couples_nodes: ClassVar[bool] = False
    classifies: ClassVar[bool] = True

    @abstractmethod
    def forward(self, logits: FloatArray) -> FloatArray:
        """Return the activations for `logits` of shape (rows, nodes); `logits` may be overwritten."""

    @abstractmethod
    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Return the gradient with respect to the logits, given that with respect to `output`; both (rows, nodes)."""


@dataclass(frozen=True)
class Identity(Activation):
    """The logit itself, for regression."""

    name: str = "identity"
    classifies: ClassVar[bool] = False

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return `logits` itself."""
        return logits

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:  # noqa: ARG002 - required by the base
        """Return `gradient` itself: the derivative is 1."""
        return gradient


@dataclass(frozen=True)
class Sigmoid(Activation):
    """1 / (1 + exp(-z)), between 0 and 1."""

    name: str = "sigmoid"
    gives_probabilities: ClassVar[bool] = True

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return the sigmoid of each logit, computed through tanh, which never overflows."""
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=logits.dtype)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by the derivative, a (1 - a)."""
        return gradient * output * (1 - output)


@dataclass(frozen=True)
class Tanh(Activation):
    """The hyperbolic tangent, between -1 and 1."""

    name: str = "tanh"
    is_hidden_only: ClassVar[bool] = True

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return tanh of each logit."""
        return np.tanh(logits)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by the derivative, 1 - a²."""
        return gradient * (1 - output * output)


@dataclass(frozen=True)
class ReLU(Activation):
    """max(0, z): turns negative values into 0."""

    name: str = "relu"
    is_hidden_only: ClassVar[bool] = True

    def forward(self, logits: FloatArray) -> FloatArray:
        """Turn negative logits into 0, in place."""
        # Comparing with a row of zeros is twice as fast in numpy as comparing with a scalar.
        return np.maximum(logits, np.zeros((1, logits.shape[-1]), logits.dtype), out=logits)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Pass the gradient where the output is positive."""
        return np.multiply(gradient, output > 0, out=gradient)


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """ReLU with a small slope for negative values, so that no node can die."""

    slope: float = 0.01
    name: str = "leaky-relu"
    is_hidden_only: ClassVar[bool] = True

    def __post_init__(self) -> None:
        convert(self, slope=non_negative_number)

    def forward(self, logits: FloatArray) -> FloatArray:
        """Multiply negative logits by the slope."""
        return np.where(logits > 0, logits, self.slope * logits)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by 1 where the output is positive, and by the slope elsewhere."""
        return np.where(output > 0, gradient, self.slope * gradient)


@dataclass(frozen=True)
class Softmax(Activation):
    """exp(z) / Σ exp(z): probabilities that sum to 1."""

    name: str = "softmax"
    gives_probabilities: ClassVar[bool] = True
    couples_nodes: ClassVar[bool] = True

    def forward(self, logits: FloatArray) -> FloatArray:
        """Return the probabilities; subtracting the largest logit first keeps exp from overflowing."""
        # Transposed: numpy reduces a few long rows in half the time of many short ones. The ufuncs' reductions have
        # less overhead than the array methods, which counts for a single row.
        exponentials = logits.T.copy()
        exponentials -= np.maximum.reduce(exponentials, axis=0)
        np.exp(exponentials, out=exponentials)
        exponentials /= np.add.reduce(exponentials, axis=0)
        return np.ascontiguousarray(exponentials.T)

    def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
        """Multiply by the Jacobian: each output depends on every logit."""
        return output * (gradient - (gradient * output).sum(axis=1, keepdims=True))


ACTIVATIONS: Registry[Activation] = Registry(
    "activation",
    {activation.name: activation for activation in (Sigmoid(), Tanh(), ReLU(), LeakyReLU(), Softmax(), Identity())},
    needs="gives_probabilities",
)
