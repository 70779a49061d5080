"""Losses and their gradients.

A loss takes the output layer's logits rather than its activations: logarithms of very small probabilities stay exact,
and the gradient of cross-entropy after a softmax or a sigmoid is simply output - target.
"""

import inspect
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inknet.errors import InputError
from inknet.mlp.activations import Activation
from inknet.mlp.parameters import FloatArray
from inknet.mlp.registry import Registry
from inknet.mlp.scalars import convert, positive_number

__all__ = [
    "LOSSES",
    "CrossEntropy",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "check_takes_weights",
    "find_loss",
]


class Loss(Protocol):
    """Interface of a loss. `Network.train` takes user-defined ones, too."""

    @property
    def name(self) -> str:
        """The name it is looked up by."""

    def check(self, output: Activation) -> None:
        """Raise `InputError` if this loss does not apply to that output activation."""

    def measure(
        self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return the mean loss over the rows, and its gradient with respect to `logits`; arrays are (rows, outputs).

        With `weights` of shape (rows, 1), each row's share of both is multiplied by its weight. Weights are passed only
        if there are any, so a user-defined loss without that parameter works for unweighted data.
        """


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy: mean over the rows, sum over the outputs.

    After a softmax it is -Σ y log p, the negative log-likelihood of one class among many; after a sigmoid,
    -Σ (y log p + (1 - y) log(1 - p)), with each output a binary decision.
    """

    name: str = "cross-entropy"

    def check(self, output: Activation) -> None:
        """Refuse outputs that are not probabilities."""
        if not output.gives_probabilities:
            raise InputError(
                f"cross-entropy needs probabilities, got output={output.name!r};"
                " use output='softmax' or 'sigmoid', or loss='mean-squared-error'"
            )

    def measure(
        self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return the mean cross-entropy and its gradient, (p - y) / rows."""
        rows = len(logits)
        if output.couples_nodes:
            # Column-major: numpy then runs along many rows, not across few classes, in half the time.
            logits, targets = np.asfortranarray(logits), np.asfortranarray(targets)
            # The ufuncs' reductions, as in `Softmax.forward`.
            shifted = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
            gradient = np.exp(shifted)
            total = np.add.reduce(gradient, axis=1, keepdims=True)
            loss = float(np.vdot(_weighted(targets, weights).T, (np.log(total) - shifted).T)) / rows
            # For targets that sum to 1, this multiplies by 1 / total.
            gradient *= np.add.reduce(targets, axis=1, keepdims=True) / total
        else:
            # log(1 + exp(z)) - y z, where exp never overflows.
            surprise = np.maximum(logits, 0) - targets * logits + np.log1p(np.exp(-np.abs(logits)))
            loss = float(_weighted(surprise, weights).sum()) / rows
            gradient = output.forward(logits)
        gradient -= targets
        gradient = _weighted(gradient, weights)
        gradient /= rows
        return loss, gradient


class _DifferenceLoss:
    """Base of the losses of d = a - y, the difference of outputs and targets: the mean over rows and outputs.

    A loss is a product of two functions of d, the first of which is proportional to the derivative.
    """

    def check(self, output: Activation) -> None:
        """Accept every output."""

    def measure(
        self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return the mean loss and its gradient, the mean derivative through the activation."""
        activations = output.forward(logits)
        difference = activations - targets
        pull, lever, scale = self._split(difference)
        pull = _weighted(pull, weights)
        loss = float(np.vdot(pull, lever)) / difference.size
        return loss, output.backward(pull * (scale / difference.size), activations)

    def _split(self, difference: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Return two arrays whose product is the loss, and the derivative as a multiple of the first."""
        raise NotImplementedError


@dataclass(frozen=True)
class MeanSquaredError(_DifferenceLoss):
    """The squared error d², mean over rows and outputs."""

    name: str = "mean-squared-error"

    def _split(self, difference: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        return difference, difference, 2


@dataclass(frozen=True)
class MeanAbsoluteError(_DifferenceLoss):
    """The absolute error |d|, mean over rows and outputs: its best constant is the median, robust to outliers."""

    name: str = "mean-absolute-error"

    def _split(self, difference: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        return np.sign(difference), difference, 1


@dataclass(frozen=True)
class Huber(_DifferenceLoss):
    """Half the squared error up to `delta`, beyond it linear, mean over rows and outputs [1]_.

    For d = a - y, it is d² / 2 where |d| ≤ δ, and δ (|d| - δ / 2) elsewhere.

    References
    ----------
    .. [1] P. Huber, "Robust estimation of a location parameter", 1964.
    """

    delta: float = 1.0
    name: str = "huber"

    def __post_init__(self) -> None:
        convert(self, delta=positive_number)

    def _split(self, difference: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        clipped = np.clip(difference, -self.delta, self.delta)
        # With c for the clipped d, both cases are c (d - c / 2).
        return clipped, difference - 0.5 * clipped, 1


def _weighted(rows: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Multiply each row by its weight, if there are weights."""
    return rows if weights is None else rows * weights


LOSSES: Registry[Loss] = Registry(
    "loss",
    {loss.name: loss for loss in (CrossEntropy(), MeanSquaredError(), MeanAbsoluteError(), Huber())},
    needs="measure",
)


def find_loss(loss: str | Loss | None, output: Activation) -> Loss:
    """Return the loss of this name, or the loss itself, if it fits the output.

    None chooses cross-entropy for outputs that are probabilities, and mean squared error for others.

    Raises
    ------
    InputError
        If the name is unknown, or the loss does not apply to the output.
    """
    if loss is None:
        loss = "cross-entropy" if output.gives_probabilities else "mean-squared-error"
    found = LOSSES.find(loss)
    found.check(output)
    return found


def check_takes_weights(loss: Loss) -> None:
    """Refuse a user-defined loss whose `measure` has no parameter for weights."""
    if "weights" not in inspect.signature(loss.measure).parameters:
        raise InputError(
            f"the loss {loss.name!r} takes no weights; add a fourth parameter to its measure: weights, shape (rows, 1)"
        )
